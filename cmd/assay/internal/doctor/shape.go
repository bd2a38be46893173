package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// shapeAttempts do something to the packets of a link and measure it.
func shapeAttempts() []attempt {
	const delay, rate = 20 * time.Millisecond, 100_000
	loses := func(m cluster.Measurement) bool { return m.Arrived < m.Sent }
	return []attempt{
		{cluster.CanDelay, tryShape(cluster.Shape{Delay: delay}, func(m cluster.Measurement) bool { return m.Fastest >= delay })},
		{cluster.CanLose, tryShape(cluster.Shape{Loss: 0.5}, loses)},
		{cluster.CanNoise, tryShape(cluster.Shape{Noise: 0.5}, loses)},
		{cluster.CanLimit, tryShape(cluster.Shape{Rate: rate, Queue: 1 << 16}, func(m cluster.Measurement) bool { return m.Rate <= rate*5/4 })},
	}
}

func tryShape(s cluster.Shape, shows func(cluster.Measurement) bool) func(context.Context, cluster.Cluster) error {
	return func(ctx context.Context, c cluster.Cluster) error {
		link := firstLink(c)
		network, canSet := c.(cluster.Network)
		gauge, canMeasure := c.(cluster.Gauge)
		if !canSet || !canMeasure {
			return errors.New("the runtime does not measure its network")
		}
		shaped := cluster.Rules{Shape: map[cluster.Link]cluster.Shape{link: s}}
		return errors.Join(
			measures(ctx, network, gauge, shaped, link, shows),
			measures(ctx, network, gauge, cluster.Rules{}, link, func(m cluster.Measurement) bool { return m.Arrived == m.Sent }))
	}
}

// measures sets rules, and looks whether a link under them shows what it should.
func measures(ctx context.Context, n cluster.Network, g cluster.Gauge, r cluster.Rules, over cluster.Link, shows func(cluster.Measurement) bool) error {
	if err := n.SetRules(ctx, r); err != nil {
		return err
	}
	found, err := g.Measure(ctx, []cluster.Link{over}, "")
	if m := found[over]; err == nil && !shows(m) {
		err = fmt.Errorf("packets from %s to %s do not suffer what they should: %+v", over.From, over.To, m)
	}
	return err
}
