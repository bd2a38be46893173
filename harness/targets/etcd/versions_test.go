package etcd

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
	"github.com/assaykit/assay/harness/targets/internal/real"
	"github.com/assaykit/assay/workloads"
)

func testVersions(t *testing.T, c cluster.Cluster) {
	ctx := t.Context()
	n1, n2 := at(t, c.Nodes()[0], "linearizable"), at(t, c.Nodes()[1], "linearizable")
	_, version, err := n1.Get(ctx, "w/a")
	real.Expect(t, "get of nothing", err, version, 0)
	version, err = n1.Delete(ctx, "w/a")
	real.Expect(t, "delete of nothing", err, version, 0)
	_, put, err := n1.PutIf(ctx, "w/a", 1, 7)
	real.Expect(t, "put if another version", err, put, false)

	first, put, err := n1.PutIf(ctx, "w/a", 1, 0)
	real.Expect(t, "put if not there", err, put && first > 0, true)
	second, err := n2.Put(ctx, "w/a", -2)
	real.Expect(t, "put", err, second > first, true)
	value, version, err := n1.Get(ctx, "w/a")
	real.Expect(t, "get", err, value == -2 && version == second, true)
	third, put, err := n2.PutIf(ctx, "w/b", 3, 0)
	real.Expect(t, "put of another key", err, put && third > second, true)
	fourth, err := n1.Delete(ctx, "w/a")
	real.Expect(t, "delete", err, fourth > third, true)
	if _, err := n1.Put(ctx, "elsewhere", 9); err != nil {
		t.Error(err)
	}

	all := []workloads.Change{
		{Key: "w/a", Value: 1, Version: first},
		{Key: "w/a", Value: -2, Version: second},
		{Key: "w/b", Value: 3, Version: third},
		{Key: "w/a", Version: fourth, Deleted: true},
	}
	for after, want := range map[int64][]workloads.Change{0: all, first: all[1:], third: all[3:], fourth: nil} {
		got, upto, err := n2.Changes(ctx, "w/", after)
		if err != nil || !reflect.DeepEqual(got, want) || upto < fourth {
			t.Errorf("changes after %d: %v up to %d, %v, want %v", after, got, upto, err, want)
		}
	}
	got, upto, err := n1.Changes(ctx, "w/", 0)
	if err != nil || len(got) != 4 {
		t.Fatalf("got %v, %v", got, err)
	}
	if more, again, err := n1.Changes(ctx, "w/", upto); err != nil || len(more) > 0 || again < upto {
		t.Errorf("changes after all: %v up to %d, %v", more, again, err)
	}
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if _, _, err := n1.Changes(short, "w/", 1<<40); !workloads.IsNoEffect(err) {
		t.Errorf("changes after a version that is yet to come: %v", err)
	}
}

func testLocks(t *testing.T, c cluster.Cluster) {
	ctx := t.Context()
	n1, n2 := at(t, c.Nodes()[0], "linearizable"), at(t, c.Nodes()[1], "linearizable")
	released, err := n1.Release(ctx, "l")
	real.Expect(t, "release of what is not held", err, released, false)
	held, first, err := n1.Acquire(ctx, "l")
	real.Expect(t, "acquire", err, held && first > 0, true)
	held, _, err = n2.Acquire(ctx, "l")
	real.Expect(t, "acquire of what another one holds", err, held, false)
	held, _, err = n2.Acquire(ctx, "l2")
	real.Expect(t, "acquire another one", err, held, true)
	released, err = n1.Release(ctx, "l")
	real.Expect(t, "release", err, released, true)
	held, second, err := n2.Acquire(ctx, "l")
	real.Expect(t, "acquire what was released", err, held && second > first, true)

	// Somebody takes the lock away behind its holder's back.
	if _, err := n1.remote.Revoke(ctx, n2.locks.session.Load().Lease()); err != nil {
		t.Fatal(err)
	}
	released, err = n2.Release(ctx, "l")
	real.Expect(t, "release of what was lost", err, released, false)
	held, third, err := n1.Acquire(ctx, "l")
	real.Expect(t, "acquire what was lost", err, held && third > second, true)
	<-n2.locks.session.Load().Done()
	held, _, err = n2.Acquire(ctx, "l2")
	real.Expect(t, "acquire with another session", err, held, true)
}

// A holder that is gone keeps a lock until its time to live is over.
func testLeases(t *testing.T, c cluster.Cluster) {
	ctx := t.Context()
	n1, n2 := at(t, c.Nodes()[0], "linearizable"), at(t, c.Nodes()[1], "linearizable")
	held, first, err := n1.AcquireFor(ctx, "l", 2*time.Second)
	real.Expect(t, "acquire", err, held && first > 0, true)
	began := time.Now()
	held, _, err = n2.AcquireFor(ctx, "l", time.Minute)
	real.Expect(t, "acquire of what another one holds", err, held, false)
	for !held {
		if held, _, err = n2.AcquireFor(ctx, "l", time.Minute); err != nil {
			t.Fatal(err)
		}
		nodes.Wait(ctx, nodes.Pause)
	}
	if lasted := time.Since(began); lasted < 1900*time.Millisecond || lasted > 10*time.Second {
		t.Errorf("the lease lasted %v", lasted)
	}
	released, err := n1.Release(ctx, "l")
	real.Expect(t, "release of what has lapsed", err, released, false)
	released, err = n2.Release(ctx, "l")
	real.Expect(t, "release", err, released, true)
	held, second, err := n1.AcquireFor(ctx, "l", time.Second)
	real.Expect(t, "acquire what was released", err, held && second > first, true)
}
