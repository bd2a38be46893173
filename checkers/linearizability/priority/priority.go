// Package priority judges the linearizability of priority queues of integers, the
// smallest of which comes first. Operations are
//
//   - insert, also called send: of an integer. If its outcome is unknown, it may
//     have been inserted at any later time, or never.
//   - take-min, also called receive: Ok with an integer, which was the smallest one
//     and was removed, or with null if the queue was empty. If its outcome is
//     unknown, it may have removed one value that nobody saw, or found nothing.
//
// Those that failed had no effect. The queue is empty at first. Equal integers
// cannot be told apart.
//
// Histories are decided in n log n by letting the values take their places from the
// smallest to the greatest: see sieve. (Lee and Mathur, Efficient
// Decrease-and-Conquer Linearizability Monitoring, OOPSLA 2025, reach the same bound
// in another way.) Where removals of unknown outcome leave several ways open of which
// the likely one fails, and where equal values could have been removed by either of
// several operations, and it makes a difference, a search decides.
package priority

import (
	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Type is the data type.
func Type() object.Type {
	return object.Type{
		Name:  "priority-queue",
		About: "a queue of integers whose smallest one comes first: insert and take-min",
		Open:  open,
	}
}

var words = collection.Words{
	Name: "priority queue", Add: []string{"insert", "send"}, Remove: []string{"take-min", "receive"},
	Added: "inserted", Adding: "tried to insert", Removed: "took", Removing: "tried to take the smallest", Taken: "taken",
}

type queue struct {
	*collection.History
	contents
}

func open(k history.KeyCalls) (object.Object, error) {
	h, err := collection.Open(words, k)
	if err != nil {
		return nil, err
	}
	return queue{h, contents{collection.NewPile(), h.Number}}, nil
}

func (q queue) Initial() object.State { return collection.Nothing }

func (q queue) Step(s object.State, class int32) (object.State, bool) {
	return collection.Step(q.contents, s, class)
}

// Monitor decides without a search where it can.
func (q queue) Monitor(ops []object.Op) (object.Outcome, []int) {
	outcome, c := q.Decide(ops, collection.InOrder, q.judge)
	if outcome != object.Illegal {
		return outcome, nil
	}
	return outcome, c.Places()
}

// contents are the states of the queue: piles with the smallest value on top.
type contents struct {
	*collection.Pile
	number func(value int32) int
}

// Add is a state with one more value in its place.
func (c contents) Add(s object.State, value int32) object.State {
	var smaller []int32
	for s != collection.Nothing && c.number(c.First(s)) < c.number(value) {
		smaller = append(smaller, c.First(s))
		s = c.Rest(s)
	}
	s = c.Pile.Add(s, value)
	for i := len(smaller) - 1; i >= 0; i-- {
		s = c.Pile.Add(s, smaller[i])
	}
	return s
}
