package mariadb

import (
	"context"
	"database/sql"
	"time"

	"github.com/assaykit/assay/workloads"
)

var (
	_ workloads.Register    = (*client)(nil)
	_ workloads.Set         = (*client)(nil)
	_ workloads.Counter     = (*client)(nil)
	_ workloads.Ledger      = (*client)(nil)
	_ workloads.Identifiers = (*client)(nil)
)

// write sets a register.
const write = "insert into registers values (?, ?) on duplicate key update value = values(value)"

// Read implements workloads.Register.
func (c *client) Read(ctx context.Context, key string) (value int, found bool, err error) {
	found, err = c.look(ctx, &value, "select value from registers where name = ?", key)
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
	found, err := c.execute(ctx, "update registers set value = ? where name = ? and value = ?", new, key, old)
	return found == 1, err
}

// Add implements workloads.Set: every element is a row of its own, so that adds never
// wait for each other.
func (c *client) Add(ctx context.Context, set string, element int) error {
	_, err := c.execute(ctx, "insert into elements values (?, ?) on duplicate key update name = name", set, element)
	return err
}

// Elements implements workloads.Set.
func (c *client) Elements(ctx context.Context, set string) (elements []int, err error) {
	err = c.rows(ctx, func(found *sql.Rows) error {
		var element int
		err := found.Scan(&element)
		elements = append(elements, element)
		return err
	}, "select element from elements where name = ?", set)
	return elements, err
}

// Increment implements workloads.Counter.
func (c *client) Increment(ctx context.Context, counter string, by int) error {
	_, err := c.execute(ctx, "insert into counters values (?, ?)"+
		" on duplicate key update total = total + values(total)", counter, by)
	return err
}

// Count implements workloads.Counter. A counter that nobody incremented stands at 0.
func (c *client) Count(ctx context.Context, counter string) (total int, err error) {
	_, err = c.look(ctx, &total, "select total from counters where name = ?", counter)
	return total, err
}

// Charge implements workloads.Ledger: the order is the primary key.
func (c *client) Charge(ctx context.Context, order, amount int) error {
	_, err := c.execute(ctx, "insert into orders values (?, ?) on duplicate key update id = id", order, amount)
	return err
}

// Entries implements workloads.Ledger.
func (c *client) Entries(ctx context.Context) (entries []workloads.Entry, err error) {
	err = c.rows(ctx, func(found *sql.Rows) error {
		var e workloads.Entry
		err := found.Scan(&e.Order, &e.Amount)
		entries = append(entries, e)
		return err
	}, "select id, amount from orders")
	return entries, err
}

// Generate implements workloads.Identifiers by a column that increments itself.
func (c *client) Generate(ctx context.Context) (int64, error) {
	remote, err := c.connection(ctx)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	result, err := remote.ExecContext(ctx, "insert into identifiers values (null)")
	if err != nil {
		return 0, outcome(c.keep(err), time.Since(began))
	}
	return result.LastInsertId()
}
