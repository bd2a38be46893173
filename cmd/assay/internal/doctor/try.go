package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// attempt does something to a cluster of at least two running nodes, observes
// that it took effect, and undoes it.
type attempt struct {
	what cluster.Capability
	do   func(ctx context.Context, c cluster.Cluster) error
}

func attempts() []attempt {
	return append([]attempt{
		{cluster.CanKill, tryKill},
		{cluster.CanPause, tryPause},
		{cluster.CanStop, tryStop},
		{cluster.CanPartition, tryPartition},
		{cluster.CanCorrupt, tryCorrupt},
	}, shapeAttempts()...)
}

// Try finds out which of the capabilities that a cluster claims to have are
// there, by using them, and keeps the reasons for those that it lacks. The cluster is
// as it was afterwards.
func Try(ctx context.Context, c cluster.Cluster) cluster.Capabilities {
	claimed, found := c.Capabilities(), cluster.Capabilities{}
	for what, why := range claimed {
		if why != nil {
			found[what] = why
		}
	}
	for _, a := range attempts() {
		found[a.what] = claimed.Supports(a.what)
		if found[a.what] == nil {
			found[a.what] = a.do(ctx, c)
		}
	}
	return found
}

func tryKill(ctx context.Context, c cluster.Cluster) error {
	node := c.Nodes()[0]
	return errors.Join(
		leads(ctx, node, node.Kill, cluster.Stopped),
		leads(ctx, node, node.Start, cluster.Running))
}

func tryPause(ctx context.Context, c cluster.Cluster) error {
	node := c.Nodes()[0]
	return errors.Join(
		leads(ctx, node, node.Pause, cluster.Paused),
		leads(ctx, node, node.Resume, cluster.Running))
}

func tryStop(ctx context.Context, c cluster.Cluster) error {
	node := c.Nodes()[0]
	stopper, ok := node.(cluster.Stopper)
	if !ok {
		return errors.New("the runtime cannot ask a node to end")
	}
	stop := func(ctx context.Context) error {
		_, err := stopper.Stop(ctx, stopping)
		return err
	}
	return errors.Join(
		leads(ctx, node, stop, cluster.Stopped),
		leads(ctx, node, node.Start, cluster.Running))
}

// stopping is how long a node that is asked to end may take.
const stopping = 5 * time.Second

// leads does something to a node, and looks whether it leads to a state.
func leads(ctx context.Context, node cluster.Node, do func(context.Context) error, to cluster.State) error {
	if err := do(ctx); err != nil {
		return err
	}
	state, err := node.State(ctx)
	if err == nil && state != to {
		err = fmt.Errorf("%s is %s, not %s", node.Name(), state, to)
	}
	return err
}

func tryPartition(ctx context.Context, c cluster.Cluster) error {
	link := firstLink(c)
	cut := cluster.Rules{Drop: map[cluster.Link]bool{link: true}}
	return errors.Join(reaches(ctx, c, cut, link, false), reaches(ctx, c, cluster.Rules{}, link, true))
}

// reaches sets rules, and looks whether packets go over a link under them.
func reaches(ctx context.Context, c cluster.Cluster, r cluster.Rules, over cluster.Link, want bool) error {
	network, ok := c.(cluster.Network)
	if !ok {
		return errors.New("the runtime has no say in the network")
	}
	if err := network.SetRules(ctx, r); err != nil {
		return err
	}
	reach, err := network.Reach(ctx)
	if got, seen := reach[over]; err == nil && (!seen || got != want) {
		err = fmt.Errorf("packets from %s to %s arrive: %t, expected %t", over.From, over.To, got, want)
	}
	return err
}

// tryCorrupt can only see that packets still arrive; what they hold is between
// the nodes.
func tryCorrupt(ctx context.Context, c cluster.Cluster) error {
	link := firstLink(c)
	spoilt := cluster.Rules{Corrupt: map[cluster.Link]float64{link: 1}}
	return errors.Join(reaches(ctx, c, spoilt, link, true), reaches(ctx, c, cluster.Rules{}, link, true))
}

func firstLink(c cluster.Cluster) cluster.Link {
	nodes := c.Nodes()
	return cluster.Link{From: nodes[0].Name(), To: nodes[1].Name()}
}
