package mariadb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/workloads"
)

var (
	_ workloads.ListTransactions     = (*client)(nil)
	_ workloads.RegisterTransactions = (*client)(nil)
	_ workloads.Bank                 = (*client)(nil)
)

// TransactLists implements workloads.ListTransactions: a list is a text in a row.
func (c *client) TransactLists(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	return c.operate(ctx, ops, func(ctx context.Context, remote *sql.Conn, op *transaction.Op) (err error) {
		switch op.Kind {
		case transaction.Read:
			op.Found, op.List, err = list(ctx, remote, op.Key)
		case transaction.Append:
			_, err = remote.ExecContext(ctx, "insert into lists values (?, ?)"+
				" on duplicate key update elements = concat(elements, ',', values(elements))", op.Key, strconv.Itoa(op.Value))
		default:
			err = fmt.Errorf("lists have no operation %s", op.Kind)
		}
		return err
	})
}

func list(ctx context.Context, remote *sql.Conn, key string) (found bool, elements []int, err error) {
	var text string
	if found, err = row(ctx, remote, &text, "select elements from lists where name = ?", key); err != nil || !found {
		return false, nil, err
	}
	for word := range strings.SplitSeq(text, ",") {
		element, err := strconv.Atoi(word)
		if err != nil {
			return false, nil, fmt.Errorf("the list %s holds %q: %w", key, text, err)
		}
		elements = append(elements, element)
	}
	return true, elements, nil
}

// TransactRegisters implements workloads.RegisterTransactions.
func (c *client) TransactRegisters(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	return c.operate(ctx, ops, func(ctx context.Context, remote *sql.Conn, op *transaction.Op) (err error) {
		switch op.Kind {
		case transaction.Read:
			op.Found, err = row(ctx, remote, &op.Value, "select value from registers where name = ?", op.Key)
		case transaction.Write:
			_, err = remote.ExecContext(ctx, write, op.Key, op.Value)
		default:
			err = fmt.Errorf("registers have no operation %s", op.Kind)
		}
		return err
	})
}

func (c *client) operate(ctx context.Context, ops []transaction.Op, do func(context.Context, *sql.Conn, *transaction.Op) error) ([]transaction.Op, error) {
	done := slices.Clone(ops)
	err := c.transact(ctx, func(ctx context.Context, remote *sql.Conn) error {
		for i := range done {
			if err := do(ctx, remote, &done[i]); err != nil {
				return fmt.Errorf("operation %d: %w", i+1, err)
			}
		}
		return nil
	})
	return done, err
}

// Open implements workloads.Bank.
func (c *client) Open(ctx context.Context, accounts, balance int) error {
	if accounts < 1 {
		return nil
	}
	rows := make([]string, accounts)
	for i := range rows {
		rows[i] = fmt.Sprintf("(%d, %d)", i, balance)
	}
	_, err := c.execute(ctx, "insert into accounts values "+strings.Join(rows, ", ")+" on duplicate key update id = id")
	return err
}

// Transfer implements workloads.Bank. It writes the balances that it made of those that
// it read, as programs do: that the one are still those of the other is what the
// isolation level has to see to.
func (c *client) Transfer(ctx context.Context, from, to, amount int) (moved bool, err error) {
	err = c.transact(ctx, func(ctx context.Context, remote *sql.Conn) error {
		has, err := balance(ctx, remote, from)
		if err != nil || has < amount {
			return err
		}
		other, err := balance(ctx, remote, to)
		if err != nil {
			return err
		}
		if err := setBalance(ctx, remote, from, has-amount); err != nil {
			return err
		}
		moved = true
		return setBalance(ctx, remote, to, other+amount)
	})
	return moved && err == nil, err
}

func balance(ctx context.Context, remote *sql.Conn, account int) (n int, err error) {
	found, err := row(ctx, remote, &n, "select balance from accounts where id = ?", account)
	if err == nil && !found {
		err = fmt.Errorf("there is no account %d", account)
	}
	return n, err
}

func setBalance(ctx context.Context, remote *sql.Conn, account, n int) error {
	_, err := remote.ExecContext(ctx, "update accounts set balance = ? where id = ?", n, account)
	return err
}

// Balances implements workloads.Bank: one statement is one transaction.
func (c *client) Balances(ctx context.Context) (map[int]int, error) {
	balances := map[int]int{}
	err := c.rows(ctx, func(found *sql.Rows) error {
		var id, balance int
		err := found.Scan(&id, &balance)
		balances[id] = balance
		return err
	}, "select id, balance from accounts")
	return balances, err
}
