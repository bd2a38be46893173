package redis

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
	"github.com/assaykit/assay/harness/targets/internal/real"
	"github.com/assaykit/assay/workloads"
)

func at(t *testing.T, target Target, n cluster.Node, cfg cluster.Config) *client {
	t.Helper()
	c, err := target.Dial(t.Context(), n, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*client)
}

func TestRealServer(t *testing.T) {
	target, cfg := New(), with("mode=single", "appendfsync=always")
	cfg.Nodes = 1
	c := real.Up(t, target, cfg)
	a, b := at(t, target, c.Nodes()[0], cfg), at(t, target, c.Nodes()[0], cfg)
	t.Run("register, set, queue, counter, identifiers", func(t *testing.T) { testObjects(t, a, b) })
	t.Run("log and messages", func(t *testing.T) { testStreams(t, a, b) })
	t.Run("locks", func(t *testing.T) { testLocks(t, a, b) })
	t.Run("transactions", func(t *testing.T) { testTransactions(t, a, b) })
}

func testObjects(t *testing.T, a, b *client) {
	ctx := t.Context()
	_, found, err := a.Read(ctx, "k")
	real.Expect(t, "read of a key never written", err, found, false)
	swapped, err := a.CompareAndSet(ctx, "k", 0, 1)
	real.Expect(t, "compare-and-set of a key never written", err, swapped, false)
	real.Expect(t, "write", a.Write(ctx, "k", -7), 0, 0)
	swapped, err = b.CompareAndSet(ctx, "k", 7, 8)
	real.Expect(t, "compare-and-set of another value", err, swapped, false)
	swapped, err = b.CompareAndSet(ctx, "k", -7, 8)
	real.Expect(t, "compare-and-set", err, swapped, true)
	value, found, err := a.Read(ctx, "k")
	real.Expect(t, "read", err, found && value == 8, true)

	for i := range 12 {
		real.Expect(t, "add", b.Add(ctx, "s", i), 0, 0)
		real.Expect(t, "send", b.Send(ctx, "q", i), 0, 0)
	}
	all, err := a.Elements(ctx, "s")
	slices.Sort(all)
	real.Expect(t, "elements", err, slices.Equal(all, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}), true)
	for want := range 12 {
		value, _, err := a.Receive(ctx, "q")
		real.Expect(t, "receive", err, value, want)
	}
	_, found, err = b.Receive(ctx, "q")
	real.Expect(t, "receive from an empty queue", err, found, false)

	count, err := a.Count(ctx, "c")
	real.Expect(t, "a counter never incremented", err, count, 0)
	real.Expect(t, "increment", a.Increment(ctx, "c", 5), 0, 0)
	real.Expect(t, "decrement", b.Increment(ctx, "c", -2), 0, 0)
	count, err = a.Count(ctx, "c")
	real.Expect(t, "count", err, count, 3)
	first, err := a.Generate(ctx)
	real.Expect(t, "generate", err, first > 0, true)
	second, err := b.Generate(ctx)
	real.Expect(t, "generate", err, second > first, true)
}

func testStreams(t *testing.T, a, b *client) {
	ctx := t.Context()
	var offsets []int64
	for i := range 5 {
		offset, err := a.Append(ctx, "p", 100+i)
		real.Expect(t, "append", err, offset > 0, true)
		offsets = append(offsets, offset)
	}
	got, err := b.Records(ctx, "p", offsets[2], 2)
	want := []workloads.Record{{Offset: offsets[2], Value: 102}, {Offset: offsets[3], Value: 103}}
	real.Expect(t, "records", err, slices.Equal(got, want), true)
	got, err = b.Records(ctx, "p", 0, 100)
	real.Expect(t, "all records", err, len(got), 5)
	got, err = b.Records(ctx, "p", offsets[4]+1, 3)
	real.Expect(t, "records after the last", err, len(got), 0)

	_, found, err := a.Take(ctx, "q")
	real.Expect(t, "take from an empty queue", err, found, false)
	real.Expect(t, "publish", a.Publish(ctx, "q", 5), 0, 0)
	first, found, err := a.Take(ctx, "q")
	real.Expect(t, "take", err, found && first.Value == 5 && !first.Redelivered, true)
	_, found, err = b.Take(ctx, "q")
	real.Expect(t, "take what somebody has", err, found, false)
	var second workloads.Message
	for found = false; !found && err == nil; {
		nodes.Wait(ctx, nodes.Pause)
		second, found, err = b.Take(ctx, "q")
	}
	real.Expect(t, "take what was not acknowledged", err, second.Value == 5 && second.Redelivered, true)
	real.Expect(t, "acknowledge", b.Acknowledge(ctx, "q", second.Ticket), 0, 0)
	if err := b.Acknowledge(ctx, "q", second.Ticket); !workloads.IsNoEffect(err) {
		t.Errorf("acknowledge again: %v", err)
	}
}

