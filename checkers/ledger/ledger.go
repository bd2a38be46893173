// Package ledger decides whether every order was charged exactly once, although
// clients that did not learn how an attempt ended tried again: the promise of an
// idempotency key. What it finds is certain, whatever the attempts of unknown
// outcome did.
//
// It does not judge balances, nor how fresh the reads in the middle of a run are.
package ledger

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// Phantom: an entry of an order that nobody had tried to charge.
	Phantom = "phantom"
	// AbortedRead: an entry of an order all attempts of which certainly failed.
	// The name is Adya's (G1a) for a read of what was never committed.
	AbortedRead = "aborted-read"
	// DoubleCharge: an order with more than one entry in one read.
	DoubleCharge = "double-charge"
	// WrongAmount: an entry whose amount no attempt that can have made it asked for.
	WrongAmount = "wrong-amount"
	// Lost: an order that was known to be charged, is missing from a final read, and
	// was not seen again.
	Lost = "lost"
	// Stale: an order that was known to be charged and is missing from a final read,
	// although others saw it later or at the same time.
	Stale = "stale"
)

// New is a checker of ledgers, one for each key. Operations are
//
//   - charge: an attempt to charge an order, [order amount], both integers. An
//     order that is tried again keeps its number.
//   - read, or statement: Ok with the list of the ledger's entries, each [order
//     amount], in any order; null is the empty list.
//
// A Fail had no effect. An Info charge may have had its effect at any time after
// its invocation, or never; an Info read tells nothing.
//
// An order is charged by one of its attempts, while that attempt runs, and all
// others find that this was done. So it has one entry, with the amount of that
// attempt, which is made before any attempt of the order is acknowledged and never
// changes or goes away. Every read that was answered shows no others, and a final
// read shows all that were made before it was invoked: an order is known to be
// charged once an attempt was acknowledged or a read that has it was done. Each order
// is judged by itself: a read need not be a snapshot.
//
// Acknowledged orders that no final read follows make the verdict Unknown, and so
// do ledgers with entries but without a final read.
func New() checkers.Checker { return checker{} }

type checker struct{}

func (checker) Name() string { return "ledger" }

func (checker) About() string {
	return "every order that was acknowledged is charged once, and no order more than once, however often it was tried"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	a := &account{orders: map[string]int{}, findings: map[string][]checkers.Finding{}}
	for _, k := range history.ByKey(h.Calls()) {
		l, err := parse(k)
		if err != nil {
			v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
			return v, nil
		}
		a.add(l)
	}
	return a.conclude(v), nil
}
