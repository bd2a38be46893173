package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/workloads"
)

// These tests run real servers in containers. A machine that is meant to have a
// Docker engine says so by ASSAY_DOCKER=1; elsewhere they are skipped without one, or
// without an image that was made here.

func requireEngine(t *testing.T) *docker.Engine {
	t.Helper()
	must := os.Getenv("ASSAY_DOCKER") == "1"
	e, err := docker.Connect(t.Context())
	if errors.Is(err, docker.ErrNoEngine) && !must {
		t.Skipf("needs a Docker engine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	if _, err := e.ImageID(t.Context(), image(cluster.Config{}).Preferred[0]); errors.Is(err, docker.ErrNoImage) && !must {
		t.Skip("needs an image: .ci/images redis")
	}
	return e
}

// up starts nodes and waits until they are ready.
func up(t *testing.T, target Target, cfg cluster.Config) cluster.Cluster {
	t.Helper()
	began := time.Now()
	c, err := requireEngine(t).Start(t.Context(), cluster.Options{
		Run:    "test-" + strings.ToLower(rand.Text()[:10]),
		Target: target,
		Config: cfg,
		Log:    t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	ready(t, target, c, cfg)
	t.Logf("ready after %v", time.Since(began))
	return c
}

func ready(t *testing.T, target Target, c cluster.Cluster, cfg cluster.Config) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := target.Ready(ctx, c, cfg); err != nil {
		t.Fatal(err)
	}
}

func at(t *testing.T, target Target, n cluster.Node, cfg cluster.Config) *client {
	t.Helper()
	c, err := target.Dial(t.Context(), n, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*client)
}

func expect[T comparable](t *testing.T, what string, err error, got, want T) {
	t.Helper()
	if err != nil || got != want {
		t.Errorf("%s: got %v, %v, want %v", what, got, err, want)
	}
}

func TestRealServer(t *testing.T) {
	target, cfg := New(), with("mode=single", "appendfsync=always")
	cfg.Nodes = 1
	c := up(t, target, cfg)
	a, b := at(t, target, c.Nodes()[0], cfg), at(t, target, c.Nodes()[0], cfg)
	t.Run("register, set, queue, counter, identifiers", func(t *testing.T) { testObjects(t, a, b) })
	t.Run("log and messages", func(t *testing.T) { testStreams(t, a, b) })
	t.Run("locks", func(t *testing.T) { testLocks(t, a, b) })
	t.Run("transactions", func(t *testing.T) { testTransactions(t, a, b) })
}

func testObjects(t *testing.T, a, b *client) {
	ctx := t.Context()
	_, found, err := a.Read(ctx, "k")
	expect(t, "read of a key never written", err, found, false)
	swapped, err := a.CompareAndSet(ctx, "k", 0, 1)
	expect(t, "compare-and-set of a key never written", err, swapped, false)
	expect(t, "write", a.Write(ctx, "k", -7), 0, 0)
	swapped, err = b.CompareAndSet(ctx, "k", 7, 8)
	expect(t, "compare-and-set of another value", err, swapped, false)
	swapped, err = b.CompareAndSet(ctx, "k", -7, 8)
	expect(t, "compare-and-set", err, swapped, true)
	value, found, err := a.Read(ctx, "k")
	expect(t, "read", err, found && value == 8, true)

	for i := range 12 {
		expect(t, "add", b.Add(ctx, "s", i), 0, 0)
		expect(t, "send", b.Send(ctx, "q", i), 0, 0)
	}
	all, err := a.Elements(ctx, "s")
	slices.Sort(all)
	expect(t, "elements", err, slices.Equal(all, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}), true)
	for want := range 12 {
		value, _, err := a.Receive(ctx, "q")
		expect(t, "receive", err, value, want)
	}
	_, found, err = b.Receive(ctx, "q")
	expect(t, "receive from an empty queue", err, found, false)

	count, err := a.Count(ctx, "c")
	expect(t, "a counter never incremented", err, count, 0)
	expect(t, "increment", a.Increment(ctx, "c", 5), 0, 0)
	expect(t, "decrement", b.Increment(ctx, "c", -2), 0, 0)
	count, err = a.Count(ctx, "c")
	expect(t, "count", err, count, 3)
	first, err := a.Generate(ctx)
	expect(t, "generate", err, first > 0, true)
	second, err := b.Generate(ctx)
	expect(t, "generate", err, second > first, true)
}

func testStreams(t *testing.T, a, b *client) {
	ctx := t.Context()
	var offsets []int64
	for i := range 5 {
		offset, err := a.Append(ctx, "p", 100+i)
		expect(t, "append", err, offset > 0, true)
		offsets = append(offsets, offset)
	}
	got, err := b.Records(ctx, "p", offsets[2], 2)
	want := []workloads.Record{{Offset: offsets[2], Value: 102}, {Offset: offsets[3], Value: 103}}
	expect(t, "records", err, slices.Equal(got, want), true)
	got, err = b.Records(ctx, "p", 0, 100)
	expect(t, "all records", err, len(got), 5)
	got, err = b.Records(ctx, "p", offsets[4]+1, 3)
	expect(t, "records after the last", err, len(got), 0)

	_, found, err := a.Take(ctx, "q")
	expect(t, "take from an empty queue", err, found, false)
	expect(t, "publish", a.Publish(ctx, "q", 5), 0, 0)
	first, found, err := a.Take(ctx, "q")
	expect(t, "take", err, found && first.Value == 5 && !first.Redelivered, true)
	_, found, err = b.Take(ctx, "q")
	expect(t, "take what somebody has", err, found, false)
	var second workloads.Message
	for found = false; !found && err == nil; {
		wait(ctx, pause)
		second, found, err = b.Take(ctx, "q")
	}
	expect(t, "take what was not acknowledged", err, second.Value == 5 && second.Redelivered, true)
	expect(t, "acknowledge", b.Acknowledge(ctx, "q", second.Ticket), 0, 0)
	if err := b.Acknowledge(ctx, "q", second.Ticket); !workloads.IsNoEffect(err) {
		t.Errorf("acknowledge again: %v", err)
	}
}

func testLocks(t *testing.T, a, b *client) {
	ctx := t.Context()
	held, _, err := a.Acquire(ctx, "l")
	expect(t, "acquire", err, held, true)
	held, _, err = b.Acquire(ctx, "l")
	expect(t, "acquire what somebody holds", err, held, false)
	released, err := b.Release(ctx, "l")
	expect(t, "release what somebody holds", err, released, false)
	released, err = a.Release(ctx, "l")
	expect(t, "release", err, released, true)
	held, _, err = b.AcquireFor(ctx, "l", 200*time.Millisecond)
	expect(t, "acquire for a time", err, held, true)
	wait(ctx, 300*time.Millisecond)
	held, _, err = a.Acquire(ctx, "l")
	expect(t, "acquire what has expired", err, held, true)
	released, err = b.Release(ctx, "l")
	expect(t, "release what has expired", err, released, false)
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
	c := up(t, target, cfg)
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
		wait(soon, pause)
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
	ready(t, target, c, cfg)
	value, _, err := at(t, target, old, cfg).Read(t.Context(), "k")
	expect(t, "read through the node that came back", err, value, 2)
}
