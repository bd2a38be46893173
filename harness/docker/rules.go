package docker

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"net/netip"
	"slices"

	"github.com/docker/docker/api/types/container"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// SetRules implements cluster.Network. If the agent has died, the kernel has
// removed its rules, and a new agent is started if there are rules to set. To lift
// rules that had gone before is then an error, though they are lifted: nobody knows
// for how long they held.
func (c *Cluster) SetRules(ctx context.Context, r cluster.Rules) error {
	if err := c.validate(r); err != nil {
		return fmt.Errorf("set network rules: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.noteLoss()
	lost := maps.Clone(c.lost)
	c.rules = r.Clone()
	if err := c.apply(ctx); err != nil {
		return fmt.Errorf("set network rules: %w", err)
	}
	// What apply may have found to be gone was not in force yet.
	c.lost = intersect(lost, r.Links())
	if len(c.lost) < len(lost) {
		return fmt.Errorf("set network rules: %w", errAgentGone)
	}
	return nil
}

// noteLoss takes note that the rules in force have gone, if they have: another agent
// does not tell. Its caller holds mu.
func (c *Cluster) noteLoss() {
	if b := c.breaker(); b == nil || !b.gone() {
		return
	}
	if c.lost == nil {
		c.lost = map[cluster.Link]bool{}
	}
	for _, l := range c.rules.Links() {
		c.lost[l] = true
	}
}

func intersect(some map[cluster.Link]bool, links []cluster.Link) map[cluster.Link]bool {
	both := map[cluster.Link]bool{}
	for _, l := range links {
		if some[l] {
			both[l] = true
		}
	}
	return both
}

// welcome takes note of a node that has just started, and gives it the rules in
// force.
func (c *Cluster) welcome(ctx context.Context, n *Node, s *container.State) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n.note(s)
	if err := c.applyDisks(ctx); err != nil { // the node waits for its disk
		return err
	}
	if err := c.applyClocks(ctx); err != nil {
		return err
	}
	if c.healthy() {
		return nil // nodes start without rules
	}
	c.noteLoss() // other agents than this node's may get their rules anew
	return c.apply(ctx)
}

// apply makes the agent's rules those of the cluster. Its caller holds mu.
func (c *Cluster) apply(ctx context.Context) error {
	if b := c.breaker(); c.healthy() && (b == nil || b.idle()) {
		return nil // there never were any, or the kernel removed them
	}
	if err := c.ensureAgent(ctx); err != nil {
		return err
	}
	return c.withRunning(ctx, func(nodes []protocol.Node) error {
		_, err := c.breaker().ask(ctx, protocol.Request{Operation: protocol.Rules, Nodes: nodes})
		return err
	})
}

// breaker is nil if there is no agent. Its caller holds mu.
func (c *Cluster) breaker() breaker {
	switch {
	case c.sidecars != nil:
		return c.sidecars
	case c.agent != nil:
		return c.agent
	}
	return nil
}

// ensureAgent starts an agent, which has no rules yet, unless there is a live one.
// Sidecars see to that themselves. Its caller holds mu.
func (c *Cluster) ensureAgent(ctx context.Context) error {
	if c.sidecars != nil {
		return nil
	}
	if c.agent != nil {
		if !c.agent.gone() {
			return nil
		}
		c.noteLoss()
		c.agent.hangUp()
		if err := c.engine.removeContainer(ctx, c.agent.id); err != nil {
			return fmt.Errorf("remove the dead agent: %w", err)
		}
		c.agent = nil
	}
	var err error
	c.agent, err = c.engine.startAgent(ctx, containerName(c.run, roleAgent), c.labels, c.disks, c.log)
	return err
}

// rulesOf are the rules for what a node receives, always in the same order.
func (c *Cluster) rulesOf(n *Node) protocol.Node {
	node := protocol.Node{Name: n.spec.Name, Address: n.address}
	sources := map[string]netip.Addr{cluster.Clients: protocol.Strangers}
	for _, peer := range c.nodes {
		node.Peers = append(node.Peers, peer.address)
		sources[peer.spec.Name] = peer.address
	}
	for _, from := range slices.Sorted(maps.Keys(sources)) {
		if rule := c.ruleOf(cluster.Link{From: from, To: n.spec.Name}); rule != (protocol.Rule{}) {
			rule.From = sources[from]
			node.Rules = append(node.Rules, rule)
		}
	}
	return node
}

// ruleOf is the rule of one link, without its source; the zero rule does nothing.
func (c *Cluster) ruleOf(l cluster.Link) (rule protocol.Rule) {
	switch {
	case c.rules.Drop[l]:
		rule.Cut = protocol.Drop
	case c.rules.Reject[l]:
		rule.Cut = protocol.Reject
	case c.rules.DropNew[l]:
		rule.Cut = protocol.New
	}
	s := c.rules.Shape[l]
	rule.Shape = protocol.Shape{
		Delay: s.Delay, Jitter: s.Jitter, Loss: s.Loss, Duplicate: s.Duplicate,
		Reorder: s.Reorder, Behind: s.Behind, Noise: s.Noise, Corrupt: c.rules.Corrupt[l],
		Rate: s.Rate, Queue: s.Queue, Pattern: s.Tamper.Old, Replacement: s.Tamper.New,
	}
	if rule.Shape.Changes() {
		rule.Shape.Seed = seedOf(c.seed, l)
	}
	return rule
}

// seedOf gives every link dice of its own.
func seedOf(seed int64, l cluster.Link) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %q %q", seed, l.From, l.To)
	return h.Sum64()
}

// healthy says whether the rules change nothing.
func (c *Cluster) healthy() bool {
	return !slices.ContainsFunc(c.nodes, func(n *Node) bool { return len(c.rulesOf(n).Rules) > 0 })
}

func (c *Cluster) validate(r cluster.Rules) error {
	known := map[string]bool{cluster.Clients: true}
	for _, n := range c.nodes {
		known[n.spec.Name] = true
	}
	for _, l := range r.Links() {
		if l.From == l.To || l.To == cluster.Clients || !known[l.From] || !known[l.To] {
			return fmt.Errorf("link from %q to %q: not two nodes of this cluster", l.From, l.To)
		}
		s := r.Shape[l]
		for _, p := range []float64{r.Corrupt[l], s.Loss, s.Duplicate, s.Reorder, s.Noise} {
			if !(p >= 0 && p <= 1) {
				return fmt.Errorf("link from %s to %s: probability %v is not between 0 and 1", l.From, l.To, p)
			}
		}
	}
	return nil
}
