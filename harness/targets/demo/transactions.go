package demo

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/harness/protocols/raft"
	"github.com/assaykit/assay/workloads"
)

var (
	_ workloads.ListTransactions     = (*Client)(nil)
	_ workloads.RegisterTransactions = (*Client)(nil)
	_ workloads.Bank                 = (*Client)(nil)
)

// TransactLists implements workloads.ListTransactions.
func (c *Client) TransactLists(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	return c.transaction(ctx, ops, map[transaction.Kind]string{transaction.Read: "elements", transaction.Append: "append"})
}

// TransactRegisters implements workloads.RegisterTransactions.
func (c *Client) TransactRegisters(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	return c.transaction(ctx, ops, map[transaction.Kind]string{transaction.Read: "read", transaction.Write: "write"})
}

// transaction has the node execute the operations, under the names that it has for
// them.
func (c *Client) transaction(ctx context.Context, ops []transaction.Op, names map[transaction.Kind]string) ([]transaction.Op, error) {
	micros := make([]micro, len(ops))
	for i, op := range ops {
		name, known := names[op.Kind]
		if !known {
			return nil, workloads.NoEffect(fmt.Errorf("transact: %s is no operation on such keys", op.Kind))
		}
		micros[i] = micro{F: name, Key: op.Key, Value: op.Value}
	}
	found, err := c.transact(ctx, micros)
	switch {
	case err != nil && transaction.ReadOnly(ops):
		return nil, workloads.NoEffect(err)
	case err != nil:
		return nil, err
	}
	done := make([]transaction.Op, len(ops))
	for i, op := range ops {
		if op.Kind == transaction.Read {
			op.Value, op.Found, op.List = found[i].Value, found[i].Found, found[i].List
		}
		done[i] = op
	}
	return done, nil
}

// micro is a micro-operation as a client asks for it.
type micro struct {
	F     string `json:"f"`
	Key   string `json:"key"`
	Value int    `json:"value"`
}

// transact executes micro-operations as one transaction. The answer has as many,
// with the same names and keys.
func (c *Client) transact(ctx context.Context, micros []micro) ([]raft.Micro, error) {
	body, err := c.post(ctx, struct {
		F      string  `json:"f"`
		Micros []micro `json:"micros"`
	}{"transact", micros})
	if err != nil {
		return nil, fmt.Errorf("transact: %w", err)
	}
	if a := decode("transact", body); a.err != nil {
		return nil, a.err
	}
	return executed(micros, body)
}

func executed(micros []micro, body []byte) ([]raft.Micro, error) {
	var answer struct{ Micros []raft.Micro }
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("transact: answer makes no sense: %q: %w", shorten(body), err)
	}
	if len(answer.Micros) != len(micros) {
		return nil, errIncomplete
	}
	for i, m := range answer.Micros {
		if m.F != micros[i].F || m.Key != micros[i].Key {
			return nil, errIncomplete
		}
	}
	return answer.Micros, nil
}

// accounts is the register that says how many accounts the bank has.
const accounts = "bank/accounts"

func account(number int) string { return fmt.Sprint("bank/", number) }

// Open implements workloads.Bank.
func (c *Client) Open(ctx context.Context, number, balance int) error {
	micros := []micro{{F: "init", Key: accounts, Value: number}}
	for i := range number {
		micros = append(micros, micro{F: "init", Key: account(i), Value: balance})
	}
	_, err := c.transact(ctx, micros)
	return err
}

// Transfer implements workloads.Bank.
func (c *Client) Transfer(ctx context.Context, from, to, amount int) (moved bool, err error) {
	done, err := c.transact(ctx, []micro{
		{F: "take", Key: account(from), Value: amount},
		{F: "give", Key: account(to), Value: amount},
	})
	return err == nil && done[0].Found, err
}

// Balances implements workloads.Bank. How many accounts there are never changes, so
// that it may be asked before.
func (c *Client) Balances(ctx context.Context) (map[int]int, error) {
	number, _, err := c.Read(ctx, accounts)
	if err != nil {
		return nil, workloads.NoEffect(err)
	}
	micros := make([]micro, number)
	for i := range micros {
		micros[i] = micro{F: "read", Key: account(i)}
	}
	done, err := c.transact(ctx, micros)
	if err != nil {
		return nil, workloads.NoEffect(err)
	}
	balances := make(map[int]int, number)
	for i, m := range done {
		if m.Found {
			balances[i] = m.Value
		}
	}
	return balances, nil
}
