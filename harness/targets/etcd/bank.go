package etcd

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// accounts is the prefix of the keys of accounts.
const accounts = "bank/"

func account(number int) string { return accounts + strconv.Itoa(number) }

// Open implements workloads.Bank. Each account is opened by a transaction of its own:
// etcd limits how much fits into one, and nobody uses the bank yet.
func (c *client) Open(ctx context.Context, number, balance int) error {
	for i := range number {
		key := account(i)
		_, err := c.commit(ctx,
			clientv3.Compare(clientv3.CreateRevision(key), "=", 0),
			clientv3.OpPut(key, strconv.Itoa(balance)))
		if err != nil {
			return fmt.Errorf("account %d: %w", i, err)
		}
	}
	return nil
}

// Transfer implements workloads.Bank: read both accounts at one revision, and write
// both if neither was changed since. A refused attempt had no effect.
func (c *client) Transfer(ctx context.Context, from, to, amount int) (moved bool, err error) {
	for range attempts {
		balances, err := c.pair(ctx, account(from), account(to))
		if err != nil {
			return false, err
		}
		if balances[0].amount < amount {
			return false, nil
		}
		balances[0].amount -= amount
		balances[1].amount += amount
		var conditions []clientv3.Cmp
		var puts []clientv3.Op
		for _, b := range balances {
			conditions = append(conditions, clientv3.Compare(clientv3.ModRevision(b.key), "=", b.revision))
			puts = append(puts, clientv3.OpPut(b.key, strconv.Itoa(b.amount)))
		}
		_, committed, err := c.execute(ctx, conditions, puts, false)
		if err != nil || committed {
			return committed, err
		}
	}
	return false, errConflict
}

// balance is what an account held at a revision.
type balance struct {
	key      string
	amount   int
	revision int64
}

// pair reads two accounts at one revision.
func (c *client) pair(ctx context.Context, keys ...string) ([]balance, error) {
	var gets []clientv3.Op
	for _, key := range keys {
		gets = append(gets, clientv3.OpGet(key, c.reads...))
	}
	answer, _, err := c.execute(ctx, nil, gets, true)
	if err != nil {
		return nil, err
	}
	balances := make([]balance, len(keys))
	for i, key := range keys {
		found := answer.Responses[i].GetResponseRange().Kvs
		if len(found) == 0 {
			return nil, harmless(fmt.Errorf("there is no account %s", key))
		}
		amount, err := strconv.Atoi(string(found[0].Value))
		if err != nil {
			return nil, harmless(fmt.Errorf("account %s: %w", key, err))
		}
		balances[i] = balance{key, amount, found[0].ModRevision}
	}
	return balances, nil
}

// Balances implements workloads.Bank: one read of all accounts, at one revision.
func (c *client) Balances(ctx context.Context) (map[int]int, error) {
	answer, err := c.remote.Get(ctx, accounts, append([]clientv3.OpOption{clientv3.WithPrefix()}, c.reads...)...)
	if err != nil {
		return nil, harmless(err)
	}
	balances := make(map[int]int, len(answer.Kvs))
	for _, pair := range answer.Kvs {
		number, err := strconv.Atoi(strings.TrimPrefix(string(pair.Key), accounts))
		if err != nil {
			return nil, harmless(err)
		}
		if balances[number], err = strconv.Atoi(string(pair.Value)); err != nil {
			return nil, harmless(err)
		}
	}
	return balances, nil
}
