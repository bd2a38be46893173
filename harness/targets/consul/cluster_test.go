package consul

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

func TestRealCluster(t *testing.T) {
	c := real.Up(t, New(), cluster.Config{})
	t.Run("data types", func(t *testing.T) { testDataTypes(t, c) })
	t.Run("locks", func(t *testing.T) { testLocks(t, c) })
	t.Run("a killed leader is replaced", func(t *testing.T) { testKilledLeader(t, c) })
}

func testDataTypes(t *testing.T, c cluster.Cluster) {
	n1, n2, n3 := at(t, c.Nodes()[0], "consistent"), at(t, c.Nodes()[1], "consistent"), at(t, c.Nodes()[2], "consistent")
	conform.Register(t, "k", n1, n2, n3)
	conform.Set(t, "s", n1, n2, n3)
}

func testLocks(t *testing.T, c cluster.Cluster) {
	conform.Locks(t, "l", true, at(t, c.Nodes()[0], "consistent"), at(t, c.Nodes()[1], "consistent"))
}

func testKilledLeader(t *testing.T, c cluster.Cluster) {
	conform.KilledLeader(t, New(), c, func(n cluster.Node) *client { return at(t, n, "consistent") })
}
