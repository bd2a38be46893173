package zookeeper

import (
	"testing"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/conform"
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

func TestRealEnsemble(t *testing.T) {
	c := real.Up(t, New(), cluster.Config{})
	t.Run("data types", func(t *testing.T) { testDataTypes(t, c) })
	t.Run("locks", func(t *testing.T) { testLocks(t, c) })
	t.Run("a killed leader is replaced", func(t *testing.T) { testKilledLeader(t, c) })
}

func testDataTypes(t *testing.T, c cluster.Cluster) {
	for _, reads := range []string{"sync", "write"} {
		n1, n2, n3 := at(t, c.Nodes()[0], reads), at(t, c.Nodes()[1], reads), at(t, c.Nodes()[2], reads)
		conform.Register(t, "k"+reads, n1, n2, n3)
		conform.Set(t, reads, n1, n2, n3)
		conform.Identifiers(t, n1, n2, n3)
	}
}

func testLocks(t *testing.T, c cluster.Cluster) {
	n1, n2 := at(t, c.Nodes()[0], "sync"), at(t, c.Nodes()[1], "sync")
	conform.Locks(t, "l", true, n1, n2)
	held, _, err := n2.Acquire(t.Context(), "l")
	real.Expect(t, "acquire", err, held, true)
	n2.Close() // and the lock goes with the session
	held, _, err = n1.Acquire(t.Context(), "l")
	real.Expect(t, "acquire what went with its session", err, held, true)
}

func testKilledLeader(t *testing.T, c cluster.Cluster) {
	leads, term, err := at(t, real.Leader(t, New(), c, nil), "sync").Leads(t.Context())
	real.Expect(t, "leads", err, leads && term > 0, true)
	conform.KilledLeader(t, New(), c, func(n cluster.Node) *client { return at(t, n, "sync") })
}
