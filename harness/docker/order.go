package docker

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"
)

// healing is how long a node may take to be healthy when others wait for it.
const healing = 2 * time.Minute

// createAll makes all nodes, those at the same time that do not need each other.
func (c *Cluster) createAll(ctx context.Context, hosts map[string]netip.Addr) error {
	there := map[string]chan struct{}{}
	for _, n := range c.nodes {
		there[n.spec.Name] = make(chan struct{})
	}
	all, ctx := errgroup.WithContext(ctx)
	for _, n := range c.nodes {
		all.Go(func() error {
			if err := c.awaitOthers(ctx, n, there); err != nil {
				return err
			}
			defer close(there[n.spec.Name]) // after a failure the context has ended
			return n.create(ctx, hosts)
		})
	}
	return all.Wait()
}

// awaitOthers waits for the nodes that a node needs. That they do not wait for each
// other in a circle its target has to see to.
func (c *Cluster) awaitOthers(ctx context.Context, n *Node, there map[string]chan struct{}) error {
	for _, d := range n.spec.Container.After {
		select {
		case <-there[d.Node]:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if !d.Healthy {
			continue
		}
		if err := c.awaitHealth(ctx, d.Node); err != nil {
			return fmt.Errorf("start %s: it needs %s, which did not become healthy: %w", n.spec.Name, d.Node, err)
		}
	}
	return nil
}

func (c *Cluster) awaitHealth(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, healing)
	defer cancel()
	for _, n := range c.nodes {
		if n.spec.Name == name {
			return eventually(ctx, func() (bool, error) {
				err := n.Healthy(ctx)
				return err == nil, err
			})
		}
	}
	return fmt.Errorf("%s is not a node of this cluster", name)
}
