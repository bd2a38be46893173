package etcd

import (
	"context"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/conform"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
	"github.com/assaykit/assay/harness/targets/internal/real"
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
	conform.Register(t, "k", n1, n2, n3)
	conform.Set(t, "s", n1, n2, n3)
	conform.Queue(t, "q", n1, n2, n3)
}

func testKilledLeader(t *testing.T, c cluster.Cluster) {
	client := conform.KilledLeader(t, New(), c, func(n cluster.Node) *client { return at(t, n, "linearizable") })
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
