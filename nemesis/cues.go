package nemesis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
)

// play executes a script.
func (n *Nemesis) play(ctx context.Context) {
	began := clock.Now(ctx)
	for i, cue := range n.config.Script {
		if err := n.await(ctx, cue.when, began); err != nil {
			n.omit(ctx, n.config.Script[i:], err)
			return
		}
		if cue.heal {
			n.healOnly(ctx, cue.family)
			continue
		}
		n.inject(ctx, Step{Faults: []Planned{cue.planned}})
	}
	for wait(ctx, time.Hour) {
	}
}

// errOver means that the load ended first.
var errOver = errors.New("the run was over before that")

// omit records the faults that did not strike.
func (n *Nemesis) omit(ctx context.Context, rest []Cue, why error) {
	for _, cue := range rest {
		if !cue.heal {
			n.missed(ctx, cue.family+":"+cue.shape, fmt.Errorf("%s:%s was asked for: %w", cue.family, cue.shape, why))
		}
	}
}

// await waits for the moment of a statement.
func (n *Nemesis) await(ctx context.Context, m moment, began time.Time) error {
	reached := true
	switch {
	case m.writes > 0:
		return n.awaitWrites(ctx, m.writes)
	case m.leaderChange:
		return n.awaitLeader(ctx)
	case m.snapshot:
		return n.awaitSnapshot(ctx)
	case m.absolute:
		reached = wait(ctx, clock.Until(ctx, began.Add(m.sinceStart)))
	default:
		reached = wait(ctx, m.pause)
	}
	if !reached {
		return errOver
	}
	return nil
}

// watching is how often the nemesis looks whether something has happened.
const (
	watchingWrites = 2 * time.Millisecond
	watchingLeader = 50 * time.Millisecond
	// A snapshot is followed by what one wants to disturb.
	watchingSnapshots = 10 * time.Millisecond
)

func (n *Nemesis) awaitWrites(ctx context.Context, more int) error {
	if n.config.Writes == nil {
		return errors.New("nobody counts writes")
	}
	for until := n.config.Writes() + more; n.config.Writes() < until; {
		if !wait(ctx, watchingWrites) {
			return fmt.Errorf("%w: %d writes were to be acknowledged first", errOver, more)
		}
	}
	return nil
}

// awaitLeader waits until somebody leads who did not before.
func (n *Nemesis) awaitLeader(ctx context.Context) error {
	if n.config.Leaders == nil {
		return errors.New("the target cannot tell who leads")
	}
	before := n.whoLeads(ctx)
	for {
		now := n.whoLeads(ctx)
		if len(before) == 0 {
			before = now
		}
		if slices.ContainsFunc(now, func(node string) bool { return !slices.Contains(before, node) }) {
			return nil
		}
		if !wait(ctx, watchingLeader) {
			return fmt.Errorf("%w: the leader was to change first", errOver)
		}
	}
}

// awaitSnapshot waits until a node has saved a snapshot that it had not before.
func (n *Nemesis) awaitSnapshot(ctx context.Context) error {
	if n.config.Snapshots == nil {
		return errors.New("the target cannot tell when its nodes save snapshots")
	}
	before := n.snapshots(ctx)
	for {
		for node, now := range n.snapshots(ctx) {
			// A node that was started again counts from the beginning, and of one that
			// answers for the first time nobody knows.
			if then, known := before[node]; known && now > then {
				return nil
			}
			before[node] = now
		}
		if !wait(ctx, watchingSnapshots) {
			return fmt.Errorf("%w: a snapshot was to be saved first", errOver)
		}
	}
}

// snapshots are the counts of those nodes that answer.
func (n *Nemesis) snapshots(ctx context.Context) map[string]int {
	ctx, cancel := clock.WithTimeout(ctx, time.Second)
	defer cancel()
	var mu sync.Mutex
	counts := map[string]int{}
	_ = each(ctx, n.config.Cluster.Nodes(), func(node cluster.Node) error {
		count, err := n.config.Snapshots(ctx, node)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			counts[node.Name()] = count
		}
		return err
	})
	return counts
}

// healOnly undoes the faults of a family, or all if it is empty.
func (n *Nemesis) healOnly(ctx context.Context, family string) {
	n.mu.Lock()
	faults := slices.DeleteFunc(slices.Clone(n.inForce), func(s struck) bool { return family != "" && s.fault.Name != family })
	n.mu.Unlock()
	n.healThese(ctx, faults)
}
