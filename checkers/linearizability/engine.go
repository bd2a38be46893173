package linearizability

import (
	"context"

	"github.com/anishathalye/porcupine"
)

// outcome is what a search ended with; the zero value is that it did not.
type outcome uint8

const (
	undecided outcome = iota
	legal
	illegal
	// tooBig is undecided for good: more time would not help.
	tooBig
)

// engine decides whether the operations of one register have an order that
// respects their times and in which each of them could have happened. It returns
// soon after the context ends. The operations are as refine leaves them: start <
// end for each, and no two times alike except for ends that were inferred.
type engine func(ctx context.Context, ops []operation) outcome

// searchWithin is an engine that searches with porcupine, and gives up when its
// table of visited configurations has grown to about so many bytes. Porcupine
// keeps a bit for every operation in each configuration, so that its memory
// grows with the square of the operations even where there is nothing to search.
func searchWithin(bytes int) engine {
	return func(ctx context.Context, ops []operation) outcome {
		s := newSearch(ctx, ops, bytes)
		// Porcupine's own timeout leaves its goroutine behind. Here it is stopped
		// from within instead: once the budget is spent no operation can take
		// place any more, the search runs out of choices in no time, and its
		// "illegal" is not believed.
		ok := porcupine.CheckOperations(s.model(), s.operations())
		switch {
		case ok:
			return legal
		case s.full:
			return tooBig
		case s.stopped:
			return undecided
		}
		return illegal
	}
}

// search is one run of porcupine.
type search struct {
	ctx        context.Context
	candidates []candidate
	certain    int
	classes    int

	steps int
	// entries is the number of configurations in porcupine's table.
	entries, mostEntries int
	stopped, full        bool
}

// candidate is an operation with its place among its like.
//
// Operations that may never have happened are what makes a search explode: n
// of them can be taken or left in 2^n ways. Those that do the same are
// interchangeable, so that it is enough to take them in the order in which
// they were invoked: an order that takes another one of them can be rearranged,
// for whoever was invoked earlier may also act at any later time.
type candidate struct {
	operation
	class, rank int
}

// state is the register's value with what the search knows beside it. left and
// used follow from the set of operations that were taken.
type state struct {
	value value
	// lent is the value before, if the last operation taken was one that may
	// never have happened.
	lent value
	// left is the number of certain operations not yet taken.
	left int
	// used counts the uncertain operations taken, by class.
	used []uint16
}

// nothing is no value at all.
const nothing value = -1

// bytesPerEntry is what a configuration costs beside its bits: a state, two
// slices and their place in a map. It is measured in the tests.
const bytesPerEntry = 280

func newSearch(ctx context.Context, ops []operation, bytes int) *search {
	s := &search{ctx: ctx, candidates: make([]candidate, len(ops))}
	type act struct {
		kind     kind
		old, new value
	}
	classes := map[act]int{}
	var ranks []int
	for i, op := range ops { // in order of their starts
		s.candidates[i] = candidate{operation: op}
		if !op.maybe {
			s.certain++
			continue
		}
		class, known := classes[act{op.kind, op.old, op.new}]
		if !known {
			class = len(classes)
			classes[act{op.kind, op.old, op.new}] = class
			ranks = append(ranks, 0)
		}
		s.candidates[i].class, s.candidates[i].rank = class, ranks[class]
		ranks[class]++
	}
	s.classes = len(ranks)
	s.mostEntries = bytes / (bytesPerEntry + len(ops)/8 + 2*s.classes)
	return s
}

func (s *search) operations() []porcupine.Operation {
	ops := make([]porcupine.Operation, len(s.candidates))
	for i := range s.candidates {
		c := &s.candidates[i]
		ops[i] = porcupine.Operation{ClientId: i, Input: c, Call: int64(c.start), Return: int64(c.end)}
	}
	return ops
}

func (s *search) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any {
			return &state{value: notFound, lent: nothing, left: s.certain, used: make([]uint16, s.classes)}
		},
		Step: func(from, input, _ any) (bool, any) {
			if s.exhausted() {
				return false, from
			}
			to := from.(*state).step(input.(*candidate))
			if to == nil {
				return false, from
			}
			s.entries++
			return true, to
		},
		// Porcupine asks only for states after the same set of operations, and an
		// equal one is not stored again.
		Equal: func(a, b any) bool {
			same := a.(*state).value == b.(*state).value && a.(*state).lent == b.(*state).lent
			if same {
				s.entries--
			}
			return same
		},
		Hash: func(a any) uint64 {
			return (uint64(a.(*state).value)<<32 + uint64(a.(*state).lent) + 1) * 0x9e3779b97f4a7c15
		},
	}
}

// exhausted says whether the budget is spent.
func (s *search) exhausted() bool {
	if s.entries >= s.mostEntries {
		s.full, s.stopped = true, true
	}
	if s.steps++; s.steps%512 == 1 && s.ctx.Err() != nil {
		s.stopped = true
	}
	return s.stopped
}

// step is the state after an operation, nil if it cannot happen here.
//
// When all that is certain has been taken, the rest may never have happened.
// Before that, one that may never have happened is taken only where somebody
// needs it: its effect is delayed until right before the first operation that
// could not have happened without it, and one that nobody needs is left for
// the end. This loses no order, for it may act at any time after its start.
func (s *state) step(c *candidate) *state {
	if s.left == 0 {
		return s
	}
	if s.lent != nothing && !s.needs(c) {
		return nil
	}
	if c.maybe {
		return s.lend(c)
	}
	if v, finds := c.found(); finds && v != s.value {
		return nil
	}
	if c.kind == mismatch && c.old == s.value {
		return nil
	}
	next := &state{value: s.value, lent: nothing, left: s.left - 1, used: s.used}
	if v, changes := c.left(); changes {
		next.value = v
	}
	return next
}

// needs says whether an operation could not have happened before the last one.
func (s *state) needs(c *candidate) bool {
	if c.kind == mismatch {
		return c.old == s.lent
	}
	v, finds := c.found()
	return finds && v == s.value
}

// lend takes an operation that may never have happened.
func (s *state) lend(c *candidate) *state {
	if int(s.used[c.class]) != c.rank || c.new == s.value || c.kind == cas && c.old != s.value {
		return nil
	}
	next := &state{value: c.new, lent: s.value, left: s.left, used: append([]uint16(nil), s.used...)}
	next.used[c.class]++
	return next
}
