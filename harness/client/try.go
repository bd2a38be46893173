package client

import (
	"context"
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// Try executes a call by the method that workloads use for it, which reads the answer
// strictly, and returns what that makes of it. Its arguments must be like the examples
// of the table.
func (c *Client) Try(ctx context.Context, call Call) (any, error) {
	t := tried{key: call.Key, value: call.Value}
	t.numbers, _ = integers(call.F, call.Value)
	t.number, _ = call.Value.Int()
	t.text, _ = call.Value.Text()
	if items, ok := call.Value.Items(); ok && len(items) == 2 {
		t.text, _ = items[0].Text()
		t.number, _ = items[1].Int()
	}
	how, known := tries[call.F]
	if !known {
		return nil, fmt.Errorf("there is no operation %q", call.F)
	}
	return how(ctx, c, t)
}

// tried are the arguments of a call, as its method wants them.
type tried struct {
	key, text string
	number    int
	numbers   []int
	value     history.Value
}

// pair shows two results as one.
func pair[A, B any](a A, b B, err error) (any, error) { return fmt.Sprintf("%v, %v", a, b), err }

// nothing is the result of a method that has none.
func nothing(err error) (any, error) { return "nothing", err }

// one is a single result.
func one[A any](a A, err error) (any, error) { return a, err }

var tries = map[string]func(context.Context, *Client, tried) (any, error){
	"read": func(ctx context.Context, c *Client, t tried) (any, error) { return pair(c.Read(ctx, t.key)) },
	"write": func(ctx context.Context, c *Client, t tried) (any, error) {
		return nothing(c.Write(ctx, t.key, t.number))
	},
	"cas": func(ctx context.Context, c *Client, t tried) (any, error) {
		return one(c.CompareAndSet(ctx, t.key, t.numbers[0], t.numbers[1]))
	},
	"send": func(ctx context.Context, c *Client, t tried) (any, error) {
		return nothing(c.Send(ctx, t.key, t.number))
	},
	"receive": func(ctx context.Context, c *Client, t tried) (any, error) { return pair(c.Receive(ctx, t.key)) },
	"add": func(ctx context.Context, c *Client, t tried) (any, error) {
		return nothing(c.Add(ctx, t.key, t.number))
	},
	"elements": func(ctx context.Context, c *Client, t tried) (any, error) { return one(c.Elements(ctx, t.key)) },
	"txn-lists": func(ctx context.Context, c *Client, t tried) (any, error) {
		return t.transact(ctx, c.TransactLists)
	},
	"txn-registers": func(ctx context.Context, c *Client, t tried) (any, error) {
		return t.transact(ctx, c.TransactRegisters)
	},
	"open": func(ctx context.Context, c *Client, t tried) (any, error) {
		return nothing(c.Open(ctx, t.numbers[0], t.numbers[1]))
	},
	"transfer": func(ctx context.Context, c *Client, t tried) (any, error) {
		return one(c.Transfer(ctx, t.numbers[0], t.numbers[1], t.numbers[2]))
	},
	"balances": func(ctx context.Context, c *Client, t tried) (any, error) { return one(c.Balances(ctx)) },
	"get":      func(ctx context.Context, c *Client, t tried) (any, error) { return pair(c.Get(ctx, t.key)) },
	"put":      func(ctx context.Context, c *Client, t tried) (any, error) { return one(c.Put(ctx, t.key, t.number)) },
	"put-if": func(ctx context.Context, c *Client, t tried) (any, error) {
		return pair(c.PutIf(ctx, t.key, t.numbers[0], int64(t.numbers[1])))
	},
	"delete": func(ctx context.Context, c *Client, t tried) (any, error) { return one(c.Delete(ctx, t.key)) },
	"publish": func(ctx context.Context, c *Client, t tried) (any, error) {
		return nothing(c.Publish(ctx, t.key, t.number))
	},
	"take": func(ctx context.Context, c *Client, t tried) (any, error) { return pair(c.Take(ctx, t.key)) },
	"acknowledge": func(ctx context.Context, c *Client, t tried) (any, error) {
		return t.acknowledge(ctx, c)
	},
	"append": func(ctx context.Context, c *Client, t tried) (any, error) { return one(c.Append(ctx, t.key, t.number)) },
	"records": func(ctx context.Context, c *Client, t tried) (any, error) {
		return one(c.Records(ctx, t.key, int64(t.numbers[0]), t.numbers[1]))
	},
	"poll": func(ctx context.Context, c *Client, t tried) (any, error) {
		return one(c.Poll(ctx, t.text, t.key, t.number))
	},
	"commit": func(ctx context.Context, c *Client, t tried) (any, error) {
		return nothing(c.Commit(ctx, t.text, t.key, int64(t.number)))
	},
	"acquire": func(ctx context.Context, c *Client, t tried) (any, error) { return pair(c.Acquire(ctx, t.key)) },
	"acquire-for": func(ctx context.Context, c *Client, t tried) (any, error) {
		return pair(c.AcquireFor(ctx, t.key, time.Duration(t.number)*time.Millisecond))
	},
	"release": func(ctx context.Context, c *Client, t tried) (any, error) { return one(c.Release(ctx, t.key)) },
	"increment": func(ctx context.Context, c *Client, t tried) (any, error) {
		return nothing(c.Increment(ctx, t.key, t.number))
	},
	"count":    func(ctx context.Context, c *Client, t tried) (any, error) { return one(c.Count(ctx, t.key)) },
	"generate": func(ctx context.Context, c *Client, t tried) (any, error) { return one(c.Generate(ctx)) },
	"changes": func(ctx context.Context, c *Client, t tried) (any, error) {
		return pair(c.Changes(ctx, t.key, int64(t.number)))
	},
	"leads": func(ctx context.Context, c *Client, t tried) (any, error) { return pair(c.Leads(ctx)) },
	"echo":  func(ctx context.Context, c *Client, t tried) (any, error) { return one(c.Echo(ctx, t.number)) },
	"charge": func(ctx context.Context, c *Client, t tried) (any, error) {
		return nothing(c.Charge(ctx, t.numbers[0], t.numbers[1]))
	},
	"entries": func(ctx context.Context, c *Client, t tried) (any, error) { return one(c.Entries(ctx)) },
}

func (t tried) transact(ctx context.Context, by func(context.Context, []transaction.Op) ([]transaction.Op, error)) (any, error) {
	ops, err := transaction.Parse(t.value)
	if err != nil {
		return nil, err
	}
	return one(by(ctx, ops))
}

// acknowledge takes a message first: a ticket cannot be made up.
func (t tried) acknowledge(ctx context.Context, c *Client) (any, error) {
	if err := c.Publish(ctx, t.key, 1); err != nil {
		return nil, err
	}
	m, found, err := c.Take(ctx, t.key)
	if err != nil || !found {
		return "nothing, for there was nothing to be taken", err
	}
	return nothing(c.Acknowledge(ctx, t.key, m.Ticket))
}
