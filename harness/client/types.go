package client

import (
	"context"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/workloads"
)

var (
	_ cluster.Client                 = (*Client)(nil)
	_ workloads.Partial              = (*Client)(nil)
	_ workloads.Register             = (*Client)(nil)
	_ workloads.Queue                = (*Client)(nil)
	_ workloads.Set                  = (*Client)(nil)
	_ workloads.ListTransactions     = (*Client)(nil)
	_ workloads.RegisterTransactions = (*Client)(nil)
	_ workloads.Bank                 = (*Client)(nil)
	_ workloads.Versions             = (*Client)(nil)
	_ workloads.Messages             = (*Client)(nil)
	_ workloads.Log                  = (*Client)(nil)
	_ workloads.ConsumerGroup        = (*Client)(nil)
	_ workloads.Lock                 = (*Client)(nil)
	_ workloads.Lease                = (*Client)(nil)
	_ workloads.Counter              = (*Client)(nil)
	_ workloads.Identifiers          = (*Client)(nil)
	_ workloads.Watch                = (*Client)(nil)
	_ workloads.Leadership           = (*Client)(nil)
	_ workloads.Ledger               = (*Client)(nil)
	_ workloads.Echo                 = (*Client)(nil)
)

var null history.Value

// Read implements workloads.Register.
func (c *Client) Read(ctx context.Context, key string) (int, bool, error) {
	v, err := c.call(ctx, "read", key, null)
	if err != nil {
		return 0, false, err
	}
	return perhaps("read", v)
}

// Write implements workloads.Register.
func (c *Client) Write(ctx context.Context, key string, value int) error {
	return c.do(ctx, "write", key, history.Int(value))
}

// CompareAndSet implements workloads.Register.
func (c *Client) CompareAndSet(ctx context.Context, key string, old, new int) (bool, error) {
	swapped, _, err := c.onlyIf(ctx, "cas", key, history.Ints(old, new))
	return swapped, err
}

// Send implements workloads.Queue.
func (c *Client) Send(ctx context.Context, queue string, value int) error {
	return c.do(ctx, "send", queue, history.Int(value))
}

// Receive implements workloads.Queue.
func (c *Client) Receive(ctx context.Context, queue string) (int, bool, error) {
	v, err := c.call(ctx, "receive", queue, null)
	if err != nil {
		return 0, false, err
	}
	return perhaps("receive", v)
}

// Add implements workloads.Set.
func (c *Client) Add(ctx context.Context, set string, element int) error {
	return c.do(ctx, "add", set, history.Int(element))
}

// Elements implements workloads.Set.
func (c *Client) Elements(ctx context.Context, set string) ([]int, error) {
	v, err := c.call(ctx, "elements", set, null)
	if err != nil {
		return nil, err
	}
	return integers("elements", v)
}

// TransactLists implements workloads.ListTransactions.
func (c *Client) TransactLists(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	return c.transact(ctx, "txn-lists", ops, true)
}

// TransactRegisters implements workloads.RegisterTransactions.
func (c *Client) TransactRegisters(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	return c.transact(ctx, "txn-registers", ops, false)
}

func (c *Client) transact(ctx context.Context, f string, ops []transaction.Op, lists bool) ([]transaction.Op, error) {
	v, err := c.call(ctx, f, "", transaction.Value(ops, lists))
	if err != nil {
		return nil, err
	}
	done, err := transaction.Parse(v)
	if err != nil || !answers(done, ops, lists) {
		return nil, nonsense(f, v, "the transaction that was asked for, with what its reads found")
	}
	return done, nil
}

// answers says whether the second transaction is the first one with its reads filled
// in.
func answers(done, asked []transaction.Op, lists bool) bool {
	if len(done) != len(asked) {
		return false
	}
	for i, d := range done {
		a := asked[i]
		same := d.Kind == a.Kind && d.Key == a.Key && (a.Kind == transaction.Read || d.Value == a.Value)
		right := a.Kind != transaction.Read || !d.Found || lists == (d.List != nil)
		if !same || !right {
			return false
		}
	}
	return true
}

// Open implements workloads.Bank.
func (c *Client) Open(ctx context.Context, accounts, balance int) error {
	return c.do(ctx, "open", "", history.Ints(accounts, balance))
}

// Transfer implements workloads.Bank.
func (c *Client) Transfer(ctx context.Context, from, to, amount int) (bool, error) {
	moved, _, err := c.onlyIf(ctx, "transfer", "", history.Ints(from, to, amount))
	return moved, err
}

