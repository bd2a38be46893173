package redis

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/conform"
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
	conform.Register(t, "k", a, b)
	conform.Set(t, "s", a, b)
	conform.Queue(t, "q", a, b)
	conform.Counter(t, "c", a, b)
	conform.Identifiers(t, a, b)
}

func testStreams(t *testing.T, a, b *client) {
	conform.Log(t, "p", a, b)
	_, used := conform.Messages(t, "m", a, b)
	if err := b.Acknowledge(t.Context(), "m", used); !workloads.IsNoEffect(err) {
		t.Errorf("acknowledge again: %v", err)
	}
}

func testLocks(t *testing.T, a, b *client) {
	ctx := t.Context()
	conform.Locks(t, "l", false, a, b)
	held, _, err := b.AcquireFor(ctx, "l", 200*time.Millisecond)
	real.Expect(t, "acquire for a time", err, held, true)
	nodes.Wait(ctx, 300*time.Millisecond)
	held, _, err = a.Acquire(ctx, "l")
	real.Expect(t, "acquire what has expired", err, held, true)
	released, err := b.Release(ctx, "l")
	real.Expect(t, "release what has expired", err, released, false)
}

func testTransactions(t *testing.T, a, b *client) {
	conform.Lists(t, a, b)
	conform.Registers(t, a, b)
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
