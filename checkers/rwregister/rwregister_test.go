package rwregister

import (
	"cmp"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, expected isolation.Level, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := New(Options{Expected: expected}).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// read reads a history with one transaction a line:
//
//	process invoked-done what; what; ...
//
// as in "2 3-7 r x -; w y 5": process 2 found nothing in x and wrote 5 to y. Times are
// milliseconds. Instead of when it was done, ? says that nobody knows, and a time with !
// that it was aborted.
func read(t testing.TB, text string) *history.History {
	t.Helper()
	h := &history.History{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			h.Ops = append(h.Ops, ops(t, line)...)
		}
	}
	slices.SortStableFunc(h.Ops, func(a, b history.Op) int { return cmp.Compare(a.Time, b.Time) })
	for i := range h.Ops {
		h.Ops[i].Index = i
	}
	return h
}

func ops(t testing.TB, line string) []history.Op {
	t.Helper()
	who, rest, _ := strings.Cut(line, " ")
	span, what, _ := strings.Cut(rest, " ")
	from, to, _ := strings.Cut(span, "-")
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		return n
	}
	var asked, answered []transaction.Op
	for part := range strings.SplitSeq(what, ";") {
		words := strings.Fields(part)
		op := transaction.Op{Key: words[1]}
		if words[0] == "w" {
			op.Kind, op.Value = transaction.Write, number(words[2])
		}
		asked = append(asked, op)
		if words[0] == "r" && words[2] != "-" {
			op.Value, op.Found = number(words[2]), true
		}
		answered = append(answered, op)
	}
	invoke := history.Op{Process: number(who), F: transaction.F, Value: transaction.Value(asked, false), Time: time.Duration(number(from)) * time.Millisecond}
	done := invoke
	done.Type, done.Value = history.OK, transaction.Value(answered, false)
	switch {
	case to == "?":
		done.Type, done.Value, to = history.Info, invoke.Value, "1000"
	case strings.HasSuffix(to, "!"):
		done.Type, done.Value, to = history.Fail, invoke.Value, strings.TrimSuffix(to, "!")
	}
	done.Time = time.Duration(number(to)) * time.Millisecond
	return []history.Op{invoke, done}
}