// Balances implements workloads.Bank.
func (c *Client) Balances(ctx context.Context) (map[int]int, error) {
	v, err := c.call(ctx, "balances", "", null)
	if err != nil {
		return nil, err
	}
	pairs, err := twos("balances", v)
	balances := map[int]int{}
	for _, p := range pairs {
		if _, twice := balances[p[0]]; twice {
			return nil, nonsense("balances", v, "one balance for each account")
		}
		balances[p[0]] = p[1]
	}
	return balances, err
}

// Get implements workloads.Versions.
func (c *Client) Get(ctx context.Context, key string) (int, int64, error) {
	v, err := c.call(ctx, "get", key, null)
	if err != nil || v.IsNil() {
		return 0, 0, err
	}
	value, version, err := two("get", v)
	if err == nil && version <= 0 {
		err = nonsense("get", v, "a value with a version above 0")
	}
	return value, int64(version), err
}

// Put implements workloads.Versions.
func (c *Client) Put(ctx context.Context, key string, value int) (int64, error) {
	return c.number(ctx, "put", key, history.Int(value))
}

// PutIf implements workloads.Versions.
func (c *Client) PutIf(ctx context.Context, key string, value int, version int64) (int64, bool, error) {
	put, v, err := c.onlyIf(ctx, "put-if", key, history.Ints(value, int(version)))
	if err != nil || !put {
		return 0, false, err
	}
	now, err := integer("put-if", v)
	return int64(now), err == nil, err
}

// Delete implements workloads.Versions.
func (c *Client) Delete(ctx context.Context, key string) (int64, error) {
	return c.number(ctx, "delete", key, null)
}

// number executes an operation that answers an integer.
func (c *Client) number(ctx context.Context, f, key string, value history.Value) (int64, error) {
	v, err := c.call(ctx, f, key, value)
	if err != nil {
		return 0, err
	}
	n, err := integer(f, v)
	return int64(n), err
}

// Publish implements workloads.Messages.
func (c *Client) Publish(ctx context.Context, queue string, value int) error {
	return c.do(ctx, "publish", queue, history.Int(value))
}

// Take implements workloads.Messages.
func (c *Client) Take(ctx context.Context, queue string) (workloads.Message, bool, error) {
	v, err := c.call(ctx, "take", queue, null)
	if err != nil || v.IsNil() {
		return workloads.Message{}, false, err
	}
	items, _ := v.Items()
	if len(items) != 3 {
		return workloads.Message{}, false, nonsense("take", v, "[integer, ticket, redelivered]")
	}
	value, isInteger := items[0].Int()
	ticket, isText := items[1].Text()
	again, isBool := items[2].Bool()
	if !isInteger || !isText || !isBool {
		return workloads.Message{}, false, nonsense("take", v, "[integer, ticket, redelivered]")
	}
	return workloads.Message{Value: value, Ticket: ticket, Redelivered: again}, true, nil
}

// Acknowledge implements workloads.Messages.
func (c *Client) Acknowledge(ctx context.Context, queue, ticket string) error {
	return c.do(ctx, "acknowledge", queue, history.String(ticket))
}

// Append implements workloads.Log.
func (c *Client) Append(ctx context.Context, partition string, value int) (int64, error) {
	return c.number(ctx, "append", partition, history.Int(value))
}

// Records implements workloads.Log.
func (c *Client) Records(ctx context.Context, partition string, from int64, most int) ([]workloads.Record, error) {
	return c.records(ctx, "records", partition, history.Ints(int(from), most))
}

// Poll implements workloads.ConsumerGroup.
func (c *Client) Poll(ctx context.Context, group, partition string, most int) ([]workloads.Record, error) {
	return c.records(ctx, "poll", partition, history.List(history.String(group), history.Int(most)))
}

func (c *Client) records(ctx context.Context, f, partition string, value history.Value) ([]workloads.Record, error) {
	v, err := c.call(ctx, f, partition, value)
	if err != nil {
		return nil, err
	}
	pairs, err := twos(f, v)
	records := make([]workloads.Record, len(pairs))
	for i, p := range pairs {
		records[i] = workloads.Record{Offset: int64(p[0]), Value: p[1]}
	}
	return records, err
}

