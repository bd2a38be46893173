package postgres

import (
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/conform"
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
	conforms(t, c.Nodes()[0], "extended")
	for level, skew := range map[string]bool{"read-committed": true, "repeatable-read": true, "serializable": false} {
		t.Run(level, func(t *testing.T) { testWriteSkew(t, c.Nodes()[0], level, skew) })
	}
	t.Run("a server that was killed comes back with its data", func(t *testing.T) { testKilled(t, c) })
}

// What a client says does not depend on the form in which it says so.
func TestOneServerThatIsSentTexts(t *testing.T) {
	conforms(t, up(t, 1).Nodes()[0], "simple")
}

func conforms(t *testing.T, n cluster.Node, protocol string) {
	for name, test := range map[string]func(*testing.T, dialer){
		"objects": testObjects, "lists": testLists, "a bank": testBank,
		"queues": testQueues, "messages": testMessages, "locks": testLocks,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, func(settings ...string) *client { return at(t, n, append(settings, "protocol="+protocol)...) })
		})
	}
}

// dialer makes clients of one server.
type dialer func(settings ...string) *client

func testObjects(t *testing.T, dial dialer) {
	a, b := dial(), dial()
	conform.Register(t, "k", a, b)
	conform.Set(t, "s", a, b)
	conform.Counter(t, "c", a, b)
	conform.Identifiers(t, a, b)
	conform.Ledger(t, 1, a, b)
	leads, term, err := a.Leads(t.Context())
	real.Expect(t, "leads", err, leads && term == 1, true)
}

func testLists(t *testing.T, dial dialer) { conform.Lists(t, dial("isolation=serializable")) }

func testBank(t *testing.T, dial dialer) { conform.Bank(t, dial()) }

func testQueues(t *testing.T, dial dialer) {
	for _, how := range []string{"exclusive", "skip-locked"} {
		conform.Queue(t, how, dial("receive="+how, "isolation=repeatable-read"), dial("receive="+how))
	}
}

func testMessages(t *testing.T, dial dialer) {
	a := dial()
	stale, _ := conform.Messages(t, "m", a, dial())
	if err := a.Acknowledge(t.Context(), "m", stale); !workloads.IsNoEffect(err) {
		t.Errorf("acknowledge with a ticket that ran out: %v", err)
	}
}

func testLocks(t *testing.T, dial dialer) {
	ctx, a, b := t.Context(), dial(), dial()
	conform.Locks(t, "l", true, a, b)
	held, first, err := a.Acquire(ctx, "l")
	real.Expect(t, "acquire", err, held, true)
	a.Close()
	released, err := a.Release(ctx, "l")
	real.Expect(t, "release what went with the connection", err, released, false)
	held, second, err := b.Acquire(ctx, "l")
	real.Expect(t, "acquire what was given up", err, held && second > first, true)
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
	conform.Killed(t, New(), c, at(t, c.Nodes()[0]))
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
