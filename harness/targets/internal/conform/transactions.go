package conform

import (
	"maps"
	"reflect"
	"testing"

	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/harness/targets/internal/real"
	"github.com/assaykit/assay/workloads"
)

func read(key string) transaction.Op { return transaction.Op{Kind: transaction.Read, Key: key} }
func write(key string, value int) transaction.Op {
	return transaction.Op{Kind: transaction.Write, Key: key, Value: value}
}
func add(key string, element int) transaction.Op {
	return transaction.Op{Kind: transaction.Append, Key: key, Value: element}
}
func is(key string, value int) transaction.Op {
	return transaction.Op{Kind: transaction.Read, Key: key, Value: value, Found: true}
}
func holds(key string, elements ...int) transaction.Op {
	return transaction.Op{Kind: transaction.Read, Key: key, List: elements, Found: true}
}

// step is a transaction and what has to come back.
type step struct{ do, want []transaction.Op }

// Lists uses the keys x, y and z, which were never appended to.
func Lists[C workloads.ListTransactions](t *testing.T, clients ...C) {
	t.Helper()
	turn := inTurns(clients)
	for i, s := range []step{
		{nil, []transaction.Op{}},
		{[]transaction.Op{read("x"), add("x", 1), read("x"), add("x", 2), add("y", 3)}, []transaction.Op{read("x"), add("x", 1), holds("x", 1), add("x", 2), add("y", 3)}},
		{[]transaction.Op{read("y"), read("x"), read("z")}, []transaction.Op{holds("y", 3), holds("x", 1, 2), read("z")}},
	} {
		got, err := turn.client().TransactLists(t.Context(), s.do)
		compare(t, "lists", i, got, err, s.want)
	}
	if _, err := turn.client().TransactLists(t.Context(), []transaction.Op{add("x", 3), write("x", 4)}); !workloads.IsNoEffect(err) {
		t.Errorf("a write to a list: %v", err)
	}
	got, err := turn.client().TransactLists(t.Context(), []transaction.Op{read("x")})
	compare(t, "lists after an aborted transaction", 0, got, err, []transaction.Op{holds("x", 1, 2)})
}

// Registers uses the keys x and y, which were never written.
func Registers[C workloads.RegisterTransactions](t *testing.T, clients ...C) {
	t.Helper()
	turn := inTurns(clients)
	for i, s := range []step{
		{[]transaction.Op{read("x"), read("y")}, []transaction.Op{read("x"), read("y")}},
		{[]transaction.Op{read("x"), write("x", 1), read("x"), write("x", 2), write("y", 0)}, []transaction.Op{read("x"), write("x", 1), is("x", 1), write("x", 2), write("y", 0)}},
		{[]transaction.Op{read("y"), read("x"), read("y")}, []transaction.Op{is("y", 0), is("x", 2), is("y", 0)}},
	} {
		got, err := turn.client().TransactRegisters(t.Context(), s.do)
		compare(t, "registers", i, got, err, s.want)
	}
	if _, err := turn.client().TransactRegisters(t.Context(), []transaction.Op{add("x", 1)}); !workloads.IsNoEffect(err) {
		t.Errorf("an append to a register: %v", err)
	}
}

func compare(t *testing.T, what string, i int, got []transaction.Op, err error, want []transaction.Op) {
	t.Helper()
	if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("%s, step %d: got %+v, %v, want %+v", what, i+1, got, err, want)
	}
}

// Bank opens three accounts.
func Bank[C workloads.Bank](t *testing.T, clients ...C) {
	t.Helper()
	ctx, turn := t.Context(), inTurns(clients)
	for range 2 {
		real.Expect(t, "open", turn.client().Open(ctx, 3, 10), 0, 0)
	}
	moved, err := turn.client().Transfer(ctx, 0, 2, 11)
	real.Expect(t, "transfer of too much", err, moved, false)
	moved, err = turn.client().Transfer(ctx, 0, 2, 10)
	real.Expect(t, "transfer", err, moved, true)
	balances, err := turn.client().Balances(ctx)
	real.Expect(t, "balances", err, maps.Equal(balances, map[int]int{0: 0, 1: 10, 2: 20}), true)
	if _, err := turn.client().Transfer(ctx, 1, 7, 1); !workloads.IsNoEffect(err) {
		t.Errorf("transfer to nobody: %v", err)
	}
}
