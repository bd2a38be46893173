package consul

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
)

// patience is how long a single question to a node may take.
const patience = 2 * time.Second

// Ready implements cluster.Target. A server is ready when a write through it is done and
// a consistent read finds it: then it reaches a leader who reaches a majority, and all
// have joined. And it has to have applied that write itself, and so all before it: one
// that was away may have to catch up, while the leader does what it is asked.
func (Target) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	return nodes.Each(c, func(_ int, node cluster.Node) error {
		client, err := dial(node)
		if err != nil {
			return err
		}
		defer client.Close()
		return nodes.Await(ctx, node, patience, func(ctx context.Context) error {
			return client.works(ctx, node.Name(), len(c.Nodes()))
		})
	})
}

func (c *client) works(ctx context.Context, name string, servers int) error {
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
	switch {
	case err != nil:
		return err
	case pair == nil:
		return errors.New("what was just written is not there")
	}
	return c.applied(ctx, pair)
}

// applied waits until the server itself has a write, or a later one of the same key.
func (c *client) applied(ctx context.Context, written *api.KVPair) error {
	for {
		pair, _, err := c.remote.KV().Get(written.Key, (&api.QueryOptions{AllowStale: true}).WithContext(ctx))
		switch {
		case err != nil:
			return fmt.Errorf("has not applied what was just written: %w", err)
		case pair != nil && pair.ModifyIndex >= written.ModifyIndex:
			return nil
		}
		nodes.Wait(ctx, nodes.Pause)
	}
}

// Leaders implements cluster.Leaders. Each server is asked whom it takes for the leader;
// one leads that takes itself for it.
func (Target) Leaders(ctx context.Context, c cluster.Cluster, _ cluster.Config) ([]string, error) {
	return nodes.Leaders(ctx, c, leads), nil
}

func leads(ctx context.Context, node cluster.Node) (bool, error) {
	c, err := dial(node)
	if err != nil {
		return false, err
	}
	defer c.Close()
	self, err := c.address(ctx)
	if err != nil {
		return false, err
	}
	leader, err := c.remote.Status().LeaderWithQueryOptions((&api.QueryOptions{AllowStale: true}).WithContext(ctx))
	host, _, _ := net.SplitHostPort(leader)
	return host == self, err
}

// address is that under which the other servers know this one.
func (c *client) address(ctx context.Context) (string, error) {
	var self struct{ Member struct{ Addr string } }
	_, err := c.remote.Raw().Query("/v1/agent/self", &self, (&api.QueryOptions{}).WithContext(ctx))
	return self.Member.Addr, err
}
