package mariadb

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
)

// patience is how long a single question to a node may take.
const patience = 2 * time.Second

// Ready implements cluster.Target. A node is ready when it reads a table of ours, and, in
// Galera, is synced with a cluster that has all nodes, and has applied whatever any of
// them had committed before it was asked. That it is synced does not say so: there may be
// some dozens of transactions in its queue, and a node that was paused goes on to say what
// it knew before.
func (Target) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	return nodes.Each(c, func(_ int, node cluster.Node) error {
		return nodes.Await(ctx, node, patience, func(ctx context.Context) error { return ask(ctx, node, len(c.Nodes())) })
	})
}

func ask(ctx context.Context, node cluster.Node, size int) error {
	c := &client{address: node.Addr(clientPort)}
	defer c.Close()
	if size > 1 {
		if err := c.synced(ctx, size); err != nil {
			return err
		}
		if err := c.causal(ctx); err != nil {
			return err
		}
	}
	var n int
	_, err := c.look(ctx, &n, "select count(*) from registers where name = ''")
	return err
}

// synced returns nil if the node is synced with a cluster of that size.
func (c *client) synced(ctx context.Context, size int) error {
	for name, want := range map[string]string{"wsrep_local_state_comment": "Synced", "wsrep_cluster_size": strconv.Itoa(size)} {
		var got string
		_, err := c.look(ctx, &got, "select variable_value from information_schema.global_status where variable_name = ?", name)
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	return nil
}

// causal makes the next reads over this connection wait until the node has applied what
// the cluster had committed before them. One that is not in touch with a majority cannot
// answer them.
func (c *client) causal(ctx context.Context) error {
	_, err := c.execute(ctx, "set session wsrep_sync_wait = 1")
	return err
}
