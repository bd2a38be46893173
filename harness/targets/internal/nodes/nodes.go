// Package nodes asks the nodes of a cluster: all at once, or one until its answer is the
// right one. What to ask is the target's.
package nodes

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// Pause is the time between two questions to a node.
const Pause = 50 * time.Millisecond

// Each runs f for all nodes at once, and joins the errors.
func Each(c cluster.Cluster, f func(i int, node cluster.Node) error) error {
	var all sync.WaitGroup
	failed := make([]error, len(c.Nodes()))
	for i, node := range c.Nodes() {
		all.Go(func() { failed[i] = f(i, node) })
	}
	all.Wait()
	return errors.Join(failed...)
}

// Await repeats a question, with a time for each attempt, until it is answered without
// an error. Once the context has ended, the error names the node and what was last seen.
func Await(ctx context.Context, node cluster.Node, patience time.Duration, ask func(context.Context) error) error {
	for last := errors.New("nothing"); ; {
		once, cancel := context.WithTimeout(ctx, patience)
		err := ask(once)
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s is not ready: %w; last seen: %w", node.Name(), context.Cause(ctx), last)
		}
		last = err
		Wait(ctx, Pause)
	}
}

// Wait waits for a time, or until the context ends.
func Wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Leaders are the nodes that, each asked for itself within a second, say that they lead.
// One that does not answer does not lead.
func Leaders(ctx context.Context, c cluster.Cluster, leads func(context.Context, cluster.Node) (bool, error)) []string {
	claims := make([]bool, len(c.Nodes()))
	_ = Each(c, func(i int, node cluster.Node) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		claim, err := leads(ctx, node)
		claims[i] = err == nil && claim
		return nil
	})
	var names []string
	for i, node := range c.Nodes() {
		if claims[i] {
			names = append(names, node.Name())
		}
	}
	return names
}
