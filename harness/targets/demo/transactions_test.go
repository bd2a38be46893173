package demo

import (
	"reflect"
	"testing"

	"github.com/assaykit/assay/harness/history/transaction"
)

func transactions(t *testing.T, clients []*Client) {
	ctx := t.Context()
	get := func(key string) transaction.Op { return transaction.Op{Kind: transaction.Read, Key: key} }
	put := func(key string, value int) transaction.Op {
		return transaction.Op{Kind: transaction.Write, Key: key, Value: value}
	}
	add := func(key string, value int) transaction.Op {
		return transaction.Op{Kind: transaction.Append, Key: key, Value: value}
	}
	found := func(key string, value int) transaction.Op {
		return transaction.Op{Kind: transaction.Read, Key: key, Value: value, Found: true}
	}
	list := func(key string, elements ...int) transaction.Op {
		return transaction.Op{Kind: transaction.Read, Key: key, List: elements, Found: true}
	}
	for i, step := range []struct {
		lists    bool
		do, want []transaction.Op
	}{
		{false, []transaction.Op{get("t"), put("t", 0), get("t")}, []transaction.Op{get("t"), put("t", 0), found("t", 0)}},
		{false, []transaction.Op{get("u"), get("t")}, []transaction.Op{get("u"), found("t", 0)}},
		{true, []transaction.Op{get("l"), add("l", 1), add("l", 2)}, []transaction.Op{get("l"), add("l", 1), add("l", 2)}},
		{true, []transaction.Op{get("l"), get("t")}, []transaction.Op{list("l", 1, 2), get("t")}},
	} {
		execute := clients[i%len(clients)].TransactRegisters
		if step.lists {
			execute = clients[i%len(clients)].TransactLists
		}
		if got, err := execute(ctx, step.do); err != nil || !reflect.DeepEqual(got, step.want) {
			t.Errorf("step %d: got %+v, %v, want %+v", i+1, got, err, step.want)
		}
	}
	if _, err := clients[0].TransactLists(ctx, []transaction.Op{put("l", 1)}); of(err) != noEffect {
		t.Errorf("a write to a list: %v", err)
	}
}

func bank(t *testing.T, clients []*Client) {
	ctx := t.Context()
	if balances, err := clients[0].Balances(ctx); len(balances) != 0 || err != nil {
		t.Errorf("balances of no bank: %v, %v", balances, err)
	}
	for _, remote := range clients {
		if err := remote.Open(ctx, 3, 10); err != nil {
			t.Error(err)
		}
	}
	if moved, err := clients[0].Transfer(ctx, 0, 2, 7); !moved || err != nil {
		t.Errorf("transfer: %v, %v", moved, err)
	}
	if moved, err := clients[1].Transfer(ctx, 0, 1, 4); moved || err != nil {
		t.Errorf("transfer of more than there is: %v, %v", moved, err)
	}
	if err := clients[2].Open(ctx, 3, 10); err != nil {
		t.Error(err)
	}
	balances, err := clients[1].Balances(ctx)
	if want := map[int]int{0: 3, 1: 10, 2: 17}; !reflect.DeepEqual(balances, want) || err != nil {
		t.Errorf("balances: %v, %v, want %v", balances, err, want)
	}
}

func TestAnswersToTransactions(t *testing.T) {
	asked := []micro{{F: "read", Key: "x"}, {F: "write", Key: "y", Value: 1}}
	for body, want := range map[string]outcome{
		`{"ok":true,"micros":[{"f":"read","key":"x","value":3,"found":true},{"f":"write","key":"y","value":1}]}`: happened,
		`{"ok":true,"micros":[{"f":"read","key":"x"}]}`:                                                          unknown,
		`{"ok":true,"micros":[{"f":"write","key":"y"},{"f":"read","key":"x"}]}`:                                  unknown,
		`{"ok":true,"micros":[{"f":"read","key":"z"},{"f":"write","key":"y"}]}`:                                  unknown,
		`{"ok":true}`:                     unknown,
		`{"ok":true,"micros":{"read":3}}`: unknown,
		`{"ok":false,"error":"timeout"}`:  unknown,
		`{"ok":false,"error":"conflict with another one","no_effect":true}`:      noEffect,
		`{"ok":false,"micros":[{"f":"read","key":"x"},{"f":"write","key":"y"}]}`: unknown,
	} {
		remote := dial(answering(t, says("200 OK", body)))
		defer remote.Close()
		if _, err := remote.transact(t.Context(), asked); of(err) != want {
			t.Errorf("%s: outcome is %s (%v), want %s", body, of(err), err, want)
		}
	}
}