// Commit implements workloads.ConsumerGroup.
func (c *Client) Commit(ctx context.Context, group, partition string, offset int64) error {
	return c.do(ctx, "commit", partition, history.List(history.String(group), history.Int(int(offset))))
}

// Acquire implements workloads.Lock.
func (c *Client) Acquire(ctx context.Context, lock string) (bool, int64, error) {
	return c.hold(ctx, "acquire", lock, null)
}

// AcquireFor implements workloads.Lease.
func (c *Client) AcquireFor(ctx context.Context, lock string, hold time.Duration) (bool, int64, error) {
	return c.hold(ctx, "acquire-for", lock, history.Int(int(hold.Milliseconds())))
}

func (c *Client) hold(ctx context.Context, f, lock string, value history.Value) (bool, int64, error) {
	held, v, err := c.onlyIf(ctx, f, lock, value)
	if err != nil || !held {
		return false, 0, err
	}
	fence, err := token(f, v)
	return err == nil, fence, err
}

// Release implements workloads.Lock and workloads.Lease.
func (c *Client) Release(ctx context.Context, lock string) (bool, error) {
	released, _, err := c.onlyIf(ctx, "release", lock, null)
	return released, err
}

// Increment implements workloads.Counter.
func (c *Client) Increment(ctx context.Context, counter string, by int) error {
	return c.do(ctx, "increment", counter, history.Int(by))
}

// Count implements workloads.Counter.
func (c *Client) Count(ctx context.Context, counter string) (int, error) {
	n, err := c.number(ctx, "count", counter, null)
	return int(n), err
}

// Generate implements workloads.Identifiers.
func (c *Client) Generate(ctx context.Context) (int64, error) {
	return c.number(ctx, "generate", "", null)
}

// Changes implements workloads.Watch.
func (c *Client) Changes(ctx context.Context, prefix string, after int64) ([]workloads.Change, int64, error) {
	v, err := c.call(ctx, "changes", prefix, history.Int(int(after)))
	if err != nil {
		return nil, 0, err
	}
	wrong := nonsense("changes", v, "[version, [[key, integer or null, version], ...]]")
	items, _ := v.Items()
	if len(items) != 2 {
		return nil, 0, wrong
	}
	upto, isInteger := items[0].Int()
	list, isList := items[1].Items()
	changes := make([]workloads.Change, len(list))
	for i, item := range list {
		ok := false
		if changes[i], ok = change(item); !ok {
			return nil, 0, wrong
		}
	}
	if !isInteger || !isList {
		return nil, 0, wrong
	}
	return changes, int64(upto), nil
}

func change(v history.Value) (workloads.Change, bool) {
	items, _ := v.Items()
	if len(items) != 3 {
		return workloads.Change{}, false
	}
	key, isText := items[0].Text()
	value, isInteger := items[1].Int()
	version, hasVersion := items[2].Int()
	deleted := items[1].IsNil()
	made := workloads.Change{Key: key, Value: value, Version: int64(version), Deleted: deleted}
	return made, isText && hasVersion && (isInteger || deleted)
}

// Leads implements workloads.Leadership.
func (c *Client) Leads(ctx context.Context) (bool, int64, error) {
	v, err := c.call(ctx, "leads", "", null)
	if err != nil {
		return false, 0, err
	}
	items, _ := v.Items()
	if len(items) != 2 {
		return false, 0, nonsense("leads", v, "[whether, term]")
	}
	leads, isBool := items[0].Bool()
	term, isInteger := items[1].Int()
	if !isBool || !isInteger {
		return false, 0, nonsense("leads", v, "[whether, term]")
	}
	return leads, int64(term), nil
}

// Echo implements workloads.Echo.
func (c *Client) Echo(ctx context.Context, value int) (int, error) {
	n, err := c.number(ctx, "echo", "", history.Int(value))
	return int(n), err
}

// Charge implements workloads.Ledger.
func (c *Client) Charge(ctx context.Context, order, amount int) error {
	return c.do(ctx, "charge", "", history.Ints(order, amount))
}

// Entries implements workloads.Ledger.
func (c *Client) Entries(ctx context.Context) ([]workloads.Entry, error) {
	v, err := c.call(ctx, "entries", "", null)
	if err != nil {
		return nil, err
	}
	pairs, err := twos("entries", v)
	entries := make([]workloads.Entry, len(pairs))
	for i, p := range pairs {
		entries[i] = workloads.Entry{Order: p[0], Amount: p[1]}
	}
	return entries, err
}
