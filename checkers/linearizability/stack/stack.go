// Package stack judges the linearizability of stacks of integers. Operations are
//
//   - push: of an integer. If its outcome is unknown, it may have been pushed at
//     any later time, or never.
//   - pop: Ok with an integer, which was removed from the top, or with null if the
//     stack was empty. If its outcome is unknown, it may have removed one value
//     that nobody saw, or found nothing.
//
// Those that failed had no effect. The stack is empty at first.
//
// Histories whose values are pushed only once are decided in n log n by taking the
// stack apart from the bottom: see tower. The idea of making a history smaller by
// one value at a time is that of Lee and Mathur (Efficient Decrease-and-Conquer
// Linearizability Monitoring, OOPSLA 2025) and of Abdulla and others (Efficient
// Linearizability Monitoring, PLDI 2025). Where pops of unknown outcome leave
// several ways open of which the likely one fails, and where values are pushed more
// often and the likely pairs fail, a search decides, which takes long. A workload
// should push each value once.
package stack

import (
	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Type is the data type.
func Type() object.Type {
	return object.Type{
		Name:  "stack",
		About: "a stack of integers: push and pop",
		Open:  open,
	}
}

var words = collection.Words{
	Name: "stack", Add: []string{"push"}, Remove: []string{"pop"},
	Added: "pushed", Adding: "tried to push", Removed: "popped", Removing: "tried to pop", Taken: "popped",
}

type stack struct {
	*collection.History
	*collection.Pile
}

func open(k history.KeyCalls) (object.Object, error) {
	h, err := collection.Open(words, k)
	if err != nil {
		return nil, err
	}
	return stack{h, collection.NewPile()}, nil
}

func (s stack) Initial() object.State { return collection.Nothing }

func (s stack) Step(from object.State, class int32) (object.State, bool) {
	return collection.Step(s.Pile, from, class)
}

// Monitor decides without a search where it can.
func (s stack) Monitor(ops []object.Op) (object.Outcome, []int) {
	outcome, c := s.Decide(ops, collection.Latest, judge)
	if outcome != object.Illegal {
		return outcome, nil
	}
	return outcome, c.Places()
}
