package consul

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/assaykit/assay/harness/cluster"
)

// patience is how long a single question to a node may take.
const patience = 2 * time.Second

// Ready implements cluster.Target. A server is ready when a write through it is done and
// a consistent read finds it: then it reaches a leader who reaches a majority, and all
// have joined.
func (Target) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	return each(c, func(_ int, node cluster.Node) error {
		if err := awaitWrite(ctx, node, len(c.Nodes())); err != nil {
			return fmt.Errorf("%s is not ready: %w", node.Name(), err)
		}
		return nil
	})
}

func awaitWrite(ctx context.Context, node cluster.Node, servers int) error {
	c, err := dial(node)
	if err != nil {
		return err
	}
	defer c.Close()
	for last := errors.New("nothing"); ; {
		err := c.works(ctx, node.Name(), servers)
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

func (c *client) works(ctx context.Context, name string, servers int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	peers, err := c.remote.Status().PeersWithQueryOptions((&api.QueryOptions{}).WithContext(ctx))
	if err != nil {
		return err
	}
	if len(peers) < servers {
		return fmt.Errorf("%d of %d servers have joined", len(peers), servers)
	}
	key := "ready/" + name
	if _, err := c.remote.KV().Put(&api.KVPair{Key: key}, writing(ctx)); err != nil {
		return err
	}
	pair, _, err := c.remote.KV().Get(key, latest(ctx))
	if err == nil && pair == nil {
		err = errors.New("what was just written is not there")
	}
	return err
}

// Leaders implements cluster.Leaders. Each server is asked whom it takes for the leader;
// one leads that takes itself for it. One that does not answer does not lead.
func (Target) Leaders(ctx context.Context, c cluster.Cluster, _ cluster.Config) ([]string, error) {
	claims := make([]bool, len(c.Nodes()))
	err := each(c, func(i int, node cluster.Node) (err error) {
		claims[i], err = leads(ctx, node)
		return err
	})
	var names []string
	for i, node := range c.Nodes() {
		if claims[i] {
			names = append(names, node.Name())
		}
	}
	return names, err
}

func leads(ctx context.Context, node cluster.Node) (bool, error) {
	c, err := dial(node)
	if err != nil {
		return false, err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	self, err := c.address(ctx)
	if err != nil {
		return false, nil
	}
	leader, err := c.remote.Status().LeaderWithQueryOptions((&api.QueryOptions{AllowStale: true}).WithContext(ctx))
	host, _, _ := net.SplitHostPort(leader)
	return err == nil && host == self, nil
}

// address is that under which the other servers know this one.
func (c *client) address(ctx context.Context) (string, error) {
	var self struct{ Member struct{ Addr string } }
	_, err := c.remote.Raw().Query("/v1/agent/self", &self, (&api.QueryOptions{}).WithContext(ctx))
	return self.Member.Addr, err
}

// each runs f for all nodes at once.
func each(c cluster.Cluster, f func(int, cluster.Node) error) error {
	var all sync.WaitGroup
	failed := make([]error, len(c.Nodes()))
	for i, node := range c.Nodes() {
		all.Go(func() { failed[i] = f(i, node) })
	}
	all.Wait()
	return errors.Join(failed...)
}
