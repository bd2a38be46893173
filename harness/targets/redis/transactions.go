package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/workloads"
)

// Transactions are between MULTI and EXEC, which a server executes without anything in
// between. They are executed by the master, also those that only read. A cluster executes
// them only on keys of one slot, which the braces in their names see to.

// TransactLists implements workloads.ListTransactions.
func (c *client) TransactLists(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	if err := only(transaction.Append, ops); err != nil {
		return nil, err
	}
	answers, err := c.transact(ctx, "{list}", ops, func(op transaction.Op) []any {
		if op.Kind == transaction.Read {
			return []any{"LRANGE", "{list}:" + op.Key, 0, -1}
		}
		return []any{"RPUSH", "{list}:" + op.Key, op.Value}
	})
	if err != nil {
		return nil, err
	}
	return fill(ops, answers, func(op *transaction.Op, answer any) error {
		elements, ok := answer.([]any)
		if !ok {
			return fmt.Errorf("list %s: the answer is no list: %v", op.Key, answer)
		}
		for _, element := range elements {
			n, err := number(element)
			if err != nil {
				return err
			}
			op.List = append(op.List, n)
		}
		op.Found = len(op.List) > 0
		return nil
	})
}

// TransactRegisters implements workloads.RegisterTransactions.
func (c *client) TransactRegisters(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	if err := only(transaction.Write, ops); err != nil {
		return nil, err
	}
	answers, err := c.transact(ctx, "{variable}", ops, func(op transaction.Op) []any {
		if op.Kind == transaction.Read {
			return []any{"GET", "{variable}:" + op.Key}
		}
		return []any{"SET", "{variable}:" + op.Key, op.Value}
	})
	if err != nil {
		return nil, err
	}
	return fill(ops, answers, func(op *transaction.Op, answer any) (err error) {
		if answer != nil {
			op.Value, err = number(answer)
			op.Found = err == nil
		}
		return err
	})
}

// only refuses what is neither a read nor of the kind that changes keys of this type.
func only(kind transaction.Kind, ops []transaction.Op) error {
	for _, op := range ops {
		if op.Kind != transaction.Read && op.Kind != kind {
			return workloads.NoEffect(fmt.Errorf("%s is no operation on such keys", op.Kind))
		}
	}
	return nil
}

// transact executes a command for each operation, on keys whose slot is that of tag, and
// returns the answers.
func (c *client) transact(ctx context.Context, tag string, ops []transaction.Op, command func(transaction.Op) []any) ([]any, error) {
	var answer *redis.Cmd
	err := c.write(ctx, tag, func(batch redis.Pipeliner) {
		batch.Do(ctx, "MULTI")
		for _, op := range ops {
			batch.Do(ctx, command(op)...)
		}
		answer = batch.Do(ctx, "EXEC")
	})
	if err != nil {
		return nil, err
	}
	answers, err := answer.Slice()
	if err == nil && len(answers) != len(ops) {
		err = fmt.Errorf("%d answers to %d operations", len(answers), len(ops))
	}
	return answers, err
}

// fill returns the operations with what the reads among them found.
func fill(ops []transaction.Op, answers []any, found func(*transaction.Op, any) error) ([]transaction.Op, error) {
	filled := append([]transaction.Op{}, ops...)
	for i := range filled {
		if err, failed := answers[i].(error); failed {
			return nil, err
		}
		if filled[i].Kind != transaction.Read {
			continue
		}
		if err := found(&filled[i], answers[i]); err != nil {
			return nil, err
		}
	}
	return filled, nil
}

func number(answer any) (int, error) {
	text, ok := answer.(string)
	if !ok {
		return 0, errors.New("the answer is no text")
	}
	return strconv.Atoi(text)
}
