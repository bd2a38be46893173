package etcd

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
	"github.com/assaykit/assay/harness/targets/internal/real"
	"github.com/assaykit/assay/workloads"
)

func at(t *testing.T, n cluster.Node, reads string) *client {
	t.Helper()
	c, err := New().Dial(t.Context(), n, cluster.Config{Settings: map[string]string{"reads": reads}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*client)
}

func TestRealCluster(t *testing.T) {
	c := real.Up(t, New(), cluster.Config{})
	t.Run("data types", func(t *testing.T) { testDataTypes(t, c) })
	t.Run("transactions", func(t *testing.T) { testTransactions(t, c) })
	t.Run("transactions in conflict", func(t *testing.T) { testConflicts(t, c) })
	t.Run("bank", func(t *testing.T) { testBank(t, c) })
	t.Run("versions and watchers", func(t *testing.T) { testVersions(t, c) })
	t.Run("locks", func(t *testing.T) { testLocks(t, c) })
	t.Run("leases", func(t *testing.T) { testLeases(t, c) })
	t.Run("a killed leader is replaced", func(t *testing.T) { testKilledLeader(t, c) })
	t.Run("a serializable read is stale behind a partition", func(t *testing.T) { testStaleRead(t, c) })
}

func testDataTypes(t *testing.T, c cluster.Cluster) {
	n1, n2, n3 := at(t, c.Nodes()[0], "linearizable"), at(t, c.Nodes()[1], "linearizable"), at(t, c.Nodes()[2], "linearizable")
	ctx := t.Context()

	_, found, err := n1.Read(ctx, "k")
	real.Expect(t, "read of a key never written", err, found, false)
	swapped, err := n1.CompareAndSet(ctx, "k", 0, 1)
	real.Expect(t, "compare-and-set of a key never written", err, swapped, false)
	real.Expect(t, "write", n1.Write(ctx, "k", -7), 0, 0)
	swapped, err = n2.CompareAndSet(ctx, "k", 7, 8)
	real.Expect(t, "compare-and-set of another value", err, swapped, false)
	swapped, err = n2.CompareAndSet(ctx, "k", -7, 8)
	real.Expect(t, "compare-and-set", err, swapped, true)
	value, _, err := n3.Read(ctx, "k")
	real.Expect(t, "read", err, value, 8)

	all, err := n1.Elements(ctx, "s")
	real.Expect(t, "an empty set", err, len(all), 0)
	for element := range 12 {
		real.Expect(t, "add", n2.Add(ctx, "s", element), 0, 0)
	}
	real.Expect(t, "add to another set", n2.Add(ctx, "s2", 99), 0, 0)
	all, err = n3.Elements(ctx, "s")
	slices.Sort(all)
	real.Expect(t, "elements", err, slices.Equal(all, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}), true)

	for value := range 12 {
		real.Expect(t, "send", []*client{n1, n2, n3}[value%3].Send(ctx, "q", value), 0, 0)
	}
	for want := range 12 {
		value, _, err := n3.Receive(ctx, "q")
		real.Expect(t, "receive", err, value, want)
	}
	_, found, err = n1.Receive(ctx, "q")
	real.Expect(t, "receive from an empty queue", err, found, false)
}

func testKilledLeader(t *testing.T, c cluster.Cluster) {
	old := real.Leader(t, New(), c, nil)
	client := at(t, old, "linearizable")
	if err := client.Write(t.Context(), "k", 1); err != nil {
		t.Fatal(err)
	}
	if err := old.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The connection may break while the first request is on its way; those
	// after it find nobody.
	client.Write(t.Context(), "k", 2)
	if err := client.Write(t.Context(), "k", 3); !workloads.IsNoEffect(err) {
		t.Errorf("write to a killed node: %v", err)
	}
	if got := real.Leader(t, New(), c, old); got.Name() == old.Name() {
		t.Errorf("%s still leads", got.Name())
	}
	if err := old.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, New(), c, cluster.Config{})
	for writeSoon(t, client) != nil { // the same client finds it again
		nodes.Wait(t.Context(), nodes.Pause)
	}
}

// writeSoon gives up after a second: a member that has just come back may lose a
// proposal on its way to the leader, and then says so only after seven.
func writeSoon(t *testing.T, c *client) error {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	return c.Write(ctx, "k", 4)
}

func testStaleRead(t *testing.T, c cluster.Cluster) {
	network, ok := c.(cluster.Network)
	if err := c.Capabilities().Supports(cluster.CanPartition); !ok || err != nil {
		t.Fatalf("no partitions here: %v", err)
	}
	leads := real.Leader(t, New(), c, nil)
	away := c.Nodes()[0]
	if away == leads {
		away = c.Nodes()[1]
	}
	writer := at(t, leads, "linearizable")
	if err := writer.Write(t.Context(), "stale", 1); err != nil {
		t.Fatal(err)
	}
	// A linearizable read there makes sure that it has the value.
	if v, _, err := at(t, away, "linearizable").Read(t.Context(), "stale"); err != nil || v != 1 {
		t.Fatalf("got %d, %v", v, err)
	}
	if err := network.SetRules(t.Context(), isolate(c, away)); err != nil {
		t.Fatal(err)
	}
	if err := writer.Write(t.Context(), "stale", 2); err != nil {
		t.Fatal(err)
	}

	v, _, err := at(t, away, "serializable").Read(t.Context(), "stale")
	real.Expect(t, "serializable read", err, v, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if v, _, err := at(t, away, "linearizable").Read(ctx, "stale"); err == nil {
		t.Errorf("linearizable read without a majority: %d", v)
	}
	if err := network.SetRules(t.Context(), cluster.Rules{}); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, New(), c, cluster.Config{})
	v, _, err = at(t, away, "linearizable").Read(t.Context(), "stale")
	real.Expect(t, "linearizable read once healed", err, v, 2)
}

func isolate(c cluster.Cluster, away cluster.Node) cluster.Rules {
	drop := map[cluster.Link]bool{}
	for _, n := range c.Nodes() {
		if n != away {
			drop[cluster.Link{From: n.Name(), To: away.Name()}] = true
			drop[cluster.Link{From: away.Name(), To: n.Name()}] = true
		}
	}
	return cluster.Rules{Drop: drop}
}
