package docker

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/docker/docker/api/types/container"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// SetRules implements cluster.Network. If the agent has died, the kernel has
// removed its rules, and a new agent is started if there are rules to set.
func (c *Cluster) SetRules(ctx context.Context, r cluster.Rules) error {
	if err := c.validate(r); err != nil {
		return fmt.Errorf("set network rules: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules = cluster.Rules{Drop: maps.Clone(r.Drop), Corrupt: maps.Clone(r.Corrupt)}
	if err := c.apply(ctx); err != nil {
		return fmt.Errorf("set network rules: %w", err)
	}
	return nil
}

// Reach implements cluster.Network. It fails if the agent has died, because then
// the rules are not those that were set.
func (c *Cluster) Reach(ctx context.Context) (map[cluster.Link]bool, error) {
	links, err := c.observe(ctx, protocol.Reach)
	if err != nil {
		return nil, fmt.Errorf("observe the network: %w", err)
	}
	reach := map[cluster.Link]bool{}
	for _, l := range links {
		reach[cluster.Link{From: l.From, To: l.To}] = l.Arrives
	}
	return reach, nil
}

// Corrupted counts, for every link with a rule that corrupts and that goes to a
// running node, the packets that arrived changed since the receiver got its
// present rules.
func (c *Cluster) Corrupted(ctx context.Context) (map[cluster.Link]uint64, error) {
	links, err := c.observe(ctx, protocol.Corrupted)
	if err != nil {
		return nil, fmt.Errorf("count corrupted packets: %w", err)
	}
	counts := map[cluster.Link]uint64{}
	for _, l := range links {
		counts[cluster.Link{From: l.From, To: l.To}] = l.Packets
	}
	return counts, nil
}

func (c *Cluster) observe(ctx context.Context, what protocol.Operation) ([]protocol.Link, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.agent == nil {
		return nil, fmt.Errorf("there is no agent: %w", c.capabilities[cluster.CanPartition])
	}
	var links []protocol.Link
	err := c.withRunning(ctx, func(nodes []protocol.Node) error {
		r, err := c.agent.ask(ctx, protocol.Request{Operation: what, Nodes: nodes})
		links = r.Links
		return err
	})
	return links, err
}

// welcome takes note of a node that has just started, and gives it the rules in
// force.
func (c *Cluster) welcome(ctx context.Context, n *Node, s *container.State) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n.note(s)
	if err := c.applyClocks(ctx); err != nil {
		return err
	}
	if healthy(c.rules) {
		return nil // nodes start without rules
	}
	return c.apply(ctx)
}

// apply makes the agent's rules those of the cluster. Its caller holds mu.
func (c *Cluster) apply(ctx context.Context) error {
	if healthy(c.rules) && (c.agent == nil || c.agent.gone()) {
		return nil // there never were any, or the kernel removed them
	}
	if err := c.ensureAgent(ctx); err != nil {
		return err
	}
	return c.withRunning(ctx, func(nodes []protocol.Node) error {
		_, err := c.agent.ask(ctx, protocol.Request{Operation: protocol.Rules, Nodes: nodes})
		return err
	})
}

// ensureAgent starts an agent unless there is a live one. Its caller holds mu.
func (c *Cluster) ensureAgent(ctx context.Context) error {
	if c.agent != nil {
		if !c.agent.gone() {
			return nil
		}
		c.agent.hangUp()
		if err := c.engine.removeContainer(ctx, c.agent.id); err != nil {
			return fmt.Errorf("remove the dead agent: %w", err)
		}
		c.agent = nil
	}
	var err error
	c.agent, err = c.engine.startAgent(ctx, containerName(c.run, roleAgent), c.labels, c.log)
	return err
}

// rulesOf are the rules for what a node receives, always in the same order.
func (c *Cluster) rulesOf(n *Node) protocol.Node {
	node := protocol.Node{Name: n.spec.Name, Address: n.address}
	for _, peer := range c.nodes {
		link := cluster.Link{From: peer.spec.Name, To: n.spec.Name}
		if c.rules.Drop[link] {
			node.Drop = append(node.Drop, peer.address)
		}
		if p := c.rules.Corrupt[link]; p > 0 {
			node.Noise = append(node.Noise, protocol.Noise{From: peer.address, Probability: p})
		}
	}
	return node
}

// healthy says whether the rules change nothing.
func healthy(r cluster.Rules) bool {
	for _, drop := range r.Drop {
		if drop {
			return false
		}
	}
	for _, p := range r.Corrupt {
		if p > 0 {
			return false
		}
	}
	return true
}

func (c *Cluster) validate(r cluster.Rules) error {
	known := map[string]netip.Addr{}
	for _, n := range c.nodes {
		known[n.spec.Name] = n.address
	}
	var links []cluster.Link
	links = slices.AppendSeq(links, maps.Keys(r.Drop))
	links = slices.AppendSeq(links, maps.Keys(r.Corrupt))
	for _, l := range links {
		if l.From == l.To || !known[l.From].IsValid() || !known[l.To].IsValid() {
			return fmt.Errorf("link from %q to %q: not two nodes of this cluster", l.From, l.To)
		}
	}
	for l, p := range r.Corrupt {
		if p < 0 || p > 1 {
			return fmt.Errorf("link from %s to %s: probability %v is not between 0 and 1", l.From, l.To, p)
		}
	}
	return nil
}
