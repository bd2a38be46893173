package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/assaykit/assay/workloads"
)

var (
	_ workloads.Register    = (*client)(nil)
	_ workloads.Set         = (*client)(nil)
	_ workloads.Counter     = (*client)(nil)
	_ workloads.Identifiers = (*client)(nil)
	_ workloads.Ledger      = (*client)(nil)
	_ workloads.Leadership  = (*client)(nil)
)

// write sets a register.
const write = "insert into registers values ($1, $2) on conflict (key) do update set value = $2"

// Read implements workloads.Register.
func (c *client) Read(ctx context.Context, key string) (value int, found bool, err error) {
	found, err = c.look(ctx, []any{&value}, "select value from registers where key = $1", key)
	return value, found, err
}

// Write implements workloads.Register.
func (c *client) Write(ctx context.Context, key string, value int) error {
	_, err := c.execute(ctx, write, key, value)
	return err
}

// CompareAndSet implements workloads.Register. A key that was never written equals no
// value.
func (c *client) CompareAndSet(ctx context.Context, key string, old, new int) (bool, error) {
	changed, err := c.execute(ctx, "update registers set value = $3 where key = $1 and value = $2", key, old, new)
	return changed == 1, err
}

// Add implements workloads.Set: every element is a row of its own, so that adds never
// wait for each other.
func (c *client) Add(ctx context.Context, set string, element int) error {
	_, err := c.execute(ctx, "insert into elements values ($1, $2) on conflict do nothing", set, element)
	return err
}

// Elements implements workloads.Set.
func (c *client) Elements(ctx context.Context, set string) ([]int, error) {
	return rows(ctx, c, pgx.RowTo[int], "select element from elements where name = $1", set)
}

// Increment implements workloads.Counter.
func (c *client) Increment(ctx context.Context, counter string, by int) error {
	_, err := c.execute(ctx, "insert into counters values ($1, $2)"+
		" on conflict (name) do update set total = counters.total + $2", counter, by)
	return err
}

// Count implements workloads.Counter. A counter that nobody incremented stands at 0.
func (c *client) Count(ctx context.Context, counter string) (total int, err error) {
	_, err = c.look(ctx, []any{&total}, "select total from counters where name = $1", counter)
	return total, err
}

// Generate implements workloads.Identifiers by a sequence.
func (c *client) Generate(ctx context.Context) (id int64, err error) {
	_, err = c.change(ctx, []any{&id}, "select nextval('identifiers')")
	return id, err
}

// Charge implements workloads.Ledger: the order is the primary key.
func (c *client) Charge(ctx context.Context, order, amount int) error {
	_, err := c.execute(ctx, "insert into orders values ($1, $2) on conflict do nothing", order, amount)
	return err
}

// Entries implements workloads.Ledger.
func (c *client) Entries(ctx context.Context) ([]workloads.Entry, error) {
	return rows(ctx, c, pgx.RowToStructByPos[workloads.Entry], "select id, amount from orders")
}

// Leads implements workloads.Leadership: a primary leads, and each promotion begins a
// new timeline.
func (c *client) Leads(ctx context.Context) (leads bool, term int64, err error) {
	leads, err = c.look(ctx, []any{&term}, "select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint"+
		" where not pg_is_in_recovery()")
	return leads, term, err
}
