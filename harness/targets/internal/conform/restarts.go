package conform

import (
	"testing"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/real"
	"github.com/assaykit/assay/workloads"
)

// Killed takes a system of one node and a client of it. What was written is there after
// the node was killed, and in between the client says that nothing happens.
func Killed[C workloads.Register](t *testing.T, target cluster.Target, c cluster.Cluster, client C) {
	t.Helper()
	restart(t, target, c, c.Nodes()[0], client)
	value, _, err := client.Read(t.Context(), "killed")
	real.Expect(t, "read", err, value, 1)
}

// Led is a target that knows who leads.
type Led interface {
	cluster.Target
	cluster.Leaders
}

// KilledLeader kills who leads, waits until somebody else does, and starts it again. It
// returns a client that was connected all the time.
func KilledLeader[C workloads.Register](t *testing.T, target Led, c cluster.Cluster, dial func(cluster.Node) C) C {
	t.Helper()
	old := real.Leader(t, target, c, nil)
	client := dial(old)
	restart(t, target, c, old, client, func() {
		if now := real.Leader(t, target, c, old); now.Name() == old.Name() {
			t.Errorf("%s still leads", now.Name())
		}
	})
	value, _, err := dial(old).Read(t.Context(), "killed")
	real.Expect(t, "read at the node that came back", err, value, 1)
	return client
}

// restart writes, kills the node, does what is to be done meanwhile, starts the node and
// waits until the system is ready.
func restart(t *testing.T, target cluster.Target, c cluster.Cluster, n cluster.Node, client workloads.Register, meanwhile ...func()) {
	t.Helper()
	ctx := t.Context()
	real.Expect(t, "write", client.Write(ctx, "killed", 1), 0, 0)
	if err := n.Kill(ctx); err != nil {
		t.Fatal(err)
	}
	// The connection may break while the first request is on its way; the next one finds
	// nobody.
	_ = client.Write(ctx, "killed", 1)
	if err := client.Write(ctx, "killed", 2); !workloads.IsNoEffect(err) {
		t.Errorf("write to a killed node: %v", err)
	}
	for _, do := range meanwhile {
		do()
	}
	if err := n.Start(ctx); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, target, c, cluster.Config{})
}
