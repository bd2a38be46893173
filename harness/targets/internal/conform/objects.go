// Package conform tells whether clients of a real system do what the data types of
// workloads say, as long as nothing is broken: what a read finds, what a comparison
// refuses, what somebody else sees. The tests of targets use it on their own servers, with
// clients of several nodes that work in turns.
//
// It does not put the system to the proof: that is what runs are for.
package conform

import (
	"slices"
	"testing"

	"github.com/assaykit/assay/harness/targets/internal/real"
	"github.com/assaykit/assay/workloads"
)

// turns gives out clients one after another.
type turns[C any] struct {
	clients []C
	next    int
}

func inTurns[C any](clients []C) *turns[C] { return &turns[C]{clients: clients} }

func (t *turns[C]) client() C {
	c := t.clients[t.next%len(t.clients)]
	t.next++
	return c
}

// Register takes a key that was never written.
func Register[C workloads.Register](t *testing.T, key string, clients ...C) {
	t.Helper()
	ctx, turn := t.Context(), inTurns(clients)
	_, found, err := turn.client().Read(ctx, key)
	real.Expect(t, "read of a key never written", err, found, false)
	swapped, err := turn.client().CompareAndSet(ctx, key, 0, 1)
	real.Expect(t, "compare-and-set of a key never written", err, swapped, false)
	_, found, err = turn.client().Read(ctx, key)
	real.Expect(t, "read after it", err, found, false)
	real.Expect(t, "write", turn.client().Write(ctx, key, -7), 0, 0)
	swapped, err = turn.client().CompareAndSet(ctx, key, 7, 8)
	real.Expect(t, "compare-and-set of another value", err, swapped, false)
	swapped, err = turn.client().CompareAndSet(ctx, key, -7, -7)
	real.Expect(t, "compare-and-set to the same value", err, swapped, true)
	swapped, err = turn.client().CompareAndSet(ctx, key, -7, 8)
	real.Expect(t, "compare-and-set", err, swapped, true)
	value, found, err := turn.client().Read(ctx, key)
	real.Expect(t, "read", err, found && value == 8, true)
}

// Set takes the name of a set that is empty.
func Set[C workloads.Set](t *testing.T, set string, clients ...C) {
	t.Helper()
	ctx, turn := t.Context(), inTurns(clients)
	elements, err := turn.client().Elements(ctx, set)
	real.Expect(t, "elements of an empty set", err, len(elements), 0)
	var want []int
	for element := range 12 { // ten and eleven sort otherwise as text
		real.Expect(t, "add", turn.client().Add(ctx, set, element), 0, 0)
		want = append(want, element)
	}
	real.Expect(t, "add once more", turn.client().Add(ctx, set, 3), 0, 0)
	real.Expect(t, "add to another set", turn.client().Add(ctx, set+"2", 99), 0, 0)
	elements, err = turn.client().Elements(ctx, set)
	slices.Sort(elements)
	real.Expect(t, "elements", err, slices.Equal(elements, want), true)
}

// Queue takes the name of a queue that is empty.
func Queue[C workloads.Queue](t *testing.T, queue string, clients ...C) {
	t.Helper()
	ctx, turn := t.Context(), inTurns(clients)
	_, found, err := turn.client().Receive(ctx, queue)
	real.Expect(t, "receive from an empty queue", err, found, false)
	for value := range 12 {
		real.Expect(t, "send", turn.client().Send(ctx, queue, value), 0, 0)
	}
	for want := range 12 {
		value, found, err := turn.client().Receive(ctx, queue)
		real.Expect(t, "receive", err, found && value == want, true)
	}
	_, found, err = turn.client().Receive(ctx, queue)
	real.Expect(t, "receive from a queue that is empty again", err, found, false)
}

// Counter takes the name of a counter that was never incremented.
func Counter[C workloads.Counter](t *testing.T, counter string, clients ...C) {
	t.Helper()
	ctx, turn := t.Context(), inTurns(clients)
	count, err := turn.client().Count(ctx, counter)
	real.Expect(t, "a counter never incremented", err, count, 0)
	real.Expect(t, "increment", turn.client().Increment(ctx, counter, 5), 0, 0)
	real.Expect(t, "decrement", turn.client().Increment(ctx, counter, -2), 0, 0)
	count, err = turn.client().Count(ctx, counter)
	real.Expect(t, "count", err, count, 3)
}

// Identifiers asks for some.
func Identifiers[C workloads.Identifiers](t *testing.T, clients ...C) {
	t.Helper()
	turn, seen := inTurns(clients), map[int64]bool{}
	for range 10 {
		id, err := turn.client().Generate(t.Context())
		real.Expect(t, "an identifier given out before", err, seen[id], false)
		seen[id] = true
	}
}

// Ledger takes an order that was never charged.
func Ledger[C workloads.Ledger](t *testing.T, order int, clients ...C) {
	t.Helper()
	ctx, turn := t.Context(), inTurns(clients)
	for range 2 {
		real.Expect(t, "charge", turn.client().Charge(ctx, order, 10), 0, 0)
	}
	entries, err := turn.client().Entries(ctx)
	entries = slices.DeleteFunc(entries, func(e workloads.Entry) bool { return e.Order != order })
	real.Expect(t, "entries", err, slices.Equal(entries, []workloads.Entry{{Order: order, Amount: 10}}), true)
}
