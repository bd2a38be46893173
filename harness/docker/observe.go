package docker

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// Reach implements cluster.Network, also for clients if there are two nodes. It
// fails if the agent has died under rules, because then they are not those that were
// set.
func (c *Cluster) Reach(ctx context.Context) (map[cluster.Link]bool, error) {
	reach := map[cluster.Link]bool{}
	err := c.observe(ctx, protocol.Request{Operation: protocol.Reach, Stranger: c.stranger}, func(l protocol.Link) {
		from := l.From
		if from == "" {
			from = cluster.Clients
		}
		reach[cluster.Link{From: from, To: l.To}] = l.Arrives
	})
	if err != nil {
		return nil, fmt.Errorf("observe the network: %w", err)
	}
	return reach, nil
}

// Corrupted counts, for every link whose packets something is done to and that goes
// to a running node, those that arrived changed since the receiver got its present
// rules: as the agent has it, whatever rules were set.
func (c *Cluster) Corrupted(ctx context.Context) (map[cluster.Link]uint64, error) {
	counts := map[cluster.Link]uint64{}
	err := c.observe(ctx, protocol.Request{Operation: protocol.Count}, func(l protocol.Link) {
		counts[cluster.Link{From: l.From, To: l.To}] = l.Counts.Corrupted
	})
	if err != nil {
		return nil, fmt.Errorf("count corrupted packets: %w", err)
	}
	return counts, nil
}

// Measure implements cluster.Gauge.
func (c *Cluster) Measure(ctx context.Context, links []cluster.Link, text string) (map[cluster.Link]cluster.Measurement, error) {
	found := map[cluster.Link]cluster.Measurement{}
	q := protocol.Request{Operation: protocol.Measure, Links: ways(links), Text: text}
	err := c.observe(ctx, q, func(l protocol.Link) {
		v := l.Volley
		found[cluster.Link{From: l.From, To: l.To}] = cluster.Measurement{
			Sent: v.Sent, Arrived: v.Arrived, Twice: v.Twice, Late: v.Late, Changed: v.Changed,
			Fastest: v.Fastest, Median: v.Median, Rate: v.Rate,
		}
	})
	if err != nil {
		return nil, fmt.Errorf("measure the network: %w", err)
	}
	return found, nil
}

// Knock implements cluster.Doors.
func (c *Cluster) Knock(ctx context.Context, links []cluster.Link) (map[cluster.Link]cluster.Answer, error) {
	answers := map[string]cluster.Answer{
		protocol.Silence: cluster.Silence, protocol.Accepted: cluster.Accepted, protocol.Refused: cluster.Refused,
	}
	found := map[cluster.Link]cluster.Answer{}
	err := c.observe(ctx, protocol.Request{Operation: protocol.Knock, Links: ways(links)}, func(l protocol.Link) {
		found[cluster.Link{From: l.From, To: l.To}] = answers[l.Knock]
	})
	if err != nil {
		return nil, fmt.Errorf("try to open connections: %w", err)
	}
	return found, nil
}

func ways(links []cluster.Link) []protocol.Way {
	var all []protocol.Way
	for _, l := range links {
		all = append(all, protocol.Way{From: l.From, To: l.To})
	}
	return all
}

// observe asks the agent about the nodes that run, and passes on what it says of
// each link.
func (c *Cluster) observe(ctx context.Context, q protocol.Request, tell func(protocol.Link)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.breaker() == nil {
		return fmt.Errorf("there is no agent: %w", c.capabilities[cluster.CanPartition])
	}
	if c.healthy() { // then it makes no difference which agent looks
		if err := c.ensureAgent(ctx); err != nil {
			return err
		}
	}
	var links []protocol.Link
	err := c.withRunning(ctx, func(nodes []protocol.Node) error {
		q.Nodes = nodes
		r, err := c.breaker().ask(ctx, q)
		links = r.Links
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range links {
		tell(l)
	}
	return nil
}
