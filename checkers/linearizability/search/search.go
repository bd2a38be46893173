// Package search is the general engine: it decides for any sequential
// specification whether operations have an order that respects their times and in
// which each could be answered as it was. It gives the order, or the place in the
// history that no order gets past, and keeps to a budget of time and memory.
//
// The problem is NP-complete (Gibbons and Korach, Testing Shared Memories, 1997),
// so that it may end undecided. It knows nothing of particular data types beyond
// what their Spec tells it.
//
// The search is just-in-time linearization (Lowe, Testing for Linearizability,
// 2017): nothing takes place before the end of an operation demands it. A
// configuration is the next end, the state, and which of the pending operations
// took place; one that was visited is not visited again. What it costs thus
// depends on how many operations are pending at a time and not on how many there
// are. What keeps the number of configurations small is told where it is done:
// settle, take, demanded, late, lost, memo.
package search

import (
	"context"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// Result is how a search ended.
type Result struct {
	Outcome object.Outcome
	// Order are the places in ops of the operations in an order that explains
	// them, if they are Legal: all that certainly happened, and of the others
	// those that have to have happened.
	Order []int
	// Reached is a place in the history. If Illegal, the operations have no order
	// even if nothing is known of what came after it: it is the end of an
	// operation that no order gets past. Otherwise it is how far the search came.
	Reached int
	// Configurations is how many were visited.
	Configurations int
}

// Run searches for an order of operations. It returns soon after the context
// ends, and when its tables and those of the Spec, if it is object.Sized, have
// grown to about so many bytes of memory.
//
// A Spec may be an object.Exact and a Refuser too. Of the former it is expected that
// an operation of a class that always Leaves the same state, and Needs none, is
// possible in every state.
func Run(ctx context.Context, spec object.Spec, ops []object.Op, memory int) Result {
	if ctx.Err() != nil {
		return Result{}
	}
	p := newPlan(spec, ops)
	if at, impossible := p.hopeless(); impossible {
		return Result{Outcome: object.Illegal, Reached: at}
	}
	w := newWalk(ctx, p, memory)
	outcome := w.walk()
	r := Result{Outcome: outcome, Reached: w.reached, Configurations: w.memo.entries}
	if outcome == object.Legal {
		r.Order = w.order()
	}
	return r
}

// Refuser is a Spec that knows of some classes of observers the only state in which
// an operation cannot be answered as it was.
type Refuser interface {
	Refuses(class int32) (object.State, bool)
}
