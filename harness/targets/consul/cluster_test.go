package consul

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
	"github.com/assaykit/assay/workloads"
)

// This test runs real servers in containers: where there is an engine and the image,
// or, by ASSAY_DOCKER=1, an engine is meant to be. The image is made by a command of
// its own, and its absence skips the test.

func up(t *testing.T) cluster.Cluster {
	t.Helper()
	e, err := docker.Connect(t.Context())
	if errors.Is(err, docker.ErrNoEngine) && os.Getenv("ASSAY_DOCKER") != "1" {
		t.Skipf("needs a Docker engine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	local := image(cluster.Config{}).Preferred[0]
	if _, err := e.ImageID(t.Context(), local); errors.Is(err, docker.ErrNoImage) {
		t.Skip("needs an image: .ci/images consul")
	}
	c, err := e.Start(t.Context(), cluster.Options{
		Run: "test-" + strings.ToLower(rand.Text()[:10]), Target: New(), Log: t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	ready(t, c)
	return c
}

func ready(t *testing.T, c cluster.Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := New().Ready(ctx, c, cluster.Config{}); err != nil {
		t.Fatal(err)
	}
}

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
	c := up(t)
	t.Run("data types", func(t *testing.T) { testDataTypes(t, c) })
	t.Run("locks", func(t *testing.T) { testLocks(t, c) })
	t.Run("a killed leader is replaced", func(t *testing.T) { testKilledLeader(t, c) })
}

func expect[T comparable](t *testing.T, what string, err error, got, want T) {
	t.Helper()
	if err != nil || got != want {
		t.Errorf("%s: got %v, %v, want %v", what, got, err, want)
	}
}

func testDataTypes(t *testing.T, c cluster.Cluster) {
	ctx := t.Context()
	n1, n2, n3 := at(t, c.Nodes()[0], "consistent"), at(t, c.Nodes()[1], "consistent"), at(t, c.Nodes()[2], "consistent")
	_, found, err := n1.Read(ctx, "k")
	expect(t, "read of a key never written", err, found, false)
	swapped, err := n1.CompareAndSet(ctx, "k", 0, 1)
	expect(t, "compare-and-set of a key never written", err, swapped, false)
	expect(t, "write", n1.Write(ctx, "k", -7), 0, 0)
	swapped, err = n2.CompareAndSet(ctx, "k", 7, 8)
	expect(t, "compare-and-set of another value", err, swapped, false)
	swapped, err = n2.CompareAndSet(ctx, "k", -7, 8)
	expect(t, "compare-and-set", err, swapped, true)
	value, _, err := n3.Read(ctx, "k")
	expect(t, "read", err, value, 8)

	all, err := n1.Elements(ctx, "s")
	expect(t, "an empty set", err, len(all), 0)
	for element := range 12 {
		expect(t, "add", n2.Add(ctx, "s", element), 0, 0)
	}
	expect(t, "add to another set", n2.Add(ctx, "s2", 99), 0, 0)
	all, err = n3.Elements(ctx, "s")
	slices.Sort(all)
	expect(t, "elements", err, slices.Equal(all, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}), true)
}

func testLocks(t *testing.T, c cluster.Cluster) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	n1, n2 := at(t, c.Nodes()[0], "consistent"), at(t, c.Nodes()[1], "consistent")
	held, first, err := n1.Acquire(ctx, "l")
	expect(t, "acquire", err, held, true)
	soon, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	held, _, err = n2.Acquire(soon, "l")
	expect(t, "acquire what is held", err, held, false)
	released, err := n2.Release(ctx, "l")
	expect(t, "release what another one holds", err, released, false)
	released, err = n1.Release(ctx, "l")
	expect(t, "release", err, released, true)
	held, second, err := n2.Acquire(ctx, "l")
	expect(t, "acquire what was released", err, held, true)
	if second <= first {
		t.Errorf("the tokens %d and then %d do not grow", first, second)
	}
}

func testKilledLeader(t *testing.T, c cluster.Cluster) {
	old := leader(t, c, nil)
	client := at(t, old, "consistent")
	expect(t, "write", client.Write(t.Context(), "k", 1), 0, 0)
	if err := old.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The first request may have been on its way; those after it find nobody.
	client.Write(t.Context(), "k", 2)
	if err := client.Write(t.Context(), "k", 3); !workloads.IsNoEffect(err) {
		t.Errorf("write to a killed server: %v", err)
	}
	if got := leader(t, c, old); got.Name() == old.Name() {
		t.Errorf("%s still leads", got.Name())
	}
	if err := old.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ready(t, c)
	value, _, err := at(t, old, "consistent").Read(t.Context(), "k")
	expect(t, "read from disk", err, value == 1 || value == 2, true)
}

// leader waits until exactly one node, not the one given, claims to lead.
func leader(t *testing.T, c cluster.Cluster, not cluster.Node) cluster.Node {
	t.Helper()
	for {
		names, err := New().Leaders(t.Context(), c, cluster.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range c.Nodes() {
			if n != not && slices.Equal(names, []string{n.Name()}) {
				return n
			}
		}
		wait(t.Context(), pause)
	}
}
