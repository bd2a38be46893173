package nats

import (
	"context"
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

// The configuration of servers that sync always goes another way than the default one,
// which the runs of the catalogue take.
func TestRealCluster(t *testing.T) {
	target, cfg := New(), with("sync=always")
	c := real.Up(t, target, cfg)
	a, b := at(t, target, c.Nodes()[0], cfg), at(t, target, c.Nodes()[1], cfg)
	placed(t, c.Nodes()[0], a)
	t.Run("register", func(t *testing.T) { conform.Register(t, "k", a, b) })
	t.Run("versions", func(t *testing.T) { testVersions(t, a, b) })
	t.Run("set and log", func(t *testing.T) { testSetAndLog(t, a, b) })
	t.Run("messages", func(t *testing.T) { testMessages(t, a, b) })
	t.Run("a killed leader is replaced", func(t *testing.T) { testKilledLeader(t, target, c, cfg) })
}

// placed makes the streams, which are made when they are first asked for: on a busy machine
// a leader may miss a follower for a moment, and then places none.
func placed(t *testing.T, node cluster.Node, c *client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, name := range []string{registerStream, versionsStream, setStream, logStream, jobsStream} {
		err := nodes.Await(ctx, node, patience, func(ctx context.Context) error {
			_, err := c.stream(ctx, name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func testVersions(t *testing.T, a, b *client) {
	ctx := t.Context()
	_, version, err := a.Get(ctx, "v")
	real.Expect(t, "version of a key never written", err, version, 0)
	first, put, err := a.PutIf(ctx, "v", 1, 0)
	real.Expect(t, "put if it is not there", err, put, true)
	_, put, err = b.PutIf(ctx, "v", 2, 0)
	real.Expect(t, "put if it is not there, and it is", err, put, false)
	second, err := b.Put(ctx, "v", 3)
	real.Expect(t, "put", err, second > first, true)
	_, put, err = a.PutIf(ctx, "v", 4, first)
	real.Expect(t, "put if it has an old version", err, put, false)
	third, put, err := a.PutIf(ctx, "v", 5, second)
	real.Expect(t, "put if it has its version", err, put && third > second, true)
	deleted, err := b.Delete(ctx, "v")
	real.Expect(t, "delete", err, deleted > third, true)
	_, version, err = a.Get(ctx, "v")
	real.Expect(t, "version of a deleted key", err, version, 0)
	again, err := a.Delete(ctx, "v")
	real.Expect(t, "delete what is not there", err, again, 0)
	_, put, err = a.PutIf(ctx, "v", 6, deleted)
	real.Expect(t, "put if it has the version of its deletion", err, put, false)
	fourth, put, err := a.PutIf(ctx, "v", 7, 0)
	real.Expect(t, "put if it was deleted", err, put && fourth > deleted, true)
	value, version, err := b.Get(ctx, "v")
	real.Expect(t, "get", err, value == 7 && version == fourth, true)
}

func testSetAndLog(t *testing.T, a, b *client) {
	conform.Set(t, "s", a, b)
	conform.Log(t, "p", a, b)
}

func testMessages(t *testing.T, a, b *client) {
	conform.Messages(t, "q", a, b)
	nodes.Wait(t.Context(), redeliverAfter+500*time.Millisecond)
	_, found, err := a.Take(t.Context(), "q")
	real.Expect(t, "take what was acknowledged", err, found, false)
}

func testKilledLeader(t *testing.T, target Target, c cluster.Cluster, cfg cluster.Config) {
	names, err := target.Leaders(t.Context(), c, cfg)
	if err != nil || len(names) == 0 {
		t.Fatalf("leaders are %v, %v", names, err)
	}
	i := slices.IndexFunc(c.Nodes(), func(n cluster.Node) bool { return n.Name() == names[0] })
	old := c.Nodes()[i]
	client := at(t, target, old, cfg)
	if err := client.Write(t.Context(), "k", 1); err != nil {
		t.Fatal(err)
	}
	if err := old.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The connection may break while the first request is on its way; those after it
	// find nobody.
	client.Write(t.Context(), "k", 2)
	if err := client.Write(t.Context(), "k", 3); !workloads.IsNoEffect(err) {
		t.Errorf("write to a killed node: %v", err)
	}
	if err := old.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, target, c, cfg)
	if err := client.Write(t.Context(), "k", 4); err != nil {
		t.Errorf("write through a node that came back: %v", err)
	}
}
