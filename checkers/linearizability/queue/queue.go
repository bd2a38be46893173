// Package queue judges the linearizability of first-in-first-out queues of
// integers. Operations are
//
//   - send, also called enqueue: of an integer, which goes to the tail. If its
//     outcome is unknown, it may have gone there at any later time, or never.
//   - receive, also called dequeue: Ok with an integer, which was removed from the
//     head, or with null if the queue was empty. If its outcome is unknown, it may
//     have removed one value that nobody saw, or found nothing.
//
// Those that failed had no effect. The queue is empty at first.
//
// Histories are decided in n log n by the four patterns that Henzinger, Sezgin and
// Vafeiadis have shown to be all that can be wrong with a queue whose values are
// sent only once (Aspect-Oriented Linearizability Proofs, CONCUR 2013), extended to
// operations of unknown outcome; see judge. Values that are sent more often are
// told apart where that is possible without doubt. Otherwise a search decides, which
// seldom comes to an end: the order of two sends shows only when everything before
// them was received. A workload should send each value once.
//
// Whether messages were lost that nobody received until the end is not judged: a
// queue may keep them for ever. The package delivery does, if the queue was
// drained.
package queue

import (
	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Type is the data type.
func Type() object.Type {
	return object.Type{
		Name:  "queue",
		About: "a first-in-first-out queue of integers: send and receive",
		Open:  open,
	}
}

var words = collection.Words{
	Name: "queue", Add: []string{"send", "enqueue"}, Remove: []string{"receive", "dequeue"},
	Added: "sent", Adding: "tried to send", Removed: "received", Removing: "tried to receive", Taken: "received",
}

type queue struct {
	*collection.History
	*contents
}

func open(k history.KeyCalls) (object.Object, error) {
	h, err := collection.Open(words, k)
	if err != nil {
		return nil, err
	}
	return queue{h, newContents()}, nil
}

func (q queue) Initial() object.State { return collection.Nothing }

func (q queue) Step(s object.State, class int32) (object.State, bool) {
	return collection.Step(q.contents, s, class)
}

// Monitor decides without a search, unless equal values could have been removed
// by either of several operations, and it makes a difference.
func (q queue) Monitor(ops []object.Op) (object.Outcome, []int) {
	outcome, c := q.Decide(ops, collection.InOrder, judge)
	if outcome != object.Illegal {
		return outcome, nil
	}
	return outcome, c.Places()
}
