// Package order decides the levels at which all transactions must have one order:
// serializable, snapshot isolation, prefix, and cursor stability, each alone, with
// the order of sessions, or with real time.
//
// Such a level is about moments: where a transaction begins to see, and where what
// it wrote can be seen, which at serializable are the same. Who read from whom
// says which moment comes first, and so would the order of the versions of each
// key, if it were known: then the level is kept if and only if all that has no
// cycle. It is not known, but what must be is collected first. A transaction that
// writes a key on the grounds of what it read there comes directly after what it
// read, so that such writes form chains; the initial state comes first. Of two chains
// of which only one may come first, that one does, until nothing more follows. What
// is left open is searched: see search.go. If time or memory runs out, the answer is
// Undecided.
package order

import (
	"context"

	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

// Kind is what a transaction sees, and what it may write.
type Kind uint8

const (
	// Serial: a transaction sees all earlier ones.
	Serial Kind = iota
	// Snapshot: it sees all that were done when it began to see, and nobody else
	// writes what it writes from then until it is done.
	Snapshot
	// Prefix is Snapshot, but others may write the same.
	Prefix
	// Cursor: reads find anything that was done, but between what a transaction read
	// and what it then wrote to the same key comes nobody else's write.
	Cursor
	// Committed: it finds what was done before it.
	Committed
)

// Base is which order the transactions have by themselves.
type Base uint8

const (
	// Free: none.
	Free Base = iota
	// Sessions: each session's transactions come in its order.
	Sessions
	// RealTime: who was done before another one was invoked comes before it.
	RealTime
)

// Answer is whether there is an order.
type Answer uint8

const (
	Undecided Answer = iota
	Kept
	Broken
)

// Result is an Answer with its reason.
type Result struct {
	Answer Answer
	// Why says why it is Undecided.
	Why string
	// Cycle is the transactions that have to come before each other in a circle, and
	// why; only if it is Broken, and if that can be said without trying.
	Cycle []Step
	// Either are the circles that there would be whichever of two versions came first;
	// only if it is Broken for that reason.
	Either [][]Step
	// Same says that the first two of Core wrote on the grounds of the same version.
	Same bool
	// Core are transactions that have no order already without the others, if it is
	// Broken. They need not be the fewest.
	Core []int32
}

// Limits bound what is tried.
type Limits struct {
	// Matrix is up to how many moments it is written down which comes before which;
	// otherwise paths are looked for.
	Matrix int
	// Pairs is how many pairs of chains the search may choose between.
	Pairs int
	// OnlySearch leaves out what comes before the search, so that it can be tested.
	OnlySearch bool
}

// DefaultLimits are for a machine with a gigabyte to spare.
var DefaultLimits = Limits{Matrix: 45_000, Pairs: 1_000_000}

// Decide says whether the transactions have an order.
func Decide(ctx context.Context, h *registers.History, kind Kind, base Base, limits Limits) Result {
	p := newProblem(h, kind, base)
	if kind == Committed {
		if p.sort(nil) {
			return Result{Answer: Kept}
		}
		return p.broken()
	}
	if r := p.link(); r.Answer == Broken {
		return r
	}
	if !p.sort(nil) {
		return p.broken()
	}
	if limits.OnlySearch {
		p.openAll()
		return p.search(ctx, limits)
	}
	if p.guess(false) || p.guess(true) {
		return Result{Answer: Kept}
	}
	if r := p.saturate(ctx, limits); r.Answer != Undecided || r.Why != "" {
		return r
	}
	if p.guess(false) || p.guess(true) {
		return Result{Answer: Kept}
	}
	return p.search(ctx, limits)
}
