package etcd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/workloads"
)

// attempts is how often a transaction is tried until it is given up as aborted.
const attempts = 5

// errConflict is the end of a transaction whose every attempt was refused, because
// somebody else had changed what it had read. None of them had an effect.
var errConflict = workloads.NoEffect(errors.New("aborted: in conflict with other transactions"))

// errKind is about a transaction that does not fit the keys.
func errKind(op transaction.Op, what string) error {
	return workloads.NoEffect(fmt.Errorf("%s is no operation on %s", op.Kind, what))
}

// TransactRegisters implements workloads.RegisterTransactions by one request: a
// transaction of etcd without a condition, which reads first and writes last. It is
// executed at one revision and cannot be in conflict. etcd takes one write a key;
// what a transaction wrote before its last write is known to nobody but itself, so
// that its own reads of that are answered here.
func (c *client) TransactRegisters(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	values := map[string]int{}
	var reads, writes []clientv3.Op
	for _, op := range ops {
		switch op.Kind {
		case transaction.Read:
			reads = append(reads, clientv3.OpGet(transactional(op.Key), c.reads...))
		case transaction.Write:
			values[op.Key] = op.Value
		default:
			return nil, errKind(op, "registers")
		}
	}
	for key, value := range values {
		writes = append(writes, clientv3.OpPut(transactional(key), strconv.Itoa(value)))
	}
	answer, _, err := c.execute(ctx, nil, append(reads, writes...), len(writes) == 0)
	if err != nil {
		return nil, err
	}
	return readRegisters(ops, answer)
}

// readRegisters fills in what the reads found.
func readRegisters(ops []transaction.Op, answer *clientv3.TxnResponse) ([]transaction.Op, error) {
	own := map[string]int{}
	done := make([]transaction.Op, len(ops))
	at := 0
	for i, op := range ops {
		if op.Kind == transaction.Write {
			own[op.Key] = op.Value
			done[i] = op
			continue
		}
		found := answer.Responses[at].GetResponseRange().Kvs
		at++
		if value, is := own[op.Key]; is {
			op.Value, op.Found = value, true
		} else if len(found) > 0 {
			value, err := strconv.Atoi(string(found[0].Value))
			if err != nil {
				return nil, fmt.Errorf("read of %s: %w", op.Key, err)
			}
			op.Value, op.Found = value, true
		}
		done[i] = op
	}
	return done, nil
}

// TransactLists implements workloads.ListTransactions as software transactional
// memory does (concurrency.STM of etcd's client): read all keys at one revision,
// compute, and write if none of them was changed since. That is one transaction of
// etcd on the condition that the keys still have the revisions which were seen, so
// that all of it takes effect at that moment, or nothing does. One that only reads is
// done with the reading, which is at one revision too.
//
// A list is the JSON of all its elements under one key. A refused attempt had no
// effect and is made again a few times; then the transaction is aborted.
func (c *client) TransactLists(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	keys, err := listKeys(ops)
	if err != nil {
		return nil, err
	}
	for range attempts {
		lists, err := c.snapshot(ctx, keys)
		if err != nil {
			return nil, err
		}
		done, err := executeOnLists(ops, lists)
		if err != nil || transaction.ReadOnly(ops) {
			return done, harmless(err)
		}
		_, committed, err := c.execute(ctx, unchanged(lists), putLists(lists), false)
		if err != nil || committed {
			return done, err
		}
	}
	return nil, errConflict
}

// listKeys are the keys of a transaction, each once.
func listKeys(ops []transaction.Op) ([]string, error) {
	var keys []string
	seen := map[string]bool{}
	for _, op := range ops {
		if op.Kind == transaction.Write {
			return nil, errKind(op, "lists")
		}
		if !seen[op.Key] {
			seen[op.Key] = true
			keys = append(keys, op.Key)
		}
	}
	return keys, nil
}

// entry is what a key held, at which revision it was changed last (0: it is not
// there), and what it is to hold.
type entry struct {
	key      string
	found    []byte
	revision int64
	list     []int
	changed  bool
}

// snapshot reads keys at one revision.
func (c *client) snapshot(ctx context.Context, keys []string) (map[string]*entry, error) {
	gets := make([]clientv3.Op, len(keys))
	for i, key := range keys {
		gets[i] = clientv3.OpGet(transactional(key), c.reads...)
	}
	answer, _, err := c.execute(ctx, nil, gets, true)
	if err != nil {
		return nil, err
	}
	entries := make(map[string]*entry, len(keys))
	for i, key := range keys {
		entries[key] = &entry{key: transactional(key)}
		if found := answer.Responses[i].GetResponseRange().Kvs; len(found) > 0 {
			entries[key].found, entries[key].revision = found[0].Value, found[0].ModRevision
		}
	}
	return entries, nil
}

func executeOnLists(ops []transaction.Op, entries map[string]*entry) ([]transaction.Op, error) {
	for key, e := range entries {
		if e.revision == 0 {
			continue
		}
		if err := json.Unmarshal(e.found, &e.list); err != nil {
			return nil, fmt.Errorf("read of %s: %q is no list: %w", key, e.found, err)
		}
	}
	done := make([]transaction.Op, len(ops))
	for i, op := range ops {
		e := entries[op.Key]
		if op.Kind == transaction.Append {
			e.list, e.changed = append(e.list, op.Value), true
		} else {
			op.Found = e.revision > 0 || e.changed
			op.List = append([]int(nil), e.list...)
		}
		done[i] = op
	}
	return done, nil
}

// unchanged is the condition that nobody has changed the keys since.
func unchanged(entries map[string]*entry) []clientv3.Cmp {
	var conditions []clientv3.Cmp
	for _, e := range entries {
		conditions = append(conditions, clientv3.Compare(clientv3.ModRevision(e.key), "=", e.revision))
	}
	return conditions
}

func putLists(entries map[string]*entry) []clientv3.Op {
	var puts []clientv3.Op
	for _, e := range entries {
		if e.changed {
			text, err := json.Marshal(e.list)
			if err != nil {
				panic("a list of integers does not encode: " + err.Error())
			}
			puts = append(puts, clientv3.OpPut(e.key, string(text)))
		}
	}
	return puts
}

// execute is one transaction of etcd. The error of one that changes nothing says that
// it had no effect.
func (c *client) execute(ctx context.Context, conditions []clientv3.Cmp, then []clientv3.Op, readOnly bool) (answer *clientv3.TxnResponse, held bool, err error) {
	err = call(ctx, func(ctx context.Context) (err error) {
		answer, err = c.remote.Txn(ctx).If(conditions...).Then(then...).Commit()
		return err
	})
	switch {
	case err != nil && readOnly:
		return nil, false, harmless(err)
	case err != nil:
		return nil, false, err
	case answer.Succeeded && len(answer.Responses) != len(then):
		return nil, false, fmt.Errorf("%d answers to %d operations", len(answer.Responses), len(then))
	}
	return answer, answer.Succeeded, nil
}

func transactional(key string) string { return "transactional/" + key }
