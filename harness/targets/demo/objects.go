package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/assaykit/assay/harness/protocols/raft"
	"github.com/assaykit/assay/workloads"
)

var (
	_ workloads.Messages      = (*Client)(nil)
	_ workloads.Log           = (*Client)(nil)
	_ workloads.ConsumerGroup = (*Client)(nil)
	_ workloads.BlindLedger   = (*Client)(nil)
	_ workloads.Counter       = (*Client)(nil)
	_ workloads.Identifiers   = (*Client)(nil)
	_ workloads.Leadership    = (*Client)(nil)
)

// object is what a node answers about an object. Pointers tell what it did not say.
type object struct {
	Found   *bool         `json:"found"`
	Value   *int          `json:"value"`
	Swapped *bool         `json:"swapped"`
	Number  int           `json:"number"`
	Pairs   [][2]int      `json:"pairs"`
	Changes []raft.Change `json:"changes"`
}

// askObject makes one attempt, as ask does.
func (c *Client) askObject(ctx context.Context, r request) (o object, err error) {
	body, err := c.post(ctx, r)
	if err != nil {
		return o, fmt.Errorf("%s: %w", r.F, err)
	}
	if a := decode(r.F, body); a.err != nil {
		return o, a.err
	}
	if err := json.Unmarshal(body, &o); err != nil {
		return o, fmt.Errorf("%s: answer makes no sense: %q: %w", r.F, shorten(body), err)
	}
	if o.Found == nil || o.Value == nil || o.Swapped == nil {
		return o, errIncomplete
	}
	return o, nil
}

// askPairs is for questions whose answer is a list, which has to be there.
func (c *Client) askPairs(ctx context.Context, r request) ([][2]int, error) {
	o, err := c.askObject(ctx, r)
	if err == nil && o.Pairs == nil {
		err = errIncomplete
	}
	return o.Pairs, err
}

// Publish implements workloads.Messages.
func (c *Client) Publish(ctx context.Context, queue string, value int) error {
	return c.ask(ctx, request{F: "publish", Key: queue, Value: new(value)}).err
}

// Take implements workloads.Messages.
func (c *Client) Take(ctx context.Context, queue string) (m workloads.Message, found bool, err error) {
	o, err := c.askObject(ctx, request{F: "take", Key: queue})
	if err != nil || !*o.Found {
		return m, false, err
	}
	return workloads.Message{Value: *o.Value, Ticket: strconv.Itoa(o.Number), Redelivered: *o.Swapped}, true, nil
}

// Acknowledge implements workloads.Messages.
func (c *Client) Acknowledge(ctx context.Context, queue, ticket string) error {
	number, err := strconv.Atoi(ticket)
	if err != nil {
		return workloads.NoEffect(fmt.Errorf("acknowledge: %q is no ticket of this target", ticket))
	}
	o, err := c.askObject(ctx, request{F: "acknowledge", Key: queue, Value: &number})
	if err == nil && !*o.Found {
		return workloads.NoEffect(fmt.Errorf("acknowledge: the message of ticket %s is to be handed out again", ticket))
	}
	return err
}

// Append implements workloads.Log.
func (c *Client) Append(ctx context.Context, partition string, value int) (offset int64, err error) {
	o, err := c.askObject(ctx, request{F: "append", Key: partition, Value: &value})
	return int64(o.Number), err
}

// Records implements workloads.Log.
func (c *Client) Records(ctx context.Context, partition string, from int64, most int) ([]workloads.Record, error) {
	return records(c.askPairs(ctx, request{F: "records", Key: partition, Value: new(int(from)), Old: &most}))
}

// Poll implements workloads.ConsumerGroup.
func (c *Client) Poll(ctx context.Context, group, partition string, most int) ([]workloads.Record, error) {
	return records(c.askPairs(ctx, request{F: "poll", Key: ofGroup(partition, group), Old: &most}))
}

// Commit implements workloads.ConsumerGroup.
func (c *Client) Commit(ctx context.Context, group, partition string, offset int64) error {
	return c.ask(ctx, request{F: "commit", Key: ofGroup(partition, group), Value: new(int(offset))}).err
}

// ofGroup is the key of a group's place in a partition.
func ofGroup(partition, group string) string { return partition + "\x00" + group }

func records(pairs [][2]int, err error) ([]workloads.Record, error) {
	all := make([]workloads.Record, len(pairs))
	for i, p := range pairs {
		all[i] = workloads.Record{Offset: int64(p[0]), Value: p[1]}
	}
	return all, err
}

// Charge implements workloads.Ledger.
func (c *Client) Charge(ctx context.Context, order, amount int) error {
	return c.ask(ctx, request{F: "charge", Value: &order, New: &amount}).err
}

// ChargeBlindly implements workloads.BlindLedger.
func (c *Client) ChargeBlindly(ctx context.Context, order, amount int) error {
	return c.ask(ctx, request{F: "charge-blindly", Value: &order, New: &amount}).err
}

// Entries implements workloads.Ledger.
func (c *Client) Entries(ctx context.Context) ([]workloads.Entry, error) {
	pairs, err := c.askPairs(ctx, request{F: "bookings"})
	entries := make([]workloads.Entry, len(pairs))
	for i, p := range pairs {
		entries[i] = workloads.Entry{Order: p[0], Amount: p[1]}
	}
	return entries, err
}

// Increment implements workloads.Counter.
func (c *Client) Increment(ctx context.Context, counter string, by int) error {
	return c.ask(ctx, request{F: "increment", Key: counter, Value: &by}).err
}

// Count implements workloads.Counter.
func (c *Client) Count(ctx context.Context, counter string) (int, error) {
	count, _, err := c.ask(ctx, request{F: "count", Key: counter}).valueFound()
	return count, err
}

// Generate implements workloads.Identifiers.
func (c *Client) Generate(ctx context.Context) (int64, error) {
	o, err := c.askObject(ctx, request{F: "generate"})
	return int64(o.Number), err
}

// Leads implements workloads.Leadership.
func (c *Client) Leads(ctx context.Context) (leads bool, term int64, err error) {
	s, err := c.status(ctx)
	if err != nil {
		// Whoever only asked changed nothing.
		return false, 0, workloads.NoEffect(err)
	}
	return s.Role == raft.LeaderRole, int64(s.Term), nil
}
