// Package script writes histories as short texts and back, for the tests of
// checkers: a history that a random test found can be pasted into a table of
// cases as it is.
package script

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// Parse reads a history with one op a line:
//
//	process type f [value] [key=k] [node=n] [at=time] [final] [!error]
//
// where the value is JSON without spaces, null if it is left out, and the error
// is the rest of the line. Times are a millisecond apart unless they are given.
// Lines without a word and those that begin with # are left out.
func Parse(t testing.TB, text string) *history.History {
	t.Helper()
	h := &history.History{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		op, err := parse(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		op.Index = len(h.Ops)
		if op.Time == 0 {
			op.Time = time.Duration(op.Index) * time.Millisecond
		}
		h.Ops = append(h.Ops, op)
	}
	return h
}

var types = map[string]history.Type{"invoke": history.Invoke, "ok": history.OK, "fail": history.Fail, "info": history.Info}

func parse(line string) (op history.Op, err error) {
	line, op.Error, _ = strings.Cut(line, "!")
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return op, fmt.Errorf("it has no process, type and f")
	}
	if _, err := fmt.Sscan(fields[0], &op.Process); err != nil {
		return op, err
	}
	known := false
	if op.Type, known = types[fields[1]]; !known {
		return op, fmt.Errorf("there is no type %s", fields[1])
	}
	op.F = fields[2]
	for _, field := range fields[3:] {
		if err := set(&op, field); err != nil {
			return op, err
		}
	}
	return op, nil
}

func set(op *history.Op, field string) (err error) {
	name, text, _ := strings.Cut(field, "=")
	switch name {
	case "key":
		op.Key = text
	case "node":
		op.Node = text
	case "final":
		op.Final = true
	case "at":
		op.Time, err = time.ParseDuration(text)
	default:
		err = json.Unmarshal([]byte(field), &op.Value)
	}
	return err
}

// String writes a history as Parse reads it, without its times.
func String(h *history.History) string {
	var b strings.Builder
	for _, op := range h.Ops {
		value, _ := json.Marshal(op.Value)
		fmt.Fprintf(&b, "%d %v %s %s", op.Process, op.Type, op.F, value)
		for _, field := range []struct{ name, value string }{{" key=", op.Key}, {" node=", op.Node}, {" !", op.Error}} {
			if field.name == " !" && op.Final {
				b.WriteString(" final")
			}
			if field.value != "" {
				b.WriteString(field.name + field.value)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
