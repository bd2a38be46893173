package mariadb

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
	"github.com/assaykit/assay/harness/targets/internal/real"
	"github.com/assaykit/assay/workloads"
)

// up starts nodes and waits until they are ready.
func up(t *testing.T, nodes int, settings ...string) cluster.Cluster {
	t.Helper()
	cfg := chosen(settings...)
	cfg.Nodes = nodes
	return real.Up(t, New(), cfg)
}

func at(t *testing.T, n cluster.Node) *client {
	t.Helper()
	c, err := New().Dial(t.Context(), n, cluster.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*client)
}

func TestOneServer(t *testing.T) {
	c := up(t, 1)
	n := c.Nodes()[0]
	t.Run("objects", func(t *testing.T) { testObjects(t, n) })
	t.Run("lists", func(t *testing.T) { testLists(t, n) })
	t.Run("a bank", func(t *testing.T) { testBank(t, n) })
	t.Run("repeatable read loses updates", func(t *testing.T) { testLostUpdate(t, n) })
	t.Run("a server that was killed comes back with its data", func(t *testing.T) { testKilled(t, c) })
}

func testObjects(t *testing.T, n cluster.Node) {
	ctx, a, b := t.Context(), at(t, n), at(t, n)
	_, found, err := a.Read(ctx, "k")
	real.Expect(t, "read of a key never written", err, found, false)
	swapped, err := a.CompareAndSet(ctx, "k", 0, 1)
	real.Expect(t, "compare-and-set of a key never written", err, swapped, false)
	real.Expect(t, "write", a.Write(ctx, "k", -7), 0, 0)
	swapped, err = b.CompareAndSet(ctx, "k", 7, 8)
	real.Expect(t, "compare-and-set of another value", err, swapped, false)
	swapped, err = b.CompareAndSet(ctx, "k", -7, -7)
	real.Expect(t, "compare-and-set to the same value", err, swapped, true)
	value, _, err := a.Read(ctx, "k")
	real.Expect(t, "read", err, value, -7)

	for element := range 5 {
		real.Expect(t, "add", a.Add(ctx, "s", element), 0, 0)
	}
	real.Expect(t, "add to another set", b.Add(ctx, "s2", 99), 0, 0)
	elements, err := b.Elements(ctx, "s")
	slices.Sort(elements)
	real.Expect(t, "elements", err, slices.Equal(elements, []int{0, 1, 2, 3, 4}), true)

	real.Expect(t, "increment", a.Increment(ctx, "c", 5), 0, 0)
	real.Expect(t, "decrement", b.Increment(ctx, "c", -2), 0, 0)
	count, err := a.Count(ctx, "c")
	real.Expect(t, "count", err, count, 3)

	first, err := a.Generate(ctx)
	real.Expect(t, "generate", err, first > 0, true)
	second, err := b.Generate(ctx)
	real.Expect(t, "generate again", err, second != first, true)

	real.Expect(t, "charge", a.Charge(ctx, 1, 10), 0, 0)
	real.Expect(t, "charge again", b.Charge(ctx, 1, 10), 0, 0)
	entries, err := a.Entries(ctx)
	real.Expect(t, "entries", err, slices.Equal(entries, []workloads.Entry{{Order: 1, Amount: 10}}), true)
}

func testLists(t *testing.T, n cluster.Node) {
	a := at(t, n)
	done, err := a.TransactLists(t.Context(), []transaction.Op{
		{Kind: transaction.Read, Key: "x"},
		{Kind: transaction.Append, Key: "x", Value: 1},
		{Kind: transaction.Append, Key: "x", Value: 2},
		{Kind: transaction.Read, Key: "x"},
	})
	if err != nil || done[0].Found || !done[3].Found || !slices.Equal(done[3].List, []int{1, 2}) {
		t.Errorf("got %+v, %v", done, err)
	}
	if _, err := a.TransactLists(t.Context(), []transaction.Op{
		{Kind: transaction.Append, Key: "x", Value: 3}, {Kind: transaction.Write, Key: "x", Value: 4},
	}); !workloads.IsNoEffect(err) {
		t.Errorf("lists that are written: %v", err)
	}
	done, err = a.TransactLists(t.Context(), []transaction.Op{{Kind: transaction.Read, Key: "x"}})
	if err != nil || !slices.Equal(done[0].List, []int{1, 2}) {
		t.Errorf("an aborted transaction left something: %+v, %v", done, err)
	}
}