// catalogue has a small history for each anomaly, and those that nearly are one. kept
// are the strongest levels that each keeps.
var catalogue = []struct {
	name, text, anomaly string
	kept                []isolation.Level
}{
	{"one after the other", `
		0 1-2 r x -; w x 1
		1 3-4 r x 1; w x 2; r x 2
		0 5-6 r x 2`, "", []isolation.Level{isolation.StrictSerializable}},
	{"a value out of thin air", `
		0 1-2 w x 1
		1 3-4 r x 7`, "thin-air-read", nil},
	{"what it writes itself later", `
		0 1-2 r x 1; w x 1`, "future-read", nil},
	{"not what it wrote itself", `
		0 1-2 w x 1
		1 3-4 w x 2; r x 1`, "missing-own-write", nil},
	{"nothing after its own write", `
		0 1-2 w x 1; r x -`, "missing-own-write", nil},
	{"an aborted write was read", `
		0 1-2! w x 1
		1 3-4 r x 1`, "G1a", []isolation.Level{isolation.StrongReadUncommitted}},
	{"nobody knows whether the write was aborted", `
		0 1-? w x 1
		1 3-4 r x 1`, "", []isolation.Level{isolation.StrictSerializable}},
	{"a write of which nobody knows, and which nobody read", `
		0 1-? w x 1
		1 3-4 r x -`, "", []isolation.Level{isolation.StrictSerializable}},
	{"a write of which nobody knows was seen and is gone", `
		0 1-? w x 1
		1 3-4 r x 1
		2 5-6 r x -`, "G-single-realtime", []isolation.Level{isolation.StrongSessionSerializable}},
	{"another write of the same transaction counts then", `
		0 1-? w x 1; w y 1
		1 3-4 r x 1; r y -`, "observed-transaction-vanishes", nil},
	{"an intermediate write was read", `
		0 1-5 w x 1; w x 2
		1 3-4 r x 1`, "G1b", []isolation.Level{isolation.StrongReadUncommitted}},
	{"its own intermediate write was read", `
		0 1-5 w x 1; r x 1; w x 2
		1 3-4 r x 2`, "", []isolation.Level{isolation.StrictSerializable}},
	{"two read from each other", `
		0 1-4 w x 1; r y 1
		1 2-3 w y 1; r x 1`, "G1c", nil},
	{"two write over each other's writes, and are read late", `
		0 1-9 r x 2; w x 1
		1 2-9 r x 1; w x 2
		2 3-9 w x 3; w y 3
		3 4-9 r x -; r x 1; r y 3`, "G1c", nil},
	{"it read what began only after it", `
		0 1-2 r x 1
		1 3-4 w x 1`, "G1c-realtime", nil},
	{"two reads disagree", `
		0 1-6 r x -; r x 1
		1 2-3 w x 1`, "internal", []isolation.Level{isolation.MonotonicAtomicView, isolation.StrongReadCommitted}},
	{"what was seen vanished", `
		0 1-2 w x 1; w y 1
		1 3-4 r x 1; r y -`, "observed-transaction-vanishes", nil},
	{"what was seen later had been missed", `
		0 1-4 w x 1; w y 1
		1 2-3 r y -; r x 1`, "fractured-read", nil},
	{"the effect without its cause", `
		0 1-2 w x 1
		1 3-4 r x 1; w y 1
		2 5-6 r y 1; r x -`, "non-causal-read", nil},
	{"a session misses its own write", `
		0 1-2 w x 1
		0 3-4 r x -`, "non-causal-read", nil},
	{"a lost update", `
		0 1-4 r x -; w x 1
		1 2-3 r x -; w x 2`, "lost-update", []isolation.Level{isolation.Prefix}},
	{"blind writes are no lost update", `
		0 1-4 w x 1
		1 2-3 w x 2
		0 5-6 r x 2`, "", []isolation.Level{isolation.StrictSerializable}},
	{"a write skew", `
		0 1-4 r x -; r y -; w x 1
		1 2-3 r x -; r y -; w y 1`, "G2-item", []isolation.Level{isolation.StrongSnapshotIsolation}},
	{"no write skew, as one saw the other", `
		0 1-4 r x -; r y -; w x 1
		1 2-3 r x 1; r y -; w y 1`, "", []isolation.Level{isolation.StrictSerializable}},
	{"a long fork", `
		0 1-9 w x 1
		1 1-9 w y 1
		2 2-3 r x 1; r y -
		3 4-5 r x -; r y 1`, "non-prefix-read", []isolation.Level{isolation.Causal}},
	{"no fork, as both saw them in the same order", `
		0 1-9 w x 1
		1 1-9 w y 1
		2 2-3 r x 1; r y -
		3 4-5 r x 1; r y 1`, "", []isolation.Level{isolation.StrictSerializable}},
	{"a stale read", `
		0 1-2 w x 1
		1 3-4 r x -`, "G-single-realtime", []isolation.Level{isolation.StrongSessionSerializable}},
	{"a stale read that may have been in time", `
		0 1-3 w x 1
		1 2-4 r x -`, "", []isolation.Level{isolation.StrictSerializable}},
	{"an old snapshot in a session", `
		0 1-2 r y -; w x 1
		0 3-4 r x 1; r z -
		1 1-4 r x -; w y 1
		1 5-6 r y 1; w z 1`, "G2-item", []isolation.Level{isolation.StrongSnapshotIsolation}},
	{"each chain would have to come before the other", `
		0 1-9 r x -; w x 1; w y 1
		1 1-9 w x 2; r y -; w y 2`, "lost-update", []isolation.Level{isolation.Prefix}},
	{"a write between two that build upon each other", `
		0 1-2 w x 1; w a 1
		1 3-4 r a 1; w x 2; w b 1
		2 5-6 r b 1; r x 1; w x 3`, "lost-update", nil},
	{"writes that would both have to come first", `
		0 1-9 w x 1; w a 1
		1 1-9 w x 2; w b 1
		2 2-3 r x 1; r b 1
		3 4-5 r x 2; r a 1`, "fractured-read", nil},
	{"a value was written twice, but it was not read", `
		0 1-2 w x 1
		1 3-4 w x 1; w y 2
		0 5-6 r y 2`, "", []isolation.Level{isolation.StrictSerializable}},
	{"nobody knows whose value was read", `
		0 1-2 w x 1
		1 3-4 w x 1
		0 5-6 r x 1`, "unknown", nil},
	{"a fault beside a value that was written twice", `
		0 1-2 w x 1; w y 1
		1 3-4 w x 1
		0 5-6 r x 1
		1 7-8 r y -`, "G-single-realtime", nil},
}

