package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
)

// patience is how long a single question to a node may take.
const patience = 2 * time.Second

// state is what a server says of itself.
type state struct {
	standby bool
	// streams is how many standbys a primary feeds, receives whether a standby is fed.
	streams  int64
	receives bool
	// position is up to where a standby has replayed the log.
	position int64
}

// Ready implements cluster.Target. The cluster is ready when there is one primary, which
// has its tables, and which feeds all the others, and these have replayed what it had.
func (Target) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	return nodes.Await(ctx, c.Nodes()[0], patience, func(ctx context.Context) error { return ready(ctx, c) })
}

func ready(ctx context.Context, c cluster.Cluster) error {
	states, err := look(ctx, c)
	if err != nil {
		return err
	}
	primary, err := onlyPrimary(c, states)
	if err != nil || len(states) == 1 {
		return err
	}
	return followed(ctx, c, primary)
}

// onlyPrimary is the one primary, which feeds all the others.
func onlyPrimary(c cluster.Cluster, states []state) (primary cluster.Node, err error) {
	for i, node := range c.Nodes() {
		switch s := states[i]; {
		case s.standby && !s.receives:
			return nil, fmt.Errorf("%s is a standby and receives nothing", node.Name())
		case s.standby:
		case primary != nil:
			return nil, fmt.Errorf("%s and %s are both primaries", primary.Name(), node.Name())
		case s.streams < int64(len(states)-1):
			return nil, fmt.Errorf("%s is the primary and feeds %d standbys of %d", node.Name(), s.streams, len(states)-1)
		default:
			primary = node
		}
	}
	if primary == nil {
		return nil, errors.New("no node is a primary")
	}
	return primary, nil
}

// tries is how often standbys are looked at until they have come to where the primary was:
// while clients write it will have gone on.
const tries = 20

// followed waits a while for the standbys to have replayed what the primary has.
func followed(ctx context.Context, c cluster.Cluster, primary cluster.Node) error {
	position, err := mark(ctx, primary)
	if err != nil {
		return fmt.Errorf("%s is the primary and cannot write to its log: %w", primary.Name(), err)
	}
	for range tries {
		var states []state
		if states, err = look(ctx, c); err == nil {
			err = replayed(c, states, position)
		}
		if err == nil {
			return nil
		}
		nodes.Wait(ctx, nodes.Pause)
	}
	return err
}

// mark commits a message in a primary's log, behind all that was committed there before,
// and says where it ends. Where the log itself ends is no place to wait for: that may be
// amid a record of which the rest is kept back until there is more.
func mark(ctx context.Context, primary cluster.Node) (position int64, err error) {
	remote, err := connect(ctx, primary)
	if err != nil {
		return 0, err
	}
	defer remote.Close(ctx)
	err = remote.QueryRow(ctx, "select pg_wal_lsn_diff(pg_logical_emit_message(true, 'assay', ''), '0/0')::bigint").Scan(&position)
	return position, err
}

func connect(ctx context.Context, node cluster.Node) (*pgx.Conn, error) {
	return pgx.Connect(ctx, "postgres://postgres@"+node.Addr(clientPort)+"/postgres?sslmode=disable")
}

// replayed says which standby has not come to a position of the primary's, if one has not:
// that it is fed does not say so.
func replayed(c cluster.Cluster, states []state, position int64) error {
	for i, node := range c.Nodes() {
		if s := states[i]; s.standby && s.position < position {
			return fmt.Errorf("%s is a standby and %d bytes behind", node.Name(), position-s.position)
		}
	}
	return nil
}

// look asks all nodes at once. The error names those that do not answer.
func look(ctx context.Context, c cluster.Cluster) ([]state, error) {
	states := make([]state, len(c.Nodes()))
	err := nodes.Each(c, func(i int, node cluster.Node) (err error) {
		if states[i], err = ask(ctx, node); err != nil {
			return fmt.Errorf("%s is not ready: %w", node.Name(), err)
		}
		return nil
	})
	return states, err
}

// ask also reads a table of ours: a server may accept connections before it has them.
func ask(ctx context.Context, node cluster.Node) (s state, err error) {
	remote, err := connect(ctx, node)
	if err != nil {
		return s, err
	}
	defer remote.Close(ctx)
	err = remote.QueryRow(ctx, "select pg_is_in_recovery(),"+
		" (select count(*) from pg_stat_replication where state = 'streaming'),"+
		" exists (select from pg_stat_wal_receiver where status = 'streaming'),"+
		" coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint, 0),"+
		" (select count(*) from turns)").Scan(&s.standby, &s.streams, &s.receives, &s.position, new(int64))
	return s, err
}

// Leaders implements cluster.Leaders: each primary leads, also one that was cut off and
// replaced without its knowledge.
func (Target) Leaders(ctx context.Context, c cluster.Cluster, _ cluster.Config) ([]string, error) {
	return nodes.Leaders(ctx, c, func(ctx context.Context, node cluster.Node) (bool, error) {
		s, err := ask(ctx, node)
		return !s.standby, err
	}), nil
}