func testLocks(t *testing.T, a, b *client) {
	ctx := t.Context()
	held, _, err := a.Acquire(ctx, "l")
	real.Expect(t, "acquire", err, held, true)
	held, _, err = b.Acquire(ctx, "l")
	real.Expect(t, "acquire what somebody holds", err, held, false)
	released, err := b.Release(ctx, "l")
	real.Expect(t, "release what somebody holds", err, released, false)
	released, err = a.Release(ctx, "l")
	real.Expect(t, "release", err, released, true)
	held, _, err = b.AcquireFor(ctx, "l", 200*time.Millisecond)
	real.Expect(t, "acquire for a time", err, held, true)
	nodes.Wait(ctx, 300*time.Millisecond)
	held, _, err = a.Acquire(ctx, "l")
	real.Expect(t, "acquire what has expired", err, held, true)
	released, err = b.Release(ctx, "l")
	real.Expect(t, "release what has expired", err, released, false)
}

func testTransactions(t *testing.T, a, b *client) {
	ctx := t.Context()
	read := func(key string) transaction.Op { return transaction.Op{Kind: transaction.Read, Key: key} }
	got, err := a.TransactLists(ctx, []transaction.Op{read("x"), {Kind: transaction.Append, Key: "x", Value: 1}, {Kind: transaction.Append, Key: "x", Value: 2}, read("x")})
	if err != nil || got[0].Found || !slices.Equal(got[3].List, []int{1, 2}) {
		t.Errorf("lists: %v, %v", got, err)
	}
	got, err = b.TransactRegisters(ctx, []transaction.Op{read("x"), {Kind: transaction.Write, Key: "x", Value: 7}, read("x")})
	if err != nil || got[0].Found || !got[2].Found || got[2].Value != 7 {
		t.Errorf("registers: %v, %v", got, err)
	}
}

func TestSentinelsReplaceAKilledMaster(t *testing.T) {
	target, cfg := New(), with("wait=1")
	c := real.Up(t, target, cfg)
	names, err := target.Leaders(t.Context(), c, cfg)
	if err != nil || len(names) != 1 {
		t.Fatalf("leaders are %v, %v", names, err)
	}
	i := slices.IndexFunc(c.Nodes(), func(n cluster.Node) bool { return n.Name() == names[0] })
	old, other := c.Nodes()[i], at(t, target, c.Nodes()[(i+1)%3], cfg)
	if err := other.Write(t.Context(), "k", 1); err != nil {
		t.Fatal(err)
	}
	if err := old.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for err = errors.New("not written yet"); err != nil && soon.Err() == nil; {
		ctx, cancel := context.WithTimeout(soon, time.Second)
		err = other.Write(ctx, "k", 2)
		cancel()
		nodes.Wait(soon, nodes.Pause)
	}
	if err != nil {
		t.Errorf("nobody took the master's place: %v", err)
	}
	if now, err := target.Leaders(t.Context(), c, cfg); err != nil || len(now) != 1 || now[0] == old.Name() {
		t.Errorf("leaders are %v, %v", now, err)
	}
	if err := old.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, target, c, cfg)
	value, _, err := at(t, target, old, cfg).Read(t.Context(), "k")
	real.Expect(t, "read through the node that came back", err, value, 2)
}
