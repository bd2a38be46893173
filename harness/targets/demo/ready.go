package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/protocols/raft"
)

const (
	// patience is how long one question may take while the cluster gets ready.
	patience = time.Second
	// pause is the time between two rounds of questions.
	pause = 20 * time.Millisecond
	// leaderPatience is short: whoever asks for the leader wants to strike it,
	// and a frozen node would answer when it is too late.
	leaderPatience = 100 * time.Millisecond
)

// Ready implements cluster.Target: all nodes agree on who leads, and each
// serves a linearizable read.
func (Target) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	for {
		err := ready(ctx, c)
		if err == nil {
			return nil
		}
		if !clock.Sleep(ctx, pause) {
			return fmt.Errorf("%w; last seen: %w", ended(ctx), err)
		}
	}
}

// ended is why a context has.
func ended(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return ctx.Err()
}

func ready(ctx context.Context, c cluster.Cluster) error {
	statuses := make([]raft.Status, len(c.Nodes()))
	err := each(ctx, c, patience, func(ctx context.Context, i int, remote *Client) (err error) {
		statuses[i], err = remote.status(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if err := agree(statuses); err != nil {
		return err
	}
	return each(ctx, c, patience, func(ctx context.Context, _ int, remote *Client) error {
		_, _, err := remote.Read(ctx, "ready")
		return err
	})
}

// agree says whether all nodes follow the same leader in the same term.
func agree(statuses []raft.Status) error {
	for _, s := range statuses {
		switch first := statuses[0]; {
		case s.Leader == "":
			return fmt.Errorf("%s knows no leader in term %d", s.ID, s.Term)
		case s.Leader != first.Leader || s.Term != first.Term:
			return fmt.Errorf("%s follows %s in term %d, %s follows %s in term %d",
				first.ID, first.Leader, first.Term, s.ID, s.Leader, s.Term)
		}
	}
	return nil
}

// Leaders implements cluster.Leaders: the nodes that claim to lead, that of the
// latest term first. It takes 100 ms at most.
func (Target) Leaders(ctx context.Context, c cluster.Cluster, _ cluster.Config) ([]string, error) {
	statuses := make([]raft.Status, len(c.Nodes()))
	// Whoever does not answer leaves its status empty.
	_ = each(ctx, c, leaderPatience, func(ctx context.Context, i int, remote *Client) (err error) {
		statuses[i], err = remote.status(ctx)
		return err
	})
	statuses = slices.DeleteFunc(statuses, func(s raft.Status) bool { return s.Role != raft.LeaderRole })
	slices.SortStableFunc(statuses, func(a, b raft.Status) int { return cmp.Compare(b.Term, a.Term) })
	var names []string
	for _, s := range statuses {
		names = append(names, string(s.ID))
	}
	return names, ctx.Err()
}

// Time implements cluster.TimeTeller.
func (Target) Time(ctx context.Context, node cluster.Node, _ cluster.Config) (time.Time, error) {
	remote := to(node)
	defer remote.Close()
	s, err := remote.status(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask %s for the time: %w", node.Name(), err)
	}
	return time.Unix(0, s.Clock), nil
}

// each asks all nodes at once, each by a connection of its own.
func each(ctx context.Context, c cluster.Cluster, patience time.Duration, ask func(context.Context, int, *Client) error) error {
	ctx, cancel := clock.WithTimeout(ctx, patience)
	defer cancel()
	all := clock.NewGroup(ctx)
	failed := make([]error, len(c.Nodes()))
	for i, node := range c.Nodes() {
		all.Go(func() {
			remote := to(node)
			defer remote.Close()
			if err := ask(ctx, i, remote); err != nil {
				failed[i] = fmt.Errorf("%s: %w", node.Name(), err)
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}
