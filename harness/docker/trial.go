package docker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis/agent/hunger"
)

// trial does something to a container that was made to be thrown away, and sees that
// it took effect.
type trial func(ctx context.Context, g guest) error

// tryKill kills a program, and starts it again.
func (e *Engine) tryKill(ctx context.Context, g guest) error {
	n, err := e.throwAway(ctx, g, container.Resources{}, hunger.Spin)
	if err != nil {
		return err
	}
	start := func(ctx context.Context) error {
		return e.api.ContainerStart(ctx, n.id, container.StartOptions{})
	}
	return errors.Join(n.leadsTo(ctx, n.Kill, cluster.Stopped), n.leadsTo(ctx, start, cluster.Running))
}

func (e *Engine) tryPause(ctx context.Context, g guest) error {
	n, err := e.throwAway(ctx, g, container.Resources{}, hunger.Spin)
	if err != nil {
		return err
	}
	return errors.Join(n.leadsTo(ctx, n.Pause, cluster.Paused), n.leadsTo(ctx, n.Resume, cluster.Running))
}

// tryStop asks a program to end that does so when it is asked. It has to work first:
// to a first process that has not yet said how it takes a signal the kernel does not
// deliver any whose default is death (pid_namespaces(7)).
func (e *Engine) tryStop(ctx context.Context, g guest) error {
	n, err := e.throwAway(ctx, g, container.Resources{}, hunger.Spin)
	if err != nil {
		return err
	}
	if err := probed(ctx, func() (bool, error) {
		stats, err := n.stats(ctx)
		return time.Duration(stats.CPUStats.CPUUsage.TotalUsage) > settled, err
	}, "its program does not work"); err != nil {
		return err
	}
	return n.leadsTo(ctx, func(ctx context.Context) error {
		polite, err := n.Stop(ctx, probing)
		if err == nil && !polite {
			err = errImpatient
		}
		return err
	}, cluster.Stopped)
}

// settled is how much a program has worked that has certainly begun to.
const settled = 100 * time.Millisecond

// leadsTo does something to a node, and looks whether it leads to a state.
func (n *Node) leadsTo(ctx context.Context, do func(context.Context) error, want cluster.State) error {
	if err := do(ctx); err != nil {
		return err
	}
	got, err := n.State(ctx)
	if err == nil && got != want {
		err = fmt.Errorf("%s is %s, not %s", n.spec.Name, got, want)
	}
	return err
}
