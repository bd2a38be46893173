package docker

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/assaykit/assay/harness/cluster"
)

var _ cluster.Replacer = (*Cluster)(nil)

// Replace implements cluster.Replacer: another container takes the name, the address
// and the ports of the node's, with an empty volume. What the old one had printed is
// kept.
func (c *Cluster) Replace(ctx context.Context, node string, arguments func(first []string) []string) error {
	i := slices.IndexFunc(c.nodes, func(n *Node) bool { return n.spec.Name == node })
	if i < 0 {
		return fmt.Errorf("replace %q: not a node of this cluster", node)
	}
	n := c.nodes[i]
	if err := n.vacate(ctx); err != nil {
		return fmt.Errorf("replace %s: %w", node, err)
	}
	first := n.spec.Args
	n.spec.Args = arguments(slices.Clone(first))
	err := n.make(ctx, c.hosts())
	n.spec.Args = first
	if err != nil {
		return fmt.Errorf("replace %s: %w", node, err)
	}
	return n.Start(ctx)
}

// vacate removes the node's container.
func (n *Node) vacate(ctx context.Context) error {
	if err := n.Kill(ctx); err != nil {
		return err
	}
	if err := n.logs(ctx, &n.earlier, "all"); err != nil {
		return err
	}
	c := n.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	n.process, n.diskBy = process{}, ""
	return c.engine.removeContainer(ctx, n.id)
}

// hosts are the addresses of all nodes by all of their names. They never change.
func (c *Cluster) hosts() map[string]netip.Addr {
	hosts := map[string]netip.Addr{}
	for _, n := range c.nodes {
		for _, name := range knownAs(n.spec) {
			hosts[name] = n.address
		}
	}
	return hosts
}
