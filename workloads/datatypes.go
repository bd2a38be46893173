// Package workloads says what clients do and which promise that puts to the
// test: a workload is a generator of operations, the final reads, and the
// checkers. The small interfaces below are what a target's client implements to
// be testable.
package workloads

import (
	"context"
	"time"

	"github.com/assaykit/assay/harness/history/transaction"
)

// An error of any of these methods means that the outcome is unknown, unless it
// is wrapped by NoEffect, which states that the operation certainly had no
// effect, now or later.

// Register is a set of independent integer registers.
type Register interface {
	// Read returns found=false for a key that was never written.
	Read(ctx context.Context, key string) (value int, found bool, err error)
	Write(ctx context.Context, key string, value int) error
	// CompareAndSet returns swapped=false, and no error, if the system itself
	// answered that the register did not hold old.
	CompareAndSet(ctx context.Context, key string, old, new int) (swapped bool, err error)
}

// Queue is a first-in, first-out queue; receiving removes the message.
type Queue interface {
	Send(ctx context.Context, queue string, value int) error
	// Receive returns found=false if the queue was empty.
	Receive(ctx context.Context, queue string) (value int, found bool, err error)
}

// Set is a grow-only set.
type Set interface {
	Add(ctx context.Context, set string, element int) error
	Elements(ctx context.Context, set string) ([]int, error)
}

// ListTransactions executes transactions on independent lists of integers.
type ListTransactions interface {
	// TransactLists executes the operations in order, as one transaction, and
	// returns them with what the reads found (Found and List). An aborted
	// transaction had no effect.
	TransactLists(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error)
}

// RegisterTransactions executes transactions on independent integer registers.
type RegisterTransactions interface {
	// TransactRegisters executes the operations in order, as one transaction, and
	// returns them with what the reads found (Found and Value). An aborted
	// transaction had no effect.
	TransactRegisters(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error)
}

// Bank is a set of accounts between which money is moved in transactions.
type Bank interface {
	// Open gives each account, 0 to accounts-1, its first balance, unless it is
	// there already. It is called before, and may be repeated.
	Open(ctx context.Context, accounts, balance int) error
	// Transfer moves an amount if the account has as much, in one transaction:
	// moved=false, and no error, if it has not.
	Transfer(ctx context.Context, from, to, amount int) (moved bool, err error)
	// Balances reads all accounts in one transaction, by account.
	Balances(ctx context.Context) (map[int]int, error)
}

// Versions is a map of integers in which each change of a key leaves a greater
// version.
type Versions interface {
	// Get returns version 0 for a key that is not there.
	Get(ctx context.Context, key string) (value int, version int64, err error)
	Put(ctx context.Context, key string, value int) (version int64, err error)
	// PutIf writes if the key has that version (0: is not there); put=false, and no
	// error, if the system itself answered that it had another one.
	PutIf(ctx context.Context, key string, value int, version int64) (now int64, put bool, err error)
	// Delete returns the version that the deletion has itself, or 0 if the key was
	// not there.
	Delete(ctx context.Context, key string) (version int64, err error)
}

// Messages is a queue whose messages stay with the system until the client that
// took them acknowledges them, and are handed out again if it does not.
type Messages interface {
	Publish(ctx context.Context, queue string, value int) error
	// Take returns found=false if there was nothing to be had.
	Take(ctx context.Context, queue string) (m Message, found bool, err error)
	// Acknowledge takes the ticket of a message that this client took.
	Acknowledge(ctx context.Context, queue, ticket string) error
}

// Message is one that was handed out.
type Message struct {
	Value int
	// Ticket names this hand-out.
	Ticket string
	// Redelivered says that, as the system tells, it may have been handed out
	// before.
	Redelivered bool
}

// Log is a set of partitions, each a sequence of records with growing offsets.
type Log interface {
	// Append returns the record's offset.
	Append(ctx context.Context, partition string, value int) (offset int64, err error)
	// Records returns up to most records from an offset on, in order; none if there
	// are none yet.
	Records(ctx context.Context, partition string, from int64, most int) ([]Record, error)
}

// Record is one of a Log.
type Record struct {
	Offset int64
	Value  int
}

// ConsumerGroup reads a Log from where the group, of which this client is a
// member, has committed that it was read.
type ConsumerGroup interface {
	// Poll returns up to most records that the group has not committed, in order and
	// without a gap: those between two of them were never there.
	Poll(ctx context.Context, group, partition string, most int) ([]Record, error)
	// Commit says that the records up to an offset, itself included, were read.
	Commit(ctx context.Context, group, partition string, offset int64) error
}

// Lock is a set of locks that one client holds at a time.
type Lock interface {
	// Acquire waits for as long as ctx allows at most, and may give up earlier:
	// held=false, and no error, if somebody else holds it. token is the fencing
	// token, which grows with each holder; 0 if the system has none.
	Acquire(ctx context.Context, lock string) (held bool, token int64, err error)
	// Release gives back what this client holds; released=false, and no error, if
	// the system itself answered that it had lost it.
	Release(ctx context.Context, lock string) (released bool, err error)
}

// Lease is a set of locks whose holds end by themselves.
type Lease interface {
	// AcquireFor holds the lock for a time that counts from some moment of the call.
	AcquireFor(ctx context.Context, lock string, hold time.Duration) (held bool, token int64, err error)
	Release(ctx context.Context, lock string) (released bool, err error)
}

// Counter is a set of counters.
type Counter interface {
	Increment(ctx context.Context, counter string, by int) error
	Count(ctx context.Context, counter string) (int, error)
}

// Identifiers gives out identifiers, no two of them alike.
type Identifiers interface {
	Generate(ctx context.Context) (int64, error)
}

// Watch tells of the changes of keys under a prefix, with versions that are those of
// Versions and comparable over all these keys.
type Watch interface {
	// Changes returns those after a version, in order, as far as they are known when
	// it is asked, and the version up to which that is. It is answered by the
	// system's own mechanism for watchers, not by reading the keys.
	Changes(ctx context.Context, prefix string, after int64) (changes []Change, upto int64, err error)
}

// Change is what a watcher is told of.
type Change struct {
	Key     string
	Value   int
	Version int64
	Deleted bool
}

// Leadership is how a node sees who leads.
type Leadership interface {
	// Leads says whether the node asked leads, and in which term, if there are
	// terms.
	Leads(ctx context.Context) (leads bool, term int64, err error)
}

// Ledger is a book of orders, each of which shall be charged once.
type Ledger interface {
	// Charge books an order once, however often it is tried.
	Charge(ctx context.Context, order, amount int) error
	Entries(ctx context.Context) ([]Entry, error)
}

// Entry is one of a Ledger.
type Entry struct{ Order, Amount int }
