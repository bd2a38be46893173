package published

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// parse reads a history in a notation after that of Elle's tests: "ax1" appends 1 to
// list x, "rx12" reads [1 2] of it, "rx" the empty list; "wx1" writes a register, "rx1"
// reads it, "rx" finds nothing. Transactions between semicolons are under way at the same
// time, each in a session of its own unless it begins with "p1:", and ">" says that all
// before were completed when those after were invoked. "!" ends an aborted transaction,
// "?" one of unknown outcome.
func parse(t testing.TB, text string, lists bool) *history.History {
	t.Helper()
	h := &history.History{}
	others := 100
	for _, moment := range strings.Split(text, ">") {
		var invoked, completed []history.Op
		for _, word := range strings.Split(moment, ";") {
			op := history.Op{Process: others, F: transaction.F, Type: history.OK}
			others++
			fields := strings.Fields(word)
			if name, is := strings.CutSuffix(fields[0], ":"); is {
				op.Process, fields = number(t, name[1:]), fields[1:]
			}
			switch last := len(fields) - 1; fields[last] {
			case "!":
				op.Type, fields = history.Fail, fields[:last]
			case "?":
				op.Type, fields = history.Info, fields[:last]
			}
			ops := make([]transaction.Op, len(fields))
			for i, field := range fields {
				ops[i] = micro(t, field, lists)
			}
			op.Value = transaction.Value(ops, lists)
			completed = append(completed, op)
			op.Type, op.Value = history.Invoke, transaction.Value(asked(ops), lists)
			invoked = append(invoked, op)
		}
		h.Ops = append(append(h.Ops, invoked...), completed...)
	}
	for i := range h.Ops {
		h.Ops[i].Index, h.Ops[i].Time = i, time.Duration(i)*time.Millisecond
	}
	if err := h.WellFormed(); err != nil {
		t.Fatal(text, err)
	}
	return h
}

func micro(t testing.TB, field string, lists bool) transaction.Op {
	op := transaction.Op{Key: field[1:2], Kind: map[byte]transaction.Kind{'a': transaction.Append, 'w': transaction.Write, 'r': transaction.Read}[field[0]]}
	values := field[2:]
	switch op.Found = op.Kind == transaction.Read && values != ""; {
	case op.Kind == transaction.Read && lists:
		for _, digit := range values {
			op.List = append(op.List, number(t, string(digit)))
		}
	case values != "":
		op.Value = number(t, values)
	}
	return op
}

func number(t testing.TB, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(fmt.Errorf("%q is no number: %w", text, err))
	}
	return n
}

// asked is what was invoked: nothing is known of the reads yet.
func asked(ops []transaction.Op) []transaction.Op {
	var all []transaction.Op
	for _, op := range ops {
		if op.Kind == transaction.Read {
			op.Value, op.List, op.Found = 0, nil, false
		}
		all = append(all, op)
	}
	return all
}
