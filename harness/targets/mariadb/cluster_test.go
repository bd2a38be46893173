package mariadb

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/conform"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
	"github.com/assaykit/assay/harness/targets/internal/real"
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
	n := c.Nodes()[0]
	t.Run("objects", func(t *testing.T) { testObjects(t, n, "k", 1) })
	t.Run("objects over compressed connections", func(t *testing.T) { testObjects(t, n, "z", 1001, "compression=on") })
	t.Run("lists", func(t *testing.T) { conform.Lists(t, at(t, n)) })
	t.Run("a bank", func(t *testing.T) { conform.Bank(t, at(t, n)) })
	t.Run("repeatable read loses updates", func(t *testing.T) { testLostUpdate(t, n) })
	t.Run("a server that was killed comes back with its data", func(t *testing.T) { testKilled(t, c) })
}

// testObjects uses objects of that name, which were never written, and orders from that
// number on.
func testObjects(t *testing.T, n cluster.Node, name string, order int, settings ...string) {
	a, b := at(t, n, settings...), at(t, n, settings...)
	conform.Register(t, name, a, b)
	conform.Set(t, name, a, b)
	conform.Counter(t, name, a, b)
	conform.Identifiers(t, a, b)
	conform.Ledger(t, order, a, b)
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
	conform.Killed(t, New(), c, at(t, c.Nodes()[0]))
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
