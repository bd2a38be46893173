package consul

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
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
	t.Run("locks", func(t *testing.T) { testLocks(t, c) })
	t.Run("a killed leader is replaced", func(t *testing.T) { testKilledLeader(t, c) })
}

func testDataTypes(t *testing.T, c cluster.Cluster) {
	ctx := t.Context()
	n1, n2, n3 := at(t, c.Nodes()[0], "consistent"), at(t, c.Nodes()[1], "consistent"), at(t, c.Nodes()[2], "consistent")
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
}

func testLocks(t *testing.T, c cluster.Cluster) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	n1, n2 := at(t, c.Nodes()[0], "consistent"), at(t, c.Nodes()[1], "consistent")
	held, first, err := n1.Acquire(ctx, "l")
	real.Expect(t, "acquire", err, held, true)
	soon, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	held, _, err = n2.Acquire(soon, "l")
	real.Expect(t, "acquire what is held", err, held, false)
	released, err := n2.Release(ctx, "l")
	real.Expect(t, "release what another one holds", err, released, false)
	released, err = n1.Release(ctx, "l")
	real.Expect(t, "release", err, released, true)
	held, second, err := n2.Acquire(ctx, "l")
	real.Expect(t, "acquire what was released", err, held, true)
	if second <= first {
		t.Errorf("the tokens %d and then %d do not grow", first, second)
	}
}

func testKilledLeader(t *testing.T, c cluster.Cluster) {
	old := real.Leader(t, New(), c, nil)
	client := at(t, old, "consistent")
	real.Expect(t, "write", client.Write(t.Context(), "k", 1), 0, 0)
	if err := old.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The first request may have been on its way; those after it find nobody.
	client.Write(t.Context(), "k", 2)
	if err := client.Write(t.Context(), "k", 3); !workloads.IsNoEffect(err) {
		t.Errorf("write to a killed server: %v", err)
	}
	if got := real.Leader(t, New(), c, old); got.Name() == old.Name() {
		t.Errorf("%s still leads", got.Name())
	}
	if err := old.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, New(), c, cluster.Config{})
	value, _, err := at(t, old, "consistent").Read(t.Context(), "k")
	real.Expect(t, "read from disk", err, value == 1 || value == 2, true)
}
