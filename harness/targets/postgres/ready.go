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
}

// Ready implements cluster.Target. The cluster is ready when there is one primary, which
// has its tables, and which feeds all the others.
func (Target) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	return nodes.Await(ctx, c.Nodes()[0], patience, func(ctx context.Context) error { return ready(ctx, c) })
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
	remote, err := pgx.Connect(ctx, "postgres://postgres@"+node.Addr(clientPort)+"/postgres?sslmode=disable")
	if err != nil {
		return s, err
	}
	defer remote.Close(ctx)
	err = remote.QueryRow(ctx, "select pg_is_in_recovery(),"+
		" (select count(*) from pg_stat_replication where state = 'streaming'),"+
		" exists (select from pg_stat_wal_receiver where status = 'streaming'),"+
		" (select count(*) from turns)").Scan(&s.standby, &s.streams, &s.receives, new(int64))
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
