package mariadb

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	// patience is how long a single question to a node may take.
	patience = 2 * time.Second
	// pause is the time between two questions.
	pause = 100 * time.Millisecond
)

// Ready implements cluster.Target. A node is ready when it reads a table of ours, and, in
// Galera, is synced with a cluster that has all nodes.
func (Target) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	failed := make([]error, len(c.Nodes()))
	var all sync.WaitGroup
	for i, node := range c.Nodes() {
		all.Go(func() {
			if err := await(ctx, node, len(failed)); err != nil {
				failed[i] = fmt.Errorf("%s is not ready: %w", node.Name(), err)
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

func await(ctx context.Context, node cluster.Node, size int) error {
	for last := errors.New("nothing"); ; {
		err := ask(ctx, node, size)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w; last seen: %w", context.Cause(ctx), last)
		}
		last = err
		wait(ctx, pause)
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func ask(ctx context.Context, node cluster.Node, size int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c := &client{address: node.Addr(clientPort)}
	defer c.Close()
	if size > 1 {
		if err := c.synced(ctx, size); err != nil {
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
