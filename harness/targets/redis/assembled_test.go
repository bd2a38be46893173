package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
	"github.com/assaykit/assay/harness/targets/internal/real"
)

func TestRealRedisCluster(t *testing.T) {
	target, cfg := New(), with("mode=cluster", "wait=1")
	cfg.Nodes = 6
	c := real.Up(t, target, cfg)
	a, b := at(t, target, c.Nodes()[0], cfg), at(t, target, c.Nodes()[5], cfg)
	t.Run("register, set, queue, counter, identifiers", func(t *testing.T) { testObjects(t, a, b) })
	t.Run("log and messages", func(t *testing.T) { testStreams(t, a, b) })
	t.Run("locks", func(t *testing.T) { testLocks(t, a, b) })
	t.Run("transactions", func(t *testing.T) { testTransactions(t, a, b) })
	t.Run("masters have keys each", func(t *testing.T) { testKeysAreDivided(t, target, c, cfg) })
	t.Run("a key that is given away", func(t *testing.T) { testMigration(t, c, a, b) })
	t.Run("a killed master is replaced", func(t *testing.T) { testFailover(t, target, c, cfg) })
}

func testKeysAreDivided(t *testing.T, target Target, c cluster.Cluster, cfg cluster.Config) {
	masters, err := target.Leaders(t.Context(), c, cfg)
	if err != nil || len(masters) != 3 {
		t.Fatalf("masters are %v, %v", masters, err)
	}
	client := at(t, target, c.Nodes()[3], cfg)
	for i := range 30 {
		real.Expect(t, "write", client.Write(t.Context(), fmt.Sprint(i), i), 0, 0)
	}
	for _, name := range masters {
		keys, err := to(t, c, name).DBSize(t.Context()).Result()
		real.Expect(t, "some of 30 keys are on "+name, err, keys > 0 && keys < 30, true)
	}
}

// to is a connection to a server.
func to(t *testing.T, c cluster.Cluster, name string) *redis.Client {
	link := redis.NewClient(options(called(c, name).Addr(clientPort)))
	t.Cleanup(func() { link.Close() })
	return link
}

func called(c cluster.Cluster, name string) cluster.Node {
	return c.Nodes()[slices.IndexFunc(c.Nodes(), func(n cluster.Node) bool { return n.Name() == name })]
}

// owner is the node that has a key.
func owner(t *testing.T, c *client, key string) string {
	t.Helper()
	if _, err := c.Count(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if name, moved := c.owners["counter:"+key]; moved {
		return name
	}
	return c.node
}

// While a server gives a slot away, it sends clients on for this once only.
func testMigration(t *testing.T, c cluster.Cluster, a, b *client) {
	ctx := t.Context()
	from := owner(t, a, "migrates")
	next := owner(t, a, "elsewhere")
	for i := 0; next == from; i++ {
		next = owner(t, a, fmt.Sprint("elsewhere", i))
	}
	slot, err := to(t, c, from).ClusterKeySlot(ctx, "counter:migrates").Result()
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, words ...any) {
		t.Helper()
		if err := to(t, c, name).Do(ctx, append([]any{"CLUSTER", "SETSLOT", slot}, words...)...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	number := func(name string) string { return to(t, c, name).Do(ctx, "CLUSTER", "MYID").Val().(string) }
	set(next, "IMPORTING", number(from))
	set(from, "MIGRATING", number(next))
	real.Expect(t, "increment", a.Increment(ctx, "migrates", 7), 0, 0)
	real.Expect(t, "owner after it", nil, owner(t, a, "migrates"), from)
	count, err := b.Count(ctx, "migrates")
	real.Expect(t, "count", err, count, 7)
	keys, err := to(t, c, next).ClusterCountKeysInSlot(ctx, int(slot)).Result()
	real.Expect(t, "keys where the slot goes", err, keys, 1)
	for _, name := range []string{next, from} {
		set(name, "NODE", number(next))
	}
	real.Expect(t, "increment", a.Increment(ctx, "migrates", 1), 0, 0)
	real.Expect(t, "owner in the end", nil, owner(t, a, "migrates"), next)
}

func testFailover(t *testing.T, target Target, c cluster.Cluster, cfg cluster.Config) {
	ctx := t.Context()
	old := called(c, owner(t, at(t, target, c.Nodes()[0], cfg), "failover"))
	other := at(t, target, c.Nodes()[slices.IndexFunc(c.Nodes(), func(n cluster.Node) bool { return n != old })], cfg)
	real.Expect(t, "increment", other.Increment(ctx, "failover", 1), 0, 0)
	if err := old.Kill(ctx); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	err := errors.New("not asked yet")
	for count := 0; err != nil && soon.Err() == nil; nodes.Wait(soon, nodes.Pause) {
		once, cancel := context.WithTimeout(soon, time.Second)
		if count, err = other.Count(once, "failover"); err == nil && count != 1 {
			t.Errorf("the replica has counted %d", count)
		}
		cancel()
	}
	if err != nil {
		t.Errorf("nobody took the master's place: %v", err)
	}
	if err := old.Start(ctx); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, target, c, cfg)
	if masters, err := target.Leaders(ctx, c, cfg); err != nil || len(masters) != 3 || slices.Contains(masters, old.Name()) {
		t.Errorf("masters are %v, %v, and %s was one before", masters, err, old.Name())
	}
	count, err := at(t, target, old, cfg).Count(ctx, "failover")
	real.Expect(t, "count through the node that came back", err, count, 1)
}
