package postgres

import (
	"maps"
	"slices"
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

func at(t *testing.T, n cluster.Node, settings ...string) *client {
	t.Helper()
	c, err := New().Dial(t.Context(), n, chosen(settings...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*client)
}

func TestOneServer(t *testing.T) {
	c := up(t, 1)
	for name, test := range map[string]func(*testing.T, cluster.Node){
		"objects": testObjects, "lists": testLists, "a bank": testBank,
		"queues": testQueues, "messages": testMessages, "locks": testLocks,
	} {
		t.Run(name, func(t *testing.T) { test(t, c.Nodes()[0]) })
	}
	for level, skew := range map[string]bool{"read-committed": true, "repeatable-read": true, "serializable": false} {
		t.Run(level, func(t *testing.T) { testWriteSkew(t, c.Nodes()[0], level, skew) })
	}
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

	leads, term, err := a.Leads(ctx)
	real.Expect(t, "leads", err, leads && term == 1, true)
}

func testLists(t *testing.T, n cluster.Node) {
	a := at(t, n, "isolation=serializable")
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

func testQueues(t *testing.T, n cluster.Node) {
	for _, how := range []string{"exclusive", "skip-locked"} {
		ctx, a, b := t.Context(), at(t, n, "receive="+how, "isolation=repeatable-read"), at(t, n, "receive="+how)
		for value := range 6 {
			real.Expect(t, "send", []*client{a, b}[value%2].Send(ctx, how, value), 0, 0)
		}
		for want := range 6 {
			value, _, err := []*client{a, b}[want%2].Receive(ctx, how)
			real.Expect(t, how+" receive", err, value, want)
		}
		_, found, err := a.Receive(ctx, how)
		real.Expect(t, how+" receive from an empty queue", err, found, false)
	}
}

func testMessages(t *testing.T, n cluster.Node) {
	ctx, a, b := t.Context(), at(t, n), at(t, n)
	real.Expect(t, "publish", a.Publish(ctx, "m", 7), 0, 0)
	first, found, err := a.Take(ctx, "m")
	real.Expect(t, "take", err, found && first.Value == 7 && !first.Redelivered, true)
	_, found, err = b.Take(ctx, "m")
	real.Expect(t, "take what was taken", err, found, false)
	var again workloads.Message
	for found = false; !found && err == nil; time.Sleep(200 * time.Millisecond) {
		again, found, err = b.Take(ctx, "m")
	}
	real.Expect(t, "take what was not acknowledged", err, again.Value == 7 && again.Redelivered, true)
	if err := a.Acknowledge(ctx, "m", first.Ticket); !workloads.IsNoEffect(err) {
		t.Errorf("acknowledge with a ticket that ran out: %v", err)
	}
	real.Expect(t, "acknowledge", b.Acknowledge(ctx, "m", again.Ticket), 0, 0)
}

func testLocks(t *testing.T, n cluster.Node) {
	ctx, a, b := t.Context(), at(t, n), at(t, n)
	held, first, err := a.Acquire(ctx, "l")
	real.Expect(t, "acquire", err, held, true)
	held, _, err = b.Acquire(ctx, "l")
	real.Expect(t, "acquire what is held", err, held, false)
	released, err := b.Release(ctx, "l")
	real.Expect(t, "release what another holds", err, released, false)
	a.Close()
	released, err = a.Release(ctx, "l")
	real.Expect(t, "release what went with the connection", err, released, false)
	held, second, err := b.Acquire(ctx, "l")
	real.Expect(t, "acquire what was given up", err, held && second > first, true)
	released, err = b.Release(ctx, "l")
	real.Expect(t, "release", err, released, true)
}

// Two transactions each read what the other writes.
func testWriteSkew(t *testing.T, n cluster.Node, level string, want bool) {
	both := 0
	a, b := at(t, n, "isolation="+level), at(t, n, "isolation="+level)
	for _, c := range []*client{a, b} {
		if _, err := c.connection(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ta, err := a.remote.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tb, err := b.remote.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		func() error {
			_, err := row(t.Context(), ta, []any{new(int)}, "select value from registers where key = $1", level+"x")
			return err
		},
		func() error {
			_, err := row(t.Context(), tb, []any{new(int)}, "select value from registers where key = $1", level+"y")
			return err
		},
		func() error { _, err := ta.Exec(t.Context(), write, level+"y", 1); return err },
		func() error { _, err := tb.Exec(t.Context(), write, level+"x", 1); return err },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	for _, commit := range []error{ta.Commit(t.Context()), tb.Commit(t.Context())} {
		if commit == nil {
			both++
		} else if !aborted(commit) {
			t.Errorf("%s: %v is no proof of an abort", level, commit)
		}
	}
	if got := both == 2; got != want {
		t.Errorf("%s: write skew is %v, want %v", level, got, want)
	}
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

func TestFailover(t *testing.T) {
	c := up(t, 2, "failover=promote")
	old, next := c.Nodes()[0], c.Nodes()[1]
	leads(t, c, "n1")
	if err := at(t, next, "reads=standby").Write(t.Context(), "k", 1); !workloads.IsNoEffect(err) {
		t.Errorf("write to a standby: %v", err)
	}
	if _, _, err := at(t, next).Read(t.Context(), "k"); !workloads.IsNoEffect(err) {
		t.Errorf("a standby was asked for the primary's: %v", err)
	}
	real.Expect(t, "write", at(t, old).Write(t.Context(), "k", 1), 0, 0)
	for standby, value := at(t, next, "reads=standby"), 0; value != 1; nodes.Wait(t.Context(), nodes.Pause) {
		var err error
		if value, _, err = standby.Read(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.(cluster.Network).SetRules(t.Context(), apart("n1", "n2")); err != nil {
		t.Fatal(err)
	}
	real.Expect(t, "write to a primary that is cut off", at(t, old).Write(t.Context(), "k", 2), 0, 0)
	leads(t, c, "n1", "n2")
	value, _, err := at(t, next).Read(t.Context(), "k")
	real.Expect(t, "read from the new primary", err, value, 1)
	if err := c.(cluster.Network).SetRules(t.Context(), cluster.Rules{}); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, New(), c, cluster.Config{})
	leads(t, c, "n2")
	value, _, err = at(t, old, "reads=standby").Read(t.Context(), "k")
	real.Expect(t, "read from the old primary", err, value, 1)
}

func apart(a, b string) cluster.Rules {
	return cluster.Rules{Drop: map[cluster.Link]bool{{From: a, To: b}: true, {From: b, To: a}: true}}
}

// leads waits until these nodes are the ones that are primaries.
func leads(t *testing.T, c cluster.Cluster, want ...string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; nodes.Wait(t.Context(), nodes.Pause) {
		got, err := New().Leaders(t.Context(), c, cluster.Config{})
		if err == nil && slices.Equal(got, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("primaries are %v, %v, want %v", got, err, want)
		}
	}
}
