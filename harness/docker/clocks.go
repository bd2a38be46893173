package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis/agent/protocol"
)

var _ cluster.Clocks = (*Cluster)(nil)

// SetClocks implements cluster.Clocks. A skew outlives an agent that is killed; the
// next one can change it all the same. But a clock that strobes stops to do so, which
// is an error when it is set again: it did not do what it was to do until now.
func (c *Cluster) SetClocks(ctx context.Context, skews map[string]cluster.Skew) error {
	for name := range skews {
		if !slices.ContainsFunc(c.nodes, func(n *Node) bool { return n.spec.Name == name }) {
			return fmt.Errorf("set clocks: %q is not a node of this cluster", name)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sidecars != nil {
		return fmt.Errorf("set clocks: %w", errNoClock)
	}
	ended := c.strobesEnded()
	c.skews, c.skewed = maps.Clone(skews), c.skewed || len(skews) > 0
	if err := errors.Join(c.applyClocks(ctx), ended); err != nil {
		return fmt.Errorf("set clocks: %w", err)
	}
	return nil
}

// strobesEnded says that clocks strobe no more because the agent that moved them has
// gone. Its caller holds mu.
func (c *Cluster) strobesEnded() error {
	strobes := func(s cluster.Skew) bool { return s.Strobe > 0 }
	if !slices.ContainsFunc(slices.Collect(maps.Values(c.skews)), strobes) {
		return nil
	}
	if c.agent != nil && c.keeping == c.agent && !c.agent.gone() {
		return nil
	}
	return errors.New("the agent is gone, and the clocks that it moved did not move since then")
}

// applyClocks makes the nodes' clocks those of the cluster. Its caller holds mu.
func (c *Cluster) applyClocks(ctx context.Context) error {
	if !c.skewed {
		return nil // nobody ever touched them
	}
	if err := c.ensureAgent(ctx); err != nil {
		return err
	}
	return c.withRunning(ctx, func(nodes []protocol.Node) error {
		for i := range nodes {
			nodes[i].Skew = c.skewOf(nodes[i].Name)
		}
		_, err := c.agent.ask(ctx, protocol.Request{Operation: protocol.Clocks, Nodes: nodes})
		c.keeping = c.agent
		return err
	})
}

func (c *Cluster) skewOf(node string) *protocol.Skew {
	s, skewed := c.skews[node]
	if !skewed {
		return nil
	}
	p := &protocol.Skew{Offset: int64(s.Offset), Drift: s.Drift, Strobe: int64(s.Strobe)}
	if !s.Since.IsZero() {
		p.Since = s.Since.UnixNano()
	}
	return p
}

// ReadClocks implements cluster.Clocks.
func (c *Cluster) ReadClocks(ctx context.Context) (map[string]cluster.ClockReading, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sidecars != nil {
		return nil, fmt.Errorf("read clocks: %w", errNoClock)
	}
	if err := c.ensureAgent(ctx); err != nil {
		return nil, fmt.Errorf("read clocks: %w", err)
	}
	readings := map[string]cluster.ClockReading{}
	err := c.withRunning(ctx, func(nodes []protocol.Node) error {
		r, err := c.agent.ask(ctx, protocol.Request{Operation: protocol.Times, Nodes: nodes})
		for _, told := range r.Clocks {
			readings[told.Node] = cluster.ClockReading{
				Processes: told.Processes, Least: time.Duration(told.Least), Most: time.Duration(told.Most),
				Began: told.Began, At: time.Unix(0, told.At),
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read clocks: %w", err)
	}
	return readings, nil
}
