// Package registers reads transactions on registers from a history into dense
// arrays: who wrote what, and from whom each read got its value. What is wrong with
// a read by itself, whatever the order of the transactions, is told here too.
// It says nothing about orders.
//
// Which transactions count is said by package transactions. One of unknown outcome
// that nobody read from does not: if a history with it is right, so is the one without
// it, and the reverse, as it may never have happened. So leaving it out changes no
// answer.
package registers

import (
	"math"
	"slices"

	"github.com/assaykit/assay/checkers/isolation/transactions"
	"github.com/assaykit/assay/harness/history/transaction"
)

// Never is the Complete of a transaction that may take effect at any later time.
const Never = math.MaxInt32

// Initial is the transaction that wrote the first state of all registers: not found.
const Initial = 0

// History is the transactions that count. All numbers are places in its slices.
type History struct {
	// All are all transactions, also those that do not count.
	All *transactions.History
	// Txns begin with Initial; the others are in the order of their invocations.
	Txns []Txn
	// Sessions and Chains are how many there are.
	Sessions, Chains int
	// Keys is how many keys there are; names are their places among all keys, if there
	// are more.
	Keys  int
	names []int32
	// Troubles are reads that are wrong by themselves.
	Troubles []Trouble
	// Ambiguous are reads of values that several transactions wrote: nobody can say
	// from which they come, and they are in no Txn's Reads. Asking less can hide a
	// fault, but never make one.
	Ambiguous []Trouble
}

// Observed says that the result of some read that counts is known.
func (h *History) Observed() bool {
	for i := range h.All.Txns {
		t := &h.All.Txns[i]
		if t.Outcome.Counts() && slices.ContainsFunc(h.All.Of(t), func(op transactions.Op) bool { return op.Kind == transaction.Read && op.Known }) {
			return true
		}
	}
	return false
}

// Txn is one transaction.
type Txn struct {
	// Number is its place among all, -1 of Initial.
	Number int32
	// After is the last transaction of its session that was over when it began;
	// Initial if there is none. One of unknown outcome never is over for certain.
	After int32
	// Chain has transactions each of which comes after the one before it in the order
	// of a session: the session, or for one of unknown outcome a chain by itself. Place
	// is where in its chain it comes, from 1 on.
	Chain, Place int32
	// Invoke and Complete are places in the history, which order them in time.
	Invoke, Complete int32
	// Reads are those that got their values from other transactions, in the order in
	// which they were made.
	Reads []Read
	// Unsure are the keys of which it made a read that is Ambiguous.
	Unsure []int32
	// Writes are the keys it wrote, in increasing order.
	Writes []int32
}

// Read is one of a value that another transaction wrote.
type Read struct {
	Key, From int32
	// Op is its place among the transaction's micro-operations.
	Op int32
}

// Problem is what can be wrong with a read.
type Problem uint8

const (
	// NotOwn: it missed what the transaction itself had written before.
	NotOwn Problem = iota
	// Future: it found what the transaction itself wrote only later.
	Future
	// Aborted: it found what a transaction wrote that certainly did not happen.
	Aborted
	// Intermediate: it found what its writer wrote over in the same transaction.
	Intermediate
	// ThinAir: it found what nobody wrote.
	ThinAir
	// Several: it found what several transactions wrote.
	Several
)

// Trouble is a read that has a Problem.
type Trouble struct {
	Problem
	// Reader and Writer are places among all transactions; Writer is -1 if there is
	// none.
	Reader, Writer int32
	// Op is the read's place among the micro-operations, and Own the place of the own
	// write that it should have found, or finds too early; -1 if there is none.
	Op, Own int32
}

// KeyName is the name of a key.
func (h *History) KeyName(key int32) string {
	if h.names != nil {
		key = h.names[key]
	}
	return h.All.Keys[key]
}

// Wrote says whether a transaction wrote a key.
func (t *Txn) Wrote(key int32) bool {
	low, high := 0, len(t.Writes)
	for low < high {
		switch middle := (low + high) / 2; {
		case t.Writes[middle] == key:
			return true
		case t.Writes[middle] < key:
			low = middle + 1
		default:
			high = middle
		}
	}
	return false
}

// ReadsFrom is whom a transaction last read a key from.
func (t *Txn) ReadsFrom(key int32) (from int32, read bool) {
	for _, r := range t.Reads {
		if r.Key == key {
			from, read = r.From, true
		}
	}
	return from, read
}
