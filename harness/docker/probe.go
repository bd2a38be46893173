package docker

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"maps"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/owner"
	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// Probe finds out what can be done to clusters on this engine: a throw-away
// agent really does it, in a network namespace of its own.
func (e *Engine) Probe(ctx context.Context) cluster.Capabilities {
	found, err := e.probe(ctx)
	if err != nil {
		return withoutAgent(err)
	}
	return found
}

func (e *Engine) probe(ctx context.Context) (found cluster.Capabilities, err error) {
	run := "probe-" + strings.ToLower(rand.Text()[:8])
	labels, err := labels(run)
	if err != nil {
		return nil, err
	}
	claim, err := owner.Take(run)
	if err != nil {
		return nil, err
	}
	defer func() {
		undo, cancel := uninterrupted(ctx, removingTakes)
		defer cancel()
		err = errors.Join(err, e.removeRun(undo, run), claim.Release())
	}()
	a, err := e.startAgent(ctx, containerName(run, roleAgent), labels, true, io.Discard)
	if err != nil {
		return e.probeWithoutDisks(ctx, run, labels, err)
	}
	defer a.hangUp()
	if found, err = a.capabilities(ctx, protocol.Request{Operation: protocol.Check}); err != nil {
		return nil, err
	}
	maps.Copy(found, e.probeResources(ctx, run, labels))
	return found, nil
}

// probeWithoutDisks is for engines on which an agent that serves disks cannot even be
// started, as where there is no /dev/fuse.
func (e *Engine) probeWithoutDisks(ctx context.Context, run string, labels map[string]string, why error) (cluster.Capabilities, error) {
	a, err := e.startAgent(ctx, containerName(run, roleAgent), labels, false, io.Discard)
	if err != nil {
		return nil, err
	}
	defer a.hangUp()
	found, err := a.capabilities(ctx, protocol.Request{Operation: protocol.Check})
	if err != nil {
		return nil, err
	}
	found[cluster.CanDisk] = why
	maps.Copy(found, e.probeResources(ctx, run, labels))
	return found, nil
}
