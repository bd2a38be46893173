package docker

import (
	"context"
	"errors"
	"fmt"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/assaykit/assay/harness/cluster"
)

var _ cluster.Stopper = (*Node)(nil)

// errImpatient means that a node did not end in time.
var errImpatient = errors.New("it did not end in time")

// Stop implements cluster.Stopper. The engine thaws a paused node so that it can
// hear.
func (n *Node) Stop(ctx context.Context, patience time.Duration) (polite bool, err error) {
	victim := n.cluster.remembered(n)
	err = n.cluster.engine.api.ContainerKill(ctx, n.id, "SIGTERM")
	if err != nil && !cerrdefs.IsConflict(err) { // a conflict: it does not run
		return false, fmt.Errorf("stop %s: %w", n.spec.Name, err)
	}
	err = n.awaitEnd(ctx, patience)
	switch {
	case errors.Is(err, errImpatient):
		return false, n.Kill(ctx)
	case err != nil:
		return false, fmt.Errorf("stop %s: wait for its end: %w", n.spec.Name, err)
	}
	n.cluster.farewell(n, victim)
	return true, nil
}

func (n *Node) awaitEnd(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errImpatient)
	defer cancel()
	ended, failed := n.cluster.engine.api.ContainerWait(ctx, n.id, container.WaitConditionNotRunning)
	select {
	case <-ended:
		return nil
	case err := <-failed:
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
}
