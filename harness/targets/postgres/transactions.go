package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/workloads"
)

var (
	_ workloads.ListTransactions     = (*client)(nil)
	_ workloads.RegisterTransactions = (*client)(nil)
	_ workloads.Bank                 = (*client)(nil)
)

// TransactLists implements workloads.ListTransactions: a list is an array in a row.
func (c *client) TransactLists(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	return c.operate(ctx, ops, func(tx pgx.Tx, op *transaction.Op) (err error) {
		switch op.Kind {
		case transaction.Read:
			op.Found, err = row(ctx, tx, []any{&op.List}, "select elements from lists where key = $1", op.Key)
		case transaction.Append:
			// In the simple protocol a value is a quoted text, which after || would be
			// taken for a whole array.
			_, err = tx.Exec(ctx, "insert into lists values ($1, array[$2::bigint])"+
				" on conflict (key) do update set elements = lists.elements || $2::bigint", op.Key, op.Value)
		default:
			err = fmt.Errorf("lists have no operation %s", op.Kind)
		}
		return err
	})
}

// TransactRegisters implements workloads.RegisterTransactions.
func (c *client) TransactRegisters(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	return c.operate(ctx, ops, func(tx pgx.Tx, op *transaction.Op) (err error) {
		switch op.Kind {
		case transaction.Read:
			op.Found, err = row(ctx, tx, []any{&op.Value}, "select value from registers where key = $1", op.Key)
		case transaction.Write:
			_, err = tx.Exec(ctx, write, op.Key, op.Value)
		default:
			err = fmt.Errorf("registers have no operation %s", op.Kind)
		}
		return err
	})
}

func (c *client) operate(ctx context.Context, ops []transaction.Op, do func(pgx.Tx, *transaction.Op) error) ([]transaction.Op, error) {
	done := slices.Clone(ops)
	err := c.transact(ctx, func(tx pgx.Tx) error {
		for i := range done {
			if err := do(tx, &done[i]); err != nil {
				return fmt.Errorf("operation %d: %w", i+1, err)
			}
		}
		return nil
	})
	return done, err
}

// Open implements workloads.Bank.
func (c *client) Open(ctx context.Context, accounts, balance int) error {
	_, err := c.execute(ctx, "insert into accounts select n, $2 from generate_series(0::bigint, $1::bigint - 1) n"+
		" on conflict do nothing", accounts, balance)
	return err
}

// Transfer implements workloads.Bank. It writes the balances that it made of those that
// it read, as programs do: that the one are still those of the other is what the
// isolation level has to see to.
func (c *client) Transfer(ctx context.Context, from, to, amount int) (moved bool, err error) {
	err = c.transact(ctx, func(tx pgx.Tx) error {
		has, err := balance(ctx, tx, from)
		if err != nil || has < amount {
			return err
		}
		other, err := balance(ctx, tx, to)
		if err != nil {
			return err
		}
		if err := setBalance(ctx, tx, from, has-amount); err != nil {
			return err
		}
		moved = true
		return setBalance(ctx, tx, to, other+amount)
	})
	return moved && err == nil, err
}

func balance(ctx context.Context, tx pgx.Tx, account int) (n int, err error) {
	found, err := row(ctx, tx, []any{&n}, "select balance from accounts where id = $1", account)
	if err == nil && !found {
		err = fmt.Errorf("there is no account %d", account)
	}
	return n, err
}

func setBalance(ctx context.Context, tx pgx.Tx, account, n int) error {
	_, err := tx.Exec(ctx, "update accounts set balance = $2 where id = $1", account, n)
	return err
}

// Balances implements workloads.Bank: one statement is one transaction.
func (c *client) Balances(ctx context.Context) (map[int]int, error) {
	type account struct{ ID, Balance int }
	found, err := rows(ctx, c, pgx.RowToStructByPos[account], "select id, balance from accounts")
	if err != nil {
		return nil, err
	}
	balances := map[int]int{}
	for _, a := range found {
		balances[a.ID] = a.Balance
	}
	return balances, nil
}
