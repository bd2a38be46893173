package etcd

import (
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/harness/targets/internal/real"
	"github.com/assaykit/assay/workloads"
)

func get(key string) transaction.Op { return transaction.Op{Kind: transaction.Read, Key: key} }
func put(key string, value int) transaction.Op {
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

func testTransactions(t *testing.T, c cluster.Cluster) {
	ctx := t.Context()
	for i, step := range []struct {
		lists    bool
		do, want []transaction.Op
	}{
		{false, []transaction.Op{get("x"), get("y")}, []transaction.Op{get("x"), get("y")}},
		{false, []transaction.Op{get("x"), put("x", 1), get("x"), put("x", 2), put("y", 0)}, []transaction.Op{get("x"), put("x", 1), is("x", 1), put("x", 2), put("y", 0)}},
		{false, []transaction.Op{get("y"), get("x"), get("y")}, []transaction.Op{is("y", 0), is("x", 2), is("y", 0)}},
		{false, nil, []transaction.Op{}},
		{true, []transaction.Op{get("l"), add("l", 1), get("l"), add("l", 2), add("m", 3)}, []transaction.Op{get("l"), add("l", 1), holds("l", 1), add("l", 2), add("m", 3)}},
		{true, []transaction.Op{get("m"), get("l"), get("n")}, []transaction.Op{holds("m", 3), holds("l", 1, 2), get("n")}},
	} {
		remote := at(t, c.Nodes()[i%3], "linearizable")
		execute := remote.TransactRegisters
		if step.lists {
			execute = remote.TransactLists
		}
		got, err := execute(ctx, step.do)
		if err != nil || !reflect.DeepEqual(got, step.want) {
			t.Errorf("step %d: got %+v, %v, want %+v", i+1, got, err, step.want)
		}
	}
	remote := at(t, c.Nodes()[0], "linearizable")
	if _, err := remote.TransactLists(ctx, []transaction.Op{put("l", 1)}); !workloads.IsNoEffect(err) {
		t.Errorf("a write to a list: %v", err)
	}
	if _, err := remote.TransactRegisters(ctx, []transaction.Op{add("x", 1)}); !workloads.IsNoEffect(err) {
		t.Errorf("an append to a register: %v", err)
	}
}

// Appends of many clients to two lists, in each transaction to both: nothing is
// lost, and both lists agree.
func testConflicts(t *testing.T, c cluster.Cluster) {
	const clients, each = 6, 20
	var mu sync.Mutex
	var committed []int
	aborted := 0
	var all sync.WaitGroup
	for i := range clients {
		remote := at(t, c.Nodes()[i%3], "linearizable")
		all.Go(func() {
			for n := range each {
				element := i*each + n
				_, err := remote.TransactLists(t.Context(), []transaction.Op{add("a", element), get("b"), add("b", element)})
				mu.Lock()
				switch {
				case err == nil:
					committed = append(committed, element)
				case workloads.IsNoEffect(err):
					aborted++
				default:
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	t.Logf("%d committed, %d aborted", len(committed), aborted)
	got, err := at(t, c.Nodes()[0], "linearizable").TransactLists(t.Context(), []transaction.Op{get("a"), get("b")})
	if err != nil {
		t.Fatal(err)
	}
	a, b := got[0].List, got[1].List
	if !slices.Equal(a, b) {
		t.Errorf("the lists are not alike:\n%v\n%v", a, b)
	}
	slices.Sort(a)
	slices.Sort(committed)
	if !slices.Equal(a, committed) {
		t.Errorf("committed were\n%v, the list has\n%v", committed, a)
	}
}

func testBank(t *testing.T, c cluster.Cluster) {
	ctx := t.Context()
	n1, n2 := at(t, c.Nodes()[0], "linearizable"), at(t, c.Nodes()[1], "linearizable")
	if _, err := n1.Transfer(ctx, 0, 1, 1); !workloads.IsNoEffect(err) {
		t.Errorf("transfer in a bank that is not open: %v", err)
	}
	real.Expect(t, "open", n1.Open(ctx, 3, 10), 0, 0)
	moved, err := n1.Transfer(ctx, 0, 2, 7)
	real.Expect(t, "transfer", err, moved, true)
	moved, err = n2.Transfer(ctx, 0, 1, 4)
	real.Expect(t, "transfer of more than there is", err, moved, false)
	real.Expect(t, "open again", n2.Open(ctx, 3, 10), 0, 0)
	balances, err := n2.Balances(ctx)
	real.Expect(t, "balances", err, reflect.DeepEqual(balances, map[int]int{0: 3, 1: 10, 2: 17}), true)
}
