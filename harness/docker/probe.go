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
	var a *agent
	defer func() {
		err = errors.Join(err, e.inTurn(context.WithoutCancel(ctx), func() error { return e.endProbe(ctx, run, a) }), claim.Release())
	}()
	a, noDisks := e.startAgent(ctx, containerName(run, roleAgent), labels, true, io.Discard)
	if noDisks != nil { // there may be no /dev/fuse
		if a, err = e.startAgent(ctx, containerName(run, roleAgent), labels, false, io.Discard); err != nil {
			return nil, err
		}
	}
	if found, err = a.capabilities(ctx, protocol.Request{Operation: protocol.Check}); err != nil {
		return nil, err
	}
	if noDisks != nil {
		found[cluster.CanDisk] = noDisks
	}
	maps.Copy(found, e.probeResources(ctx, guest{run: run, labels: labels, host: a.id}))
	return found, nil
}

// endProbe removes what a probe has made.
func (e *Engine) endProbe(ctx context.Context, run string, a *agent) error {
	ctx, cancel := uninterrupted(ctx, removingTakes)
	defer cancel()
	if a != nil {
		a.hangUp()
	}
	return e.removeRun(ctx, run)
}
