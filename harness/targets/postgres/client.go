package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// client works through one server. What it can do is in the other files.
type client struct {
	settings *pgx.ConnConfig
	// exclusive says that receivers of messages wait for each other, synchronous that
	// commits wait for standbys.
	exclusive, synchronous bool
	// remote is the connection, nil or closed if there is none.
	remote *pgx.Conn
	// writes counts what was sent over all connections.
	writes atomic.Int64
}

// Dial implements cluster.Target. It connects lazily.
func (Target) Dial(_ context.Context, node cluster.Node, cfg cluster.Config) (cluster.Client, error) {
	settings, err := configure(node.Addr(clientPort), cfg)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", node.Name(), err)
	}
	c := newClient(settings, setting(cfg, "receive") == "exclusive")
	c.synchronous = setting(cfg, "synchronous-standbys") != "none"
	return c, nil
}

// configure is how a server is spoken to under the settings.
func configure(address string, cfg cluster.Config) (*pgx.ConnConfig, error) {
	settings, err := pgx.ParseConfig("postgres://postgres@" + address + "/postgres?sslmode=disable")
	if err != nil {
		return nil, err
	}
	settings.RuntimeParams["default_transaction_isolation"] = strings.ReplaceAll(setting(cfg, "isolation"), "-", " ")
	if setting(cfg, "reads") == "primary" {
		settings.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	}
	if setting(cfg, "protocol") == "simple" {
		settings.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	}
	return settings, nil
}

func newClient(settings *pgx.ConnConfig, exclusive bool) *client {
	c := &client{settings: settings, exclusive: exclusive}
	watch(settings, &c.writes)
	return c
}

// Prototype implements cluster.Target.
func (Target) Prototype() cluster.Client { return &client{} }

// Close implements cluster.Client.
func (c *client) Close() error {
	if c.remote == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return c.remote.Close(ctx)
}

// connection is the one that there is, or a new one. A server that ceases to be a
// primary ends all connections, so that one which was accepted as a primary's stays
// one. Its error has no effect: nothing was sent.
func (c *client) connection(ctx context.Context) (*pgx.Conn, error) {
	if c.remote != nil && !c.remote.IsClosed() {
		return c.remote, nil
	}
	settings, up := c.settings.Copy(), func() {}
	if c.synchronous {
		up = dialOnce(settings)
	}
	remote, err := pgx.ConnectConfig(ctx, settings)
	if err != nil {
		return nil, workloads.NoEffect(fmt.Errorf("never sent: %w", err))
	}
	up()
	c.remote = remote
	return remote, nil
}

// dialOnce lets a connection be made, until up is called, and no other. The library opens
// a second one to cancel what its caller waits for no longer, and a commit that waits for
// a standby is then done with on the primary alone, for all to see (PostgreSQL's manual,
// "Synchronous Replication"): it would be us who lose it in a failover.
func dialOnce(settings *pgx.ConnConfig) (up func()) {
	var isUp atomic.Bool
	dial := settings.DialFunc
	settings.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if isUp.Load() {
			return nil, errors.New("nothing is cancelled that may wait for a standby")
		}
		return dial(ctx, network, address)
	}
	return func() { isUp.Store(true) }
}

// execute executes one statement as a transaction of its own and says how many rows it
// changed.
func (c *client) execute(ctx context.Context, statement string, args ...any) (int64, error) {
	remote, err := c.connection(ctx)
	if err != nil {
		return 0, err
	}
	before := c.writes.Load()
	tag, err := remote.Exec(ctx, statement, args...)
	return tag.RowsAffected(), outcome(err, c.writes.Load() > before)
}

// change executes one statement that changes something and returns at most one row.
func (c *client) change(ctx context.Context, into []any, statement string, args ...any) (found bool, err error) {
	remote, err := c.connection(ctx)
	if err != nil {
		return false, err
	}
	before := c.writes.Load()
	found, err = row(ctx, remote, into, statement, args...)
	return found, outcome(err, c.writes.Load() > before)
}

// look executes one statement that changes nothing and returns at most one row.
func (c *client) look(ctx context.Context, into []any, statement string, args ...any) (found bool, err error) {
	found, err = c.change(ctx, into, statement, args...)
	return found, harmless(err)
}

// querier is a connection or a transaction.
type querier interface {
	QueryRow(ctx context.Context, statement string, args ...any) pgx.Row
}

func row(ctx context.Context, q querier, into []any, statement string, args ...any) (found bool, err error) {
	err = q.QueryRow(ctx, statement, args...).Scan(into...)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// rows executes one statement that changes nothing and returns all its rows.
func rows[T any](ctx context.Context, c *client, scan pgx.RowToFunc[T], statement string, args ...any) ([]T, error) {
	remote, err := c.connection(ctx)
	if err != nil {
		return nil, err
	}
	found, err := remote.Query(ctx, statement, args...)
	if err != nil {
		return nil, harmless(err)
	}
	all, err := pgx.CollectRows(found, scan)
	return all, harmless(err)
}

// transact executes a transaction. Whatever ends it before its commit was sent ends it
// for good: the server undoes what has not been committed, if need be when it finds the
// connection broken.
func (c *client) transact(ctx context.Context, do func(pgx.Tx) error) error {
	remote, err := c.connection(ctx)
	if err != nil {
		return err
	}
	tx, err := remote.Begin(ctx)
	if err != nil {
		return workloads.NoEffect(fmt.Errorf("begin: %w", err))
	}
	if err := do(tx); err != nil {
		undo(ctx, tx)
		return workloads.NoEffect(fmt.Errorf("before commit: %w", err))
	}
	before := c.writes.Load()
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", outcome(err, c.writes.Load() > before))
	}
	return nil
}

// undo makes the connection fit for the next operation; if it cannot, the connection
// is closed.
func undo(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = tx.Rollback(ctx)
}
