package transactions_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/isolation/graph"
	"github.com/assaykit/assay/checkers/isolation/transactions"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

const told = `
	0 invoke txn [["append",1,5],["r","y",null]]
	1 invoke txn [["r","1",null]]
	0 ok txn [["append",1,5],["r","y",[3,4]]]
	2 invoke txn [["append","y",6],["r",1,null]]
	1 info txn [["r","1",[5]]]
	2 fail txn [["append","y",6],["r",1,null]] !conflict
	3 invoke txn [["append","y",7]]
	0 invoke txn [["r","y",null]]
	0 ok txn [["r","y",null]]
`

func lists(t *testing.T, text string) *transactions.History {
	t.Helper()
	h, err := transactions.Lists(script.Parse(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestWhatTransactionsDid(t *testing.T) {
	h := lists(t, told)
	var outcomes []transactions.Outcome
	for _, txn := range h.Txns {
		outcomes = append(outcomes, txn.Outcome)
	}
	want := []transactions.Outcome{transactions.Committed, transactions.Indeterminate, transactions.Aborted, transactions.Indeterminate, transactions.Committed}
	if !slices.Equal(outcomes, want) || !slices.Equal(h.Keys, []string{"1", "y"}) {
		t.Errorf("%v on %v", outcomes, h.Keys)
	}
	first := &h.Txns[0]
	if got := h.Of(first); !reflect.DeepEqual(got, []transactions.Op{
		{Kind: transaction.Append, Key: 0, Value: 5}, {Kind: transaction.Read, Known: true, Key: 1, Value: 2},
	}) {
		t.Errorf("%+v", got)
	}
	if list := history.List(h.List(first, 1)...); !list.Equal(history.Ints(3, 4)) {
		t.Error(list)
	}
	if known := h.Of(&h.Txns[1])[0].Known; !known {
		t.Error("what an indeterminate transaction read was recorded, but is not known")
	}
	if known := h.Of(&h.Txns[2])[1].Known; known {
		t.Error("nothing is known of an aborted transaction's reads")
	}
	if last := &h.Txns[4]; len(h.List(last, last.First)) != 0 || !h.Of(last)[0].Known {
		t.Error("null is the empty list")
	}
}

func TestRegisters(t *testing.T) {
	h, err := transactions.Registers(script.Parse(t, `
		0 invoke txn [["w","x",5],["r","y",null],["r","z",null]]
		0 ok txn [["w","x",5],["r","y",0],["r","z",null]]
		1 invoke txn [["r","x",null],["r","y",null]]
		1 info txn [["r","x",5],["r","y",null]]
	`))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(h.Ops); got != "[{w false false 0 5} {r true true 1 0} {r true false 2 0} {r true true 0 5} {r false false 1 0}]" {
		t.Error(got)
	}
}

// An indeterminate transaction that is observed counts, and so does one that only
// such a one observed; the others do not.
func TestWhatWasObservedCountsAsCommitted(t *testing.T) {
	h := lists(t, told)
	asked := map[int32]bool{}
	h.Settle(func(t int32, observed func(int32)) {
		asked[t] = true
		switch t {
		case 4:
			observed(1)
			observed(0)
		case 1:
			observed(3)
			observed(2)
		}
	})
	for i, want := range []transactions.Outcome{transactions.Committed, transactions.Observed, transactions.Aborted, transactions.Observed, transactions.Committed} {
		if got := h.Txns[i].Outcome; got != want || asked[int32(i)] != want.Counts() {
			t.Errorf("transaction %d: %v, want %v; asked %v", i, got, want, asked[int32(i)])
		}
	}
	h = lists(t, told)
	h.Settle(func(int32, func(int32)) {})
	if h.Txns[1].Outcome.Counts() || h.Txns[3].Outcome.Counts() {
		t.Error("nobody observed them")
	}
}

// What was not answered has no end, and is in its session's order only as the last.
func TestTheOrderOfSessionsAndOfTime(t *testing.T) {
	h := lists(t, told)
	h.Settle(func(t int32, observed func(int32)) { observed(1) })
	want := []graph.Span{{Begin: 0, End: 2}, {Begin: 1, End: graph.Never}, {Begin: -1, End: graph.Never}, {Begin: -1, End: graph.Never}, {Begin: 7, End: 8}}
	if got := h.Spans(); !slices.Equal(got, want) {
		t.Errorf("spans %v, want %v", got, want)
	}
	for clients, want := range map[int]string{0: "[[0 4] [1]]", 1: "[[0 1 4]]", 2: "[[0 4] [1]]"} {
		if got := fmt.Sprint(h.Sessions(clients)); got != want {
			t.Errorf("%d clients: %s, want %s", clients, got, want)
		}
	}
	if h.Done(1) || !h.Done(0) {
		t.Error("nobody knows when transaction 1 was over")
	}
}

func TestWhatIsNoHistoryOfTransactionsIsRefused(t *testing.T) {
	for want, text := range map[string]string{
		"operation 0: transactions have no such operation as \"read\"":  `0 invoke read`,
		"operation 1: micro-operation 2: transactions on lists have no": "0 invoke txn []\n0 ok txn [[\"r\",1,[]],[\"w\",1,2]]",
		"[f key value]":            `0 invoke txn [["r"]]`,
		"is not of the form":       "0 invoke txn [[\"r\",1]]\n0 ok txn [[\"r\",1]]",
		"is no list":               `0 invoke txn 7`,
		"neither a string":         `0 invoke txn [["r",[1],null]]`,
		"it takes an integer":      `0 invoke txn [["append",1,null]]`,
		"is no integer":            "0 invoke txn []\n0 ok txn [[\"r\",1,[\"a\"]]]",
		"a list is expected":       "0 invoke txn []\n0 ok txn [[\"r\",1,4]]",
		"no micro-operation \"x\"": `0 invoke txn [["x",1,1]]`,
		"0 micro-operations completes the 1 micro-operation of operation 0": "0 invoke txn [[\"append\",1,1]]\n0 ok txn",
		"[\"append\" 1 2] completes [\"append\" 1 1]":                       "0 invoke txn [[\"append\",1,1]]\n0 ok txn [[\"append\",1,2]]",
		"[\"append\" 2 1] completes [\"append\" 1 1]":                       "0 invoke txn [[\"append\",1,1]]\n0 ok txn [[\"append\",2,1]]",
		"[\"r\" 1 [1]] completes [\"append\" 1 1]":                          "0 invoke txn [[\"append\",1,1]]\n0 ok txn [[\"r\",1,[1]]]",
	} {
		if _, err := transactions.Lists(script.Parse(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := transactions.Registers(script.Parse(t, "0 invoke txn []\n0 ok txn [[\"r\",1,[4]]]")); err == nil || !strings.Contains(err.Error(), "an integer is expected") {
		t.Error(err)
	}
}

// A client that did something else than it was asked for makes a history in which
// nobody knows what was done. How the key is written, and what some tools leave out of
// an invoked read, makes no difference.
func TestWhatWasInvokedIsWhatWasCompleted(t *testing.T) {
	h := lists(t, `
		0 invoke txn [["r",1],["append",1,5]]
		0 ok txn [["r","1",[]],["append","1",5]]
		1 invoke txn [["r",1]]
		1 info txn [["r",1]]
		2 invoke txn [["r",1]]
		2 fail txn`)
	if len(h.Keys) != 1 || len(h.Ops) != 4 {
		t.Errorf("%v on %v", h.Ops, h.Keys)
	}
}

// The keys of independent histories are no part of the names of objects.
func TestIndependentHistoriesAreNotMixed(t *testing.T) {
	h := script.Parse(t, `
		0 invoke txn [["append",1,5]]
		0 ok txn [["append",1,5]]
		1 invoke txn [["r",1,null]]
		1 ok txn [["r",1,null]]`)
	for i := range h.Ops {
		h.Ops[i].Key = "a"
	}
	if _, err := transactions.Lists(h); err != nil {
		t.Error(err)
	}
	h.Ops[2].Key, h.Ops[3].Key = "b", "b"
	if _, err := transactions.Lists(h); err == nil || !strings.Contains(err.Error(), "judged by itself") {
		t.Error(err)
	}
}
