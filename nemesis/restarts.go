package nemesis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
)

// findings are what a fault has found out, to be told once.
type findings struct {
	mu    sync.Mutex
	texts []string
}

func (f *findings) add(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}

func (f *findings) told() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	text := strings.Join(f.texts, ", ")
	f.texts = nil
	return text
}

// stop asks the nodes' processes to end, and starts them again.
type stop struct {
	kill
	findings
	patience time.Duration
}

func (s *stop) inject(ctx context.Context) error {
	return each(ctx, s.nodes, func(n cluster.Node) error { return s.ask(ctx, n, s.patience) })
}

// ask asks a node to end, and notes if it did not listen.
func (f *findings) ask(ctx context.Context, n cluster.Node, patience time.Duration) error {
	s, ok := n.(cluster.Stopper)
	if !ok {
		return errors.New("this runtime cannot ask a node to end")
	}
	polite, err := s.Stop(ctx, patience)
	if err == nil && !polite {
		f.add("%s did not end within %s of SIGTERM and was killed", n.Name(), patience)
	}
	return err
}

// crashLoop kills the nodes again and again. It is verified by the first time.
type crashLoop struct {
	kill
	findings
	background
	lives time.Duration
}

func (c *crashLoop) verify(ctx context.Context) error {
	if err := c.kill.verify(ctx); err != nil {
		return err
	}
	c.begin(ctx, c.loop)
	return nil
}

func (c *crashLoop) loop(ctx context.Context) error {
	// What has begun is not given up halfway.
	whole := context.WithoutCancel(ctx)
	for deaths := 1; ; deaths++ {
		if err := c.kill.heal(whole); err != nil {
			return fmt.Errorf("after %d deaths: %w", deaths, err)
		}
		if !wait(ctx, c.lives) {
			c.add("%s", plural(deaths, "death", "deaths"))
			return nil
		}
		if err := c.kill.inject(whole); err != nil {
			return fmt.Errorf("after %d deaths: %w", deaths, err)
		}
	}
}

func (c *crashLoop) heal(ctx context.Context) error {
	return errors.Join(c.end(), c.kill.heal(ctx))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// rolling restarts one node after another, as operators do it: the next one as soon as
// the whole cluster is ready again, or takes too long for that. It is verified by the
// first node.
type rolling struct {
	kill
	findings
	background
	// order is that in which the nodes have their turn.
	order    []cluster.Node
	patience time.Duration
	// ready waits until clients can use the cluster; nil if nobody can tell.
	ready func(context.Context) error
}

// roundTakes bounds how long the heal waits for the rest of the round.
const roundTakes = undoing / 2

func (r *rolling) inject(ctx context.Context) error { return r.ask(ctx, r.order[0], r.patience) }

func (r *rolling) verify(ctx context.Context) error {
	if err := until(ctx, seen(r.order[:1], cluster.Stopped)); err != nil {
		return err
	}
	r.begin(ctx, r.round)
	return nil
}

func (r *rolling) round(ctx context.Context) error {
	whole := context.WithoutCancel(ctx)
	for i, n := range r.order {
		if i > 0 {
			if ctx.Err() != nil {
				r.add("broken off before %s", n.Name())
				return nil
			}
			if err := r.ask(whole, n, r.patience); err != nil {
				return fmt.Errorf("stop %s: %w", n.Name(), err)
			}
		}
		if err := n.Start(whole); err != nil {
			return err
		}
		r.add("%s restarted", n.Name())
		r.awaitReady(ctx, n)
	}
	return nil
}

func (r *rolling) awaitReady(ctx context.Context, n cluster.Node) {
	if r.ready == nil {
		return
	}
	ctx, cancel := clock.WithTimeout(ctx, observing)
	defer cancel()
	if err := r.ready(ctx); err != nil {
		r.add("the cluster was not ready %s later", observing)
	}
}

func (r *rolling) heal(ctx context.Context) error {
	round, cancel := clock.WithTimeout(ctx, roundTakes)
	defer cancel()
	return errors.Join(r.finish(round), r.kill.heal(ctx))
}
