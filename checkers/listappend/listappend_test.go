package listappend

import (
	"context"
	"flag"
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

func check(t testing.TB, o Options, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := New(o).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// known are small histories, and all anomalies that they have, the gravest first: one
// of each, and what is nearly one.
var known = []struct{ name, want, text string }{
	{"all is well", "", `
		0 invoke txn [["append","x",1],["r","y",null]]
		0 ok txn [["append","x",1],["r","y",null]]
		1 invoke txn [["r","x",null],["append","y",2]]
		1 ok txn [["r","x",[1]],["append","y",2]]`},
	{"a transaction reads what it appended", "", `
		0 invoke txn [["append","x",1],["r","x",null],["append","x",2],["r","x",null]]
		0 ok txn [["append","x",1],["r","x",[1]],["append","x",2],["r","x",[1,2]]]`},
	{"an element that nobody appended", "thin-air-read", `
		0 invoke txn [["r","x",null]]
		0 ok txn [["r","x",[7]]]`},
	{"a transaction reads what it appends only later", "future-read", `
		0 invoke txn [["r","x",null],["append","x",1]]
		0 ok txn [["r","x",[1]],["append","x",1]]`},
	{"a transaction does not read what it appended", "missing-own-write", `
		0 invoke txn [["append","x",1],["r","x",null]]
		0 ok txn [["append","x",1],["r","x",null]]`},
	{"an element is there twice", "duplicate-elements", `
		0 invoke txn [["append","x",1]]
		0 ok txn [["append","x",1]]
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",[1,1]]]`},
	{"the attempt before failed, and the element is there once", "", `
		0 invoke txn [["append","x",1]]
		0 fail txn [["append","x",1]] !conflict
		0 invoke txn [["append","x",1]]
		0 ok txn [["append","x",1]]
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",[1]]]`},
	{"dirty write: of two transactions each comes first on one list", "G0", `
		0 invoke txn [["append","x",1],["append","y",1]]
		1 invoke txn [["append","x",2],["append","y",2]]
		0 ok txn [["append","x",1],["append","y",1]]
		1 ok txn [["append","x",2],["append","y",2]]
		2 invoke txn [["r","x",null]]
		2 ok txn [["r","x",[1,2]]]
		2 invoke txn [["r","y",null]]
		2 ok txn [["r","y",[2,1]]]`},
	{"aborted read", "G1a", `
		0 invoke txn [["append","x",1]]
		0 fail txn [["append","x",1]] !conflict
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",[1]]]`},
	{"dirty update: an aborted version is built upon", "G1a dirty-update", `
		0 invoke txn [["append","x",1]]
		0 fail txn [["append","x",1]] !conflict
		1 invoke txn [["append","x",2]]
		1 ok txn [["append","x",2]]
		2 invoke txn [["r","x",null]]
		2 ok txn [["r","x",[1,2]]]`},
	{"two reads contradict each other", "incompatible-order", `
		0 invoke txn [["append","x",1]]
		1 invoke txn [["append","x",2]]
		2 invoke txn [["r","x",null]]
		3 invoke txn [["r","x",null]]
		0 ok txn [["append","x",1]]
		1 ok txn [["append","x",2]]
		2 ok txn [["r","x",[1,2]]]
		3 ok txn [["r","x",[2]]]`},
	{"a transaction's elements stand in the wrong order", "incompatible-order G1b", `
		0 invoke txn [["append","x",1],["append","x",2]]
		0 ok txn [["append","x",1],["append","x",2]]
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",[2,1]]]`},
	{"intermediate read", "G1b", `
		0 invoke txn [["append","x",1],["append","x",2]]
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",[1]]]
		0 ok txn [["append","x",1],["append","x",2]]`},
	{"circular information flow", "G1c", `
		0 invoke txn [["append","x",1],["r","y",null]]
		1 invoke txn [["append","y",2],["r","x",null]]
		0 ok txn [["append","x",1],["r","y",[2]]]
		1 ok txn [["append","y",2],["r","x",[1]]]`},
	{"lost update", "lost-update G-single", `
		0 invoke txn [["r","x",null],["append","x",1]]
		1 invoke txn [["r","x",null],["append","x",2]]
		0 ok txn [["r","x",null],["append","x",1]]
		1 ok txn [["r","x",null],["append","x",2]]
		2 invoke txn [["r","x",null]]
		2 ok txn [["r","x",[1,2]]]`},
	{"lost update of two that nobody read", "lost-update G2-item", `
		0 invoke txn [["r","x",null],["append","x",1]]
		1 invoke txn [["r","x",null],["append","x",2]]
		0 ok txn [["r","x",null],["append","x",1]]
		1 ok txn [["r","x",null],["append","x",2]]`},
	{"an update that nobody read, and blind ones beside it", "", `
		0 invoke txn [["r","x",null],["append","x",1]]
		1 invoke txn [["append","x",2]]
		2 invoke txn [["append","x",3]]
		0 ok txn [["r","x",null],["append","x",1]]
		1 ok txn [["append","x",2]]
		2 ok txn [["append","x",3]]`},
	{"two appends that nobody read, of transactions that both overlap with a third", "G-nonadjacent G2-item", `
		0 invoke txn [["r","y",null],["append","x",1],["append","z",1]]
		1 invoke txn [["r","y",null],["append","x",2],["append","z",2]]
		2 invoke txn [["append","y",5]]
		3 invoke txn [["r","y",null],["r","z",null]]
		2 ok txn [["append","y",5]]
		3 ok txn [["r","y",[5]],["r","z",null]]
		0 ok txn [["r","y",null],["append","x",1],["append","z",1]]
		1 ok txn [["r","y",null],["append","x",2],["append","z",2]]`},
	{"they do not append to the same list", "G2-item", `
		0 invoke txn [["r","y",null],["append","z",1]]
		1 invoke txn [["r","y",null],["append","x",2]]
		2 invoke txn [["append","y",5]]
		3 invoke txn [["r","y",null],["r","z",null]]
		2 ok txn [["append","y",5]]
		3 ok txn [["r","y",[5]],["r","z",null]]
		0 ok txn [["r","y",null],["append","z",1]]
		1 ok txn [["r","y",null],["append","x",2]]`},
	{"a transaction that was seen vanishes", "observed-transaction-vanishes fractured-read G-single", `
		0 invoke txn [["append","x",1],["append","y",1]]
		1 invoke txn [["r","x",null],["r","y",null]]
		0 ok txn [["append","x",1],["append","y",1]]
		1 ok txn [["r","x",[1]],["r","y",null]]`},
	{"fractured read: the missing half was read first", "fractured-read G-single", `
		0 invoke txn [["append","x",1],["append","y",1]]
		1 invoke txn [["r","y",null],["r","x",null]]
		0 ok txn [["append","x",1],["append","y",1]]
		1 ok txn [["r","y",null],["r","x",[1]]]`},
	{"a transaction reads a list twice, and it grew", "internal fractured-read G-single", `
		0 invoke txn [["append","x",1]]
		1 invoke txn [["r","x",null],["r","x",null]]
		0 ok txn [["append","x",1]]
		1 ok txn [["r","x",null],["r","x",[1]]]`},
	{"others' elements appear when a transaction appends", "lost-update internal fractured-read G-single", `
		0 invoke txn [["append","x",1]]
		1 invoke txn [["r","x",null],["append","x",2],["r","x",null]]
		0 ok txn [["append","x",1]]
		1 ok txn [["r","x",null],["append","x",2],["r","x",[1,2]]]`},
	{"who sees an effect does not see its cause", "non-causal-read G-single", `
		0 invoke txn [["append","x",1]]
		0 ok txn [["append","x",1]]
		2 invoke txn [["r","y",null],["r","x",null]]
		1 invoke txn [["r","x",null],["append","y",2]]
		1 ok txn [["r","x",[1]],["append","y",2]]
		2 ok txn [["r","y",[2]],["r","x",null]]`},
	{"read skew by way of an overwritten version, which is causal", "G-single non-prefix-read", `
		0 invoke txn [["append","x",1],["append","y",1]]
		1 invoke txn [["append","x",2]]
		2 invoke txn [["r","x",null],["r","y",null]]
		0 ok txn [["append","x",1],["append","y",1]]
		1 ok txn [["append","x",2]]
		2 ok txn [["r","x",[1,2]],["r","y",null]]`},
	{"long fork", "non-prefix-read G-nonadjacent", `
		0 invoke txn [["append","x",1]]
		1 invoke txn [["append","y",1]]
		2 invoke txn [["r","x",null],["r","y",null]]
		3 invoke txn [["r","x",null],["r","y",null]]
		0 ok txn [["append","x",1]]
		1 ok txn [["append","y",1]]
		2 ok txn [["r","x",[1]],["r","y",null]]
		3 ok txn [["r","x",null],["r","y",[1]]]`},
	{"no fork: one saw nothing", "", `
		0 invoke txn [["append","x",1]]
		1 invoke txn [["append","y",1]]
		2 invoke txn [["r","x",null],["r","y",null]]
		3 invoke txn [["r","x",null],["r","y",null]]
		0 ok txn [["append","x",1]]
		1 ok txn [["append","y",1]]
		2 ok txn [["r","x",[1]],["r","y",null]]
		3 ok txn [["r","x",null],["r","y",null]]`},
	{"write skew", "G2-item", `
		0 invoke txn [["r","x",null],["append","y",1]]
		1 invoke txn [["r","y",null],["append","x",1]]
		0 ok txn [["r","x",null],["append","y",1]]
		1 ok txn [["r","y",null],["append","x",1]]`},
	{"no skew: one saw the other", "", `
		0 invoke txn [["r","x",null],["append","y",1]]
		1 invoke txn [["r","y",null],["append","x",1]]
		0 ok txn [["r","x",null],["append","y",1]]
		1 ok txn [["r","y",[1]],["append","x",1]]`},
	{"a session's appends change places", "G0-session", `
		1 invoke txn [["append","x",9]]
		0 invoke txn [["append","x",1]]
		0 ok txn [["append","x",1]]
		0 invoke txn [["append","x",2]]
		0 ok txn [["append","x",2]]
		1 ok txn [["append","x",9]]
		2 invoke txn [["r","x",null]]
		2 ok txn [["r","x",[2,1]]]`},
	{"a session reads what it appends only later", "G1c-session", `
		0 invoke txn [["r","x",null]]
		1 invoke txn [["r","x",null]]
		0 ok txn [["r","x",[1]]]
		0 invoke txn [["append","x",1]]
		0 ok txn [["append","x",1]]
		1 ok txn [["r","x",[1]]]`},
	{"a session does not read what it appended", "non-causal-read G-single-session", `
		0 invoke txn [["append","x",1]]
		0 ok txn [["append","x",1]]
		0 invoke txn [["r","x",null]]
		0 ok txn [["r","x",null]]`},
	{"a session forks", "non-prefix-read G-nonadjacent-session G-single-realtime", `
		0 invoke txn [["append","x",1]]
		0 ok txn [["append","x",1]]
		1 invoke txn [["append","y",1]]
		0 invoke txn [["r","y",null]]
		1 ok txn [["append","y",1]]
		0 ok txn [["r","y",null]]
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",null]]`},
	{"sessions skew", "G2-item-session G-single-realtime", `
		0 invoke txn [["r","x",null],["append","y",1]]
		0 ok txn [["r","x",null],["append","y",1]]
		1 invoke txn [["r","y",null],["append","z",1]]
		0 invoke txn [["r","z",null]]
		1 ok txn [["r","y",null],["append","z",1]]
		0 ok txn [["r","z",null]]`},
	{"appends change places in time", "G0-realtime", `
		0 invoke txn [["append","x",1]]
		0 ok txn [["append","x",1]]
		1 invoke txn [["append","x",2]]
		1 ok txn [["append","x",2]]
		2 invoke txn [["r","x",null]]
		2 ok txn [["r","x",[2,1]]]`},
	{"an element is read before it is appended", "G1c-realtime", `
		0 invoke txn [["r","x",null]]
		0 ok txn [["r","x",[1]]]
		1 invoke txn [["append","x",1]]
		1 ok txn [["append","x",1]]`},
	{"stale read", "G-single-realtime", `
		0 invoke txn [["append","x",1]]
		0 ok txn [["append","x",1]]
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",null]]`},
	{"snapshots fork in time: who saw an append of which another one knew nothing later", "G-nonadjacent-realtime", `
		3 invoke txn [["r","x",null],["r","y",null]]
		2 invoke txn [["append","x",1]]
		4 invoke txn [["append","y",1]]
		4 ok txn [["append","y",1]]
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",null]]
		2 ok txn [["append","x",1]]
		3 ok txn [["r","x",[1]],["r","y",null]]`},
	{"write skew in time", "G2-item-realtime", `
		2 invoke txn [["append","x",1],["r","y",null]]
		3 invoke txn [["append","y",1]]
		3 ok txn [["append","y",1]]
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",null]]
		2 ok txn [["append","x",1],["r","y",null]]`},
	{"an update that nobody read comes first, but in time it would come last", "G-single-realtime G-nonadjacent-realtime G2-item-realtime", `
		0 invoke txn [["append","x",1]]
		1 invoke txn [["r","x",null],["append","y",3],["append","y",4]]
		0 ok txn [["append","x",1]]
		2 invoke txn [["r","y",null],["append","y",2]]
		2 ok txn [["r","y",null],["append","y",2]]
		1 ok txn [["r","x",null],["append","y",3],["append","y",4]]`},
	{"no stale read: it was under way", "", `
		0 invoke txn [["append","x",1]]
		1 invoke txn [["r","x",null]]
		0 ok txn [["append","x",1]]
		1 ok txn [["r","x",null]]`},
	{"a transaction of unknown outcome may never have happened", "", `
		0 invoke txn [["append","x",1]]
		0 info txn [["append","x",1]] !timeout
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",null]]`},
	{"one that was seen happened as a whole", "observed-transaction-vanishes fractured-read G-single", `
		0 invoke txn [["append","x",1],["append","y",1]]
		0 info txn [["append","x",1],["append","y",1]] !timeout
		1 invoke txn [["r","x",null],["r","y",null]]
		1 ok txn [["r","x",[1]],["r","y",null]]`},
	{"one that was seen may have happened late", "", `
		0 invoke txn [["append","x",1]]
		0 info txn [["append","x",1]] !timeout
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",null]]
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",[1]]]`},
	{"but not before it was invoked", "G1c-realtime", `
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",[1]]]
		0 invoke txn [["append","x",1]]
		0 info txn [["append","x",1]] !timeout`},
	{"what one of unknown outcome saw is known, if it was recorded and it happened", "G1c", `
		0 invoke txn [["append","x",1],["r","y",null]]
		0 info txn [["append","x",1],["r","y",[2]]] !timeout
		1 invoke txn [["append","y",2],["r","x",null]]
		1 ok txn [["append","y",2],["r","x",[1]]]`},
	{"what one saw does not count if nobody saw it", "", `
		0 invoke txn [["append","x",1],["r","y",null]]
		0 info txn [["append","x",1],["r","y",[2]]] !timeout
		1 invoke txn [["append","y",2],["r","x",null]]
		1 ok txn [["append","y",2],["r","x",null]]`},
}

// The catalogue itself is judged by trying everything.
func TestKnownHistoriesAreJudgedLikeByTryingEverything(t *testing.T) {
	for _, c := range known {
		h := script.Parse(t, c.text)
		kept := judgeByTrying(h)
		for _, level := range decided {
			if v := check(t, Options{Expected: level}, h); v.Validity == checkers.Valid != kept[level] {
				t.Errorf("%s: %v is %v, want kept %v", c.name, level, v.Validity, kept[level])
			}
		}
	}
}

func TestKnownHistories(t *testing.T) {
	var golden strings.Builder
	for _, c := range known {
		h := script.Parse(t, c.text)
		tr, err := parse(h)
		if err != nil {
			t.Fatal(err)
		}
		outcome := checker{}.judge(t.Context(), tr)
		if got := anomaliesOf(outcome.Findings); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		v := check(t, Options{}, h)
		if (v.Validity == checkers.Invalid) != (c.want != "") {
			t.Errorf("%s: %v (%s)", c.name, v.Validity, v.Reason)
		}
		if c.want != "" {
			script.PointsAtCalls(t, h, v)
		}
		golden.WriteString(script.Explained(c.name, v))
	}
	script.Golden(t, "testdata/explanations.txt", golden.String(), *update)
}

// anomaliesOf are the names of findings, each once, the gravest first.
func anomaliesOf(findings []checkers.Finding) string {
	var names []string
	for _, a := range isolation.Anomalies() {
		if slices.ContainsFunc(findings, func(f checkers.Finding) bool { return f.Anomaly == string(a) }) {
			names = append(names, string(a))
		}
	}
	return strings.Join(names, " ")
}

// Every anomaly that this checker can find is among the known histories.
func TestEveryAnomalyIsKnown(t *testing.T) {
	seen := map[string]bool{string(isolation.CyclicVersions): true} // of registers only
	for _, c := range known {
		for _, name := range strings.Fields(c.want) {
			seen[name] = true
		}
	}
	for _, a := range isolation.Anomalies() {
		if !seen[string(a)] {
			t.Errorf("there is no history with %s", a)
		}
	}
}

func TestWhatCannotBeJudgedIsUnknown(t *testing.T) {
	for want, text := range map[string]string{
		"no read was ever answered": `
			0 invoke txn [["append","x",1]]
			0 ok txn [["append","x",1]]`,
		"nobody can tell whose": `
			0 invoke txn [["append","x",1]]
			1 invoke txn [["append","x",1]]
			0 info txn [["append","x",1]]
			1 ok txn [["append","x",1]]`,
		"no such operation": `
			0 invoke read
			0 ok read 1`,
		"nothing was observed": "",
	} {
		if v := check(t, Options{}, script.Parse(t, text)); v.Validity != checkers.Unknown || !strings.Contains(v.Reason, want) {
			t.Errorf("%v: %s, want %s", v.Validity, v.Reason, want)
		}
	}
}

// Of clients that go on under new process numbers the sessions are longer.
func TestSessionsOfClients(t *testing.T) {
	h := script.Parse(t, `
		0 invoke txn [["append","x",1]]
		0 ok txn [["append","x",1]]
		0 invoke txn [["append","y",1]]
		0 info txn [["append","y",1]]
		2 invoke txn [["r","x",null]]
		2 ok txn [["r","x",null]]
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",[1]]]`)
	for clients, want := range map[int]checkers.Validity{0: checkers.Valid, 2: checkers.Invalid, 3: checkers.Valid} {
		if v := check(t, Options{Expected: isolation.Causal, Clients: clients}, h); v.Validity != want {
			t.Errorf("%d clients: %v (%s)", clients, v.Validity, v.Reason)
		} else if want == checkers.Invalid && !strings.Contains(v.Findings[0].Text, "the client of process 0 went on as process 2") {
			t.Errorf("nobody could see that these are one session: %s", v.Findings[0].Text)
		}
	}
}

// What a transaction costs does not grow with the square of its size, or worse.
func TestHugeTransactionsAreJudgedInTime(t *testing.T) {
	const n = 30_000
	var wide, wideRead, long []transaction.Op
	var all []int
	for i := range n {
		key := strconv.Itoa(i)
		wide = append(wide, transaction.Op{Kind: transaction.Append, Key: key, Value: 1})
		wideRead = append(wideRead, transaction.Op{Key: key, Found: true, List: []int{1}})
		long = append(long, transaction.Op{Kind: transaction.Append, Key: "long", Value: i})
		all = append(all, i)
	}
	h := &history.History{}
	for process, ops := range [][]transaction.Op{wide, wideRead, long, {{Key: "long", Found: true, List: all}}} {
		for _, kind := range []history.Type{history.Invoke, history.OK} {
			h.Ops = append(h.Ops, history.Op{Index: len(h.Ops), Process: process, Type: kind, F: transaction.F, Value: transaction.Value(ops, true)})
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	v, err := New(Options{}).Check(ctx, h)
	if err != nil || v.Validity != checkers.Valid {
		t.Errorf("%v (%s), %v", v.Validity, v.Reason, err)
	}
}

func TestOutOfTimeIsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := script.Parse(t, `
		0 invoke txn [["append","x",1],["r","x",null]]
		0 ok txn [["append","x",1],["r","x",[1]]]`)
	if v, err := New(Options{}).Check(ctx, h); err != nil || v.Validity != checkers.Unknown || !strings.Contains(v.Reason, "out of time") {
		t.Errorf("%v (%s), %v", v.Validity, v.Reason, err)
	}
}

// Of a long list a reader is shown the part that matters.
func TestTheElementInQuestionIsShown(t *testing.T) {
	list, _ := history.Ints(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12).Items()
	for element, want := range map[int]string{
		1: "[1 2 3 4 5 6 7 8 …]", 6: "[… 2 3 4 5 6 7 8 9 …]", 12: "[… 5 6 7 8 9 10 11 12]", 13: "[1 2 … 10 11 12]",
	} {
		if got := around(list, element); got != want {
			t.Errorf("around %d: %s, want %s", element, got, want)
		}
	}
	if got := around(list[:8], 5); got != "[1 2 3 4 5 6 7 8]" {
		t.Error(got)
	}
}
