package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	// patience is how long a single question to a node may take.
	patience = 2 * time.Second
	// pause is the time between two questions.
	pause = 100 * time.Millisecond
)

// state is what a server says of itself.
type state struct {
	answered bool
	standby  bool
	// streams is how many standbys a primary feeds, receives whether a standby is fed.
	streams  int64
	receives bool
}

// Ready implements cluster.Target. The cluster is ready when there is one primary, which
// has its tables, and which feeds all the others.
func (Target) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	for last := errors.New("nothing"); ; {
		err := ready(ctx, c)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w; last seen: %w", context.Cause(ctx), last)
		}
		last = err
		wait(ctx, pause)
	}
}

func ready(ctx context.Context, c cluster.Cluster) error {
	states, err := look(ctx, c)
	if err != nil {
		return err
	}
	primary := ""
	for i, node := range c.Nodes() {
		switch s := states[i]; {
		case s.standby && !s.receives:
			return fmt.Errorf("%s is a standby and receives nothing", node.Name())
		case s.standby:
		case primary != "":
			return fmt.Errorf("%s and %s are both primaries", primary, node.Name())
		case s.streams < int64(len(states)-1):
			return fmt.Errorf("%s is the primary and feeds %d standbys of %d", node.Name(), s.streams, len(states)-1)
		default:
			primary = node.Name()
		}
	}
	if primary == "" {
		return errors.New("no node is a primary")
	}
	return nil
}

// look asks all nodes at once. The error names those that do not answer.
func look(ctx context.Context, c cluster.Cluster) ([]state, error) {
	states, failed := make([]state, len(c.Nodes())), make([]error, len(c.Nodes()))
	var all sync.WaitGroup
	for i, node := range c.Nodes() {
		all.Go(func() {
			var err error
			if states[i], err = ask(ctx, node); err != nil {
				failed[i] = fmt.Errorf("%s is not ready: %w", node.Name(), err)
			}
		})
	}
	all.Wait()
	return states, errors.Join(failed...)
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// ask also reads a table of ours: a server may accept connections before it has them.
func ask(ctx context.Context, node cluster.Node) (s state, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	remote, err := pgx.Connect(ctx, "postgres://postgres@"+node.Addr(clientPort)+"/postgres?sslmode=disable")
	if err != nil {
		return s, err
	}
	defer remote.Close(ctx)
	err = remote.QueryRow(ctx, "select pg_is_in_recovery(),"+
		" (select count(*) from pg_stat_replication where state = 'streaming'),"+
		" exists (select from pg_stat_wal_receiver where status = 'streaming'),"+
		" (select count(*) from turns)").Scan(&s.standby, &s.streams, &s.receives, new(int64))
	s.answered = err == nil
	return s, err
}

// Leaders implements cluster.Leaders: each primary leads, also one that was cut off and
// replaced without its knowledge.
func (Target) Leaders(ctx context.Context, c cluster.Cluster, _ cluster.Config) ([]string, error) {
	states, _ := look(ctx, c) // nodes that do not answer are passed over
	var names []string
	for i, node := range c.Nodes() {
		if s := states[i]; s.answered && !s.standby {
			names = append(names, node.Name())
		}
	}
	return names, nil
}