func testBank(t *testing.T, n cluster.Node) {
	ctx, a := t.Context(), at(t, n)
	for range 2 {
		real.Expect(t, "open", a.Open(ctx, 3, 10), 0, 0)
	}
	moved, err := a.Transfer(ctx, 0, 2, 11)
	real.Expect(t, "transfer of too much", err, moved, false)
	moved, err = a.Transfer(ctx, 0, 2, 10)
	real.Expect(t, "transfer", err, moved, true)
	balances, err := a.Balances(ctx)
	real.Expect(t, "balances", err, maps.Equal(balances, map[int]int{0: 0, 1: 10, 2: 20}), true)
	if _, err := a.Transfer(ctx, 1, 7, 1); !workloads.IsNoEffect(err) {
		t.Errorf("transfer to nobody: %v", err)
	}
}

// Two transactions read the same, and each writes what it made of that.
func testLostUpdate(t *testing.T, n cluster.Node) {
	ctx, a, b := t.Context(), at(t, n), at(t, n)
	real.Expect(t, "write", a.Write(ctx, "lost", 1), 0, 0)
	for _, step := range []struct {
		by        *client
		statement string
	}{
		{a, "start transaction"}, {b, "start transaction"},
		{a, "select value from registers where name = 'lost'"}, {b, "select value from registers where name = 'lost'"},
		{a, "update registers set value = 2 where name = 'lost'"}, {a, "commit"},
		{b, "update registers set value = 3 where name = 'lost'"}, {b, "commit"},
	} {
		if _, err := step.by.execute(ctx, step.statement); err != nil {
			t.Fatalf("%s: %v", step.statement, err)
		}
	}
	value, _, err := a.Read(ctx, "lost")
	real.Expect(t, "read", err, value, 3)
}

func testKilled(t *testing.T, c cluster.Cluster) {
	n := c.Nodes()[0]
	a := at(t, n)
	real.Expect(t, "write", a.Write(t.Context(), "killed", 1), 0, 0)
	if err := n.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The first finds out that the connection has broken, the second finds nobody.
	_ = a.Write(t.Context(), "killed", 2)
	if err := a.Write(t.Context(), "killed", 3); !workloads.IsNoEffect(err) {
		t.Errorf("write to a killed server: %v", err)
	}
	if err := n.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, New(), c, cluster.Config{})
	value, _, err := a.Read(t.Context(), "killed")
	real.Expect(t, "read", err, value, 1)
}

func TestGalera(t *testing.T) {
	c := up(t, 3, "wsrep-sync-wait=1")
	n1, n3 := at(t, c.Nodes()[0]), at(t, c.Nodes()[2])
	real.Expect(t, "write", n1.Write(t.Context(), "k", 1), 0, 0)
	value, _, err := n3.Read(t.Context(), "k")
	real.Expect(t, "read on another node", err, value, 1)

	// A node that is alone refuses; the others go on, and it catches up with them.
	drop := map[cluster.Link]bool{}
	for _, other := range []string{"n2", "n3"} {
		drop[cluster.Link{From: "n1", To: other}], drop[cluster.Link{From: other, To: "n1"}] = true, true
	}
	if err := c.(cluster.Network).SetRules(t.Context(), cluster.Rules{Drop: drop}); err != nil {
		t.Fatal(err)
	}
	for refused := false; !refused; {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		_, _, err := n1.Read(ctx, "k")
		refused = err != nil && strings.Contains(err.Error(), "1047")
		cancel()
		nodes.Wait(t.Context(), nodes.Pause)
	}
	for written := false; !written; {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		written = n3.Write(ctx, "k", 2) == nil
		cancel()
	}
	if err := c.(cluster.Network).SetRules(t.Context(), cluster.Rules{}); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, New(), c, cluster.Config{})
	value, _, err = n1.Read(t.Context(), "k")
	real.Expect(t, "read once healed", err, value, 2)

	for _, n := range c.Nodes() {
		if err := n.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range c.Nodes() {
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	real.Ready(t, New(), c, cluster.Config{})
	value, _, err = at(t, c.Nodes()[1]).Read(t.Context(), "k")
	real.Expect(t, "read after all were killed", err, value, 2)
}
