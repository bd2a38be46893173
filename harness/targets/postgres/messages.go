package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/assaykit/assay/workloads"
)

var (
	_ workloads.Queue    = (*client)(nil)
	_ workloads.Messages = (*client)(nil)
	_ workloads.Lock     = (*client)(nil)
)

// Send implements workloads.Queue. Messages stand in the order of their identities,
// which are given out before they are committed; two that are sent one after the other
// stand in that order.
func (c *client) Send(ctx context.Context, queue string, value int) error {
	_, err := c.execute(ctx, "insert into messages (queue, value) values ($1, $2)", queue, value)
	return err
}

// Receive implements workloads.Queue.
func (c *client) Receive(ctx context.Context, queue string) (value int, found bool, err error) {
	if !c.exclusive {
		found, err = c.change(ctx, []any{&value}, "delete from messages where id ="+
			" (select id from messages where queue = $1 order by id limit 1 for update skip locked) returning value", queue)
		return value, found, err
	}
	err = c.transact(ctx, func(tx pgx.Tx) error {
		// Nobody else receives from here to the commit. The statement after it sees all
		// that was committed before, at any isolation level, for this one takes no
		// snapshot.
		if _, err := tx.Exec(ctx, "lock table turns in exclusive mode"); err != nil {
			return err
		}
		found, err = row(ctx, tx, []any{&value}, "delete from messages where id ="+
			" (select id from messages where queue = $1 order by id limit 1) returning value", queue)
		return err
	})
	return value, found && err == nil, err
}

// Publish implements workloads.Messages.
func (c *client) Publish(ctx context.Context, queue string, value int) error {
	return c.Send(ctx, queue, value)
}

// hidden is how long a message that was taken is handed out to nobody else. It is well
// below what the workload waits for by default.
const hidden = "2 s"

// Take implements workloads.Messages as pgmq and other queues on PostgreSQL do it: a
// message that was taken is hidden for a while, until a time of the server's clock. One
// that was taken while that clock was ahead stays hidden for longer once it is right
// again.
func (c *client) Take(ctx context.Context, queue string) (m workloads.Message, found bool, err error) {
	var id, takes int64
	found, err = c.change(ctx, []any{&id, &takes, &m.Value}, "update messages set takes = takes + 1,"+
		" hidden = clock_timestamp() + $2::interval where id = (select id from messages where queue = $1"+
		" and hidden <= clock_timestamp() order by id limit 1 for update skip locked) returning id, takes, value", queue, hidden)
	m.Ticket, m.Redelivered = fmt.Sprintf("%d/%d", id, takes), takes > 1
	return m, found, err
}

// Acknowledge implements workloads.Messages. A ticket is worth nothing any more once
// its message was handed out again.
func (c *client) Acknowledge(ctx context.Context, queue, ticket string) error {
	var id, takes int64
	if _, err := fmt.Sscanf(ticket, "%d/%d", &id, &takes); err != nil {
		return workloads.NoEffect(fmt.Errorf("the ticket %q is none: %w", ticket, err))
	}
	gone, err := c.execute(ctx, "delete from messages where queue = $1 and id = $2 and takes = $3", queue, id, takes)
	if err == nil && gone == 0 {
		return workloads.NoEffect(fmt.Errorf("ticket %s: the message was handed out again", ticket))
	}
	return err
}

// Acquire implements workloads.Lock by an advisory lock, which belongs to the
// connection and goes with it. It does not wait.
func (c *client) Acquire(ctx context.Context, lock string) (held bool, token int64, err error) {
	_, err = c.change(ctx, []any{&held}, "select pg_try_advisory_lock(hashtextextended($1, 0))", lock)
	if err != nil || !held {
		return false, 0, err
	}
	_, err = c.change(ctx, []any{&token}, "select nextval('tokens')")
	if err != nil { // then nobody may take the lock for held
		_ = c.Close()
		return false, 0, err
	}
	return true, token, nil
}

// Release implements workloads.Lock. A connection that was made since holds nothing.
func (c *client) Release(ctx context.Context, lock string) (released bool, err error) {
	_, err = c.change(ctx, []any{&released}, "select pg_advisory_unlock(hashtextextended($1, 0))", lock)
	return released, err
}
