package mariadb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// client works through one server. What it can do is in the other files.
type client struct {
	address string
	// compressed says that what is exchanged has to be.
	compressed bool
	// mu guards the connection: an operation that hung may go on while the client is
	// closed.
	mu sync.Mutex
	// pool has one connection, which is remote; nil if there is none. The package
	// database/sql repeats what it takes for harmless, but not on a connection that was
	// taken out of its pool.
	pool   *sql.DB
	remote *sql.Conn
}

// Dial implements cluster.Target. It connects lazily.
func (Target) Dial(_ context.Context, node cluster.Node, cfg cluster.Config) (cluster.Client, error) {
	return &client{address: node.Addr(clientPort), compressed: setting(cfg, "compression") == "on"}, nil
}

// Prototype implements cluster.Target.
func (Target) Prototype() cluster.Client { return &client{} }

// Close implements cluster.Client.
func (c *client) Close() error {
	pool, remote := c.exchange(nil, nil)
	if pool == nil {
		return nil
	}
	return errors.Join(remote.Close(), pool.Close())
}

// exchange puts a connection in the place of the one that there is, and returns that.
func (c *client) exchange(pool *sql.DB, remote *sql.Conn) (*sql.DB, *sql.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pool, c.pool = c.pool, pool
	remote, c.remote = c.remote, remote
	return pool, remote
}

func (c *client) current() *sql.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remote
}

// open is a pool for one server.
func open(address string, compressed bool) (*sql.DB, error) {
	settings, err := configure(address, compressed)
	if err != nil {
		return nil, fmt.Errorf("configure a connection to %s: %w", address, err)
	}
	connector, err := mysql.NewConnector(settings)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	return sql.OpenDB(connector), nil
}

// configure is how a server is spoken to: connections send a statement with its
// arguments as one text, and count the rows that a statement found, not only those that
// it gave another value.
func configure(address string, compressed bool) (*mysql.Config, error) {
	settings := mysql.NewConfig()
	settings.User, settings.Passwd, settings.DBName = "assay", "assay", "assay"
	settings.Net, settings.Addr = "tcp", address
	settings.InterpolateParams, settings.ClientFoundRows = true, true
	settings.Logger = &mysql.NopLogger{}
	return settings, settings.Apply(mysql.EnableCompression(compressed))
}

// connection is the one that there is, or a new one. Its error has no effect: nothing
// was sent.
func (c *client) connection(ctx context.Context) (*sql.Conn, error) {
	if remote := c.current(); remote != nil {
		return remote, nil
	}
	pool, err := open(c.address, c.compressed)
	if err != nil {
		return nil, workloads.NoEffect(err)
	}
	remote, err := pool.Conn(ctx)
	if err == nil && c.compressed {
		err = compresses(ctx, remote)
	}
	if err != nil {
		return nil, workloads.NoEffect(fmt.Errorf("never sent: %w", errors.Join(err, pool.Close())))
	}
	c.exchange(pool, remote)
	return remote, nil
}

// compresses returns nil if the server says that the connection is compressed: the
// driver goes on without a word where a server cannot, or was told not to.
func compresses(ctx context.Context, remote *sql.Conn) error {
	var name, value string
	err := remote.QueryRowContext(ctx, "show session status like 'compression'").Scan(&name, &value)
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		err = fmt.Errorf("ask whether the connection is compressed: %w", err)
	case value != "ON":
		err = errors.New("the server does not compress the connection: use an image whose server can, or compression=off")
	default:
		return nil
	}
	return errors.Join(err, remote.Close())
}

// keep closes a connection after an error that is not the server's answer: nobody knows
// what it is good for. It returns the error.
func (c *client) keep(err error) error {
	var answer *mysql.MySQLError
	if err != nil && !errors.As(err, &answer) && !errors.Is(err, sql.ErrNoRows) {
		_ = c.Close()
	}
	return err
}

// execute executes one statement as a transaction of its own and says how many rows it
// found.
func (c *client) execute(ctx context.Context, statement string, args ...any) (int64, error) {
	remote, err := c.connection(ctx)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	result, err := remote.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, outcome(c.keep(err), time.Since(began))
	}
	return result.RowsAffected()
}

// row executes one statement that returns at most one value.
func row(ctx context.Context, remote *sql.Conn, into any, statement string, args ...any) (found bool, err error) {
	err = remote.QueryRowContext(ctx, statement, args...).Scan(into)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// look executes one statement that changes nothing and returns at most one value.
func (c *client) look(ctx context.Context, into any, statement string, args ...any) (found bool, err error) {
	remote, err := c.connection(ctx)
	if err != nil {
		return false, err
	}
	found, err = row(ctx, remote, into, statement, args...)
	return found, harmless(c.keep(err))
}

// rows executes one statement that changes nothing and scans all its rows.
func (c *client) rows(ctx context.Context, scan func(*sql.Rows) error, statement string, args ...any) error {
	remote, err := c.connection(ctx)
	if err != nil {
		return err
	}
	found, err := remote.QueryContext(ctx, statement, args...)
	if err != nil {
		return harmless(c.keep(err))
	}
	defer found.Close()
	for found.Next() {
		if err := scan(found); err != nil {
			return harmless(c.keep(err))
		}
	}
	return harmless(c.keep(found.Err()))
}

// transact executes a transaction. Whatever ends it before its commit was sent ends it
// for good: the server undoes what has not been committed, if need be when it finds the
// connection broken. The transactions of database/sql are not used, for their commit has
// no deadline.
func (c *client) transact(ctx context.Context, do func(context.Context, *sql.Conn) error) error {
	remote, err := c.connection(ctx)
	if err != nil {
		return err
	}
	if _, err := remote.ExecContext(ctx, "start transaction"); err != nil {
		return workloads.NoEffect(fmt.Errorf("begin: %w", c.keep(err)))
	}
	if err := do(ctx, remote); err != nil {
		c.undo(ctx, remote)
		return workloads.NoEffect(fmt.Errorf("before commit: %w", err))
	}
	began := time.Now()
	if _, err := remote.ExecContext(ctx, "commit"); err != nil {
		err = fmt.Errorf("commit: %w", outcome(c.keep(err), time.Since(began)))
		// A commit that was refused may have left the transaction open, and the next one
		// would commit it.
		c.undo(ctx, remote)
		return err
	}
	return nil
}

// undo makes the connection fit for the next operation; if it cannot, the connection is
// closed.
func (c *client) undo(ctx context.Context, remote *sql.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if _, err := remote.ExecContext(ctx, "rollback"); err != nil {
		_ = c.Close()
	}
}
