package world

import (
	"context"
	"maps"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/sim/virtual"
)

// SetClocks implements cluster.Clocks.
func (w *World) SetClocks(_ context.Context, skews map[string]cluster.Skew) error {
	w.skews = maps.Clone(skews)
	return nil
}

// ReadClocks implements cluster.Clocks.
func (w *World) ReadClocks(context.Context) (map[string]cluster.ClockReading, error) {
	readings := map[string]cluster.ClockReading{}
	for _, n := range w.nodes {
		if n.process != nil {
			ahead := n.ahead()
			readings[n.name] = cluster.ClockReading{Processes: 1, Least: ahead, Most: ahead, At: w.time.Now()}
		}
	}
	return readings, nil
}

// ahead is by how much the node's clock is.
func (n *Node) ahead() time.Duration {
	skew, some := n.w.skews[n.name]
	if !some {
		return 0
	}
	now := n.w.time.Now()
	if skew.Strobe > 0 && now.Sub(skew.Since)/skew.Strobe%2 == 1 {
		return 0
	}
	return skew.Ahead(now)
}

// wallClock is what time it is on the node, in nanoseconds since 1970.
func (n *Node) wallClock() time.Duration {
	now := time.Duration(virtual.Epoch.UnixNano()) + n.w.time.Elapsed()
	if len(n.w.skews) == 0 {
		return now
	}
	return now + n.ahead()
}