func TestCatalogue(t *testing.T) {
	var text strings.Builder
	for _, c := range catalogue {
		h := read(t, c.text)
		v := check(t, isolation.StrictSerializable, h)
		got := ""
		if len(v.Findings) > 0 {
			got = v.Findings[0].Anomaly
		} else if v.Validity == checkers.Unknown {
			got = "unknown"
		}
		if got != c.anomaly {
			t.Errorf("%s: got %q, want %q: %s", c.name, got, c.anomaly, v.Reason)
		}
		if v.Validity == checkers.Invalid {
			script.PointsAtCalls(t, h, v)
		}
		for _, l := range c.kept {
			if v := check(t, l, h); v.Validity != checkers.Valid {
				t.Errorf("%s: it keeps %v, but the verdict is %v: %s", c.name, l, v.Validity, v.Reason)
			}
		}
		fmt.Fprintf(&text, "# %s\n%s\n%v\n\n", c.name, strings.ReplaceAll(strings.TrimSpace(c.text), "\t", ""), v.Validity)
		for _, f := range v.Findings {
			fmt.Fprintf(&text, "%s%s: %s\n\n", f.Anomaly, checkers.In("key", f.Key), f.Text)
		}
	}
	script.Golden(t, filepath.Join("testdata", "catalogue.txt"), text.String(), *update)
}

// A run in which no read was ever answered proves nothing.
func TestWhereNothingWasReadNothingIsValid(t *testing.T) {
	for _, text := range []string{"0 1-2 w x 1\n1 3-4 w x 2", "0 1-2! r x 1\n1 3-4 w x 2", "0 1-? r x -\n1 3-4 w x 2"} {
		if v := check(t, isolation.ReadUncommitted, read(t, text)); v.Validity != checkers.Unknown || !strings.Contains(v.Reason, "nothing was observed") {
			t.Errorf("%s: %v: %s", text, v.Validity, v.Reason)
		}
	}
}

// A value that the reader itself wrote later and somebody else wrote in vain was read from
// the latter: that is forbidden from read committed on, while to read one's own future is
// forbidden everywhere.
func TestWhatWasAlsoWrittenInVainWasReadFromThere(t *testing.T) {
	h := script.Parse(t, `
		1 invoke txn [["w","y",1]]
		1 fail txn [["w","y",1]] !refused
		0 invoke txn [["r","y",null],["w","y",1]]
		0 ok txn [["r","y",1],["w","y",1]]`)
	for level, want := range map[isolation.Level]checkers.Validity{
		isolation.ReadUncommitted: checkers.Valid, isolation.ReadCommitted: checkers.Invalid,
	} {
		v, err := New(Options{Expected: level}).Check(t.Context(), h)
		if err != nil || v.Validity != want {
			t.Errorf("%v: %v, want %v: %s, %v", level, v.Validity, want, v.Reason, err)
		}
	}
}
