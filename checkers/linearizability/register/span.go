package register

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// none is no operation, or no value.
const none = -1

// span is the time in which a register certainly held a value that one operation
// alone can have left. All operations on such a value stand together in every
// order, with nobody else's value in between, so that the register held it from
// the first time that one of them was done to the last time that one was
// invoked.
type span struct {
	// firstEnd is when the first of the operations was done, and begun which.
	firstEnd, begun int
	// lastStart is when the last of them was invoked, and last which. It may be
	// before firstEnd.
	lastStart, last int
}

// spans are those of all values. Those of values which several operations can
// have left, or which nobody certainly left or found, are empty: their firstEnd is
// never.
func (r *register) spans(ops []object.Op, by []production) []span {
	empty := span{firstEnd: object.Never, begun: none, lastStart: none, last: none}
	spans := make([]span, len(r.is))
	for v := range spans {
		spans[v] = empty
	}
	for i := range ops {
		if ops[i].Maybe {
			continue
		}
		a := r.act(&ops[i])
		if v, finds := a.found(); finds {
			spans[v].add(i, &ops[i])
		}
		if v, changes := a.left(); changes {
			spans[v].add(i, &ops[i])
		}
	}
	for v := range by {
		if by[v].count > 1 || object.State(v) != notFound && by[v].count == 0 {
			spans[v] = empty
		}
	}
	spans[notFound].firstEnd, spans[notFound].begun = none, none // it came first
	return spans
}

func (s *span) add(i int, op *object.Op) {
	if op.End < s.firstEnd || op.End == s.firstEnd && !op.Inferred { // better who saw it
		s.firstEnd, s.begun = op.End, i
	}
	if op.Start > s.lastStart {
		s.lastStart, s.last = op.Start, i
	}
}

// successors knows for each value when it was certainly overwritten.
type successors struct {
	spans []span
	// byLastStart are the values with a span, the last one first, and for each
	// the two values that began first among it and those before it.
	byLastStart []object.State
	earliest    [][2]object.State
}

func successorsOf(spans []span) *successors {
	s := &successors{spans: spans}
	for v := range spans {
		if spans[v].firstEnd != object.Never {
			s.byLastStart = append(s.byLastStart, object.State(v))
		}
	}
	slices.SortFunc(s.byLastStart, func(a, b object.State) int { return cmp.Compare(spans[b].lastStart, spans[a].lastStart) })
	best := [2]object.State{none, none}
	for _, v := range s.byLastStart {
		switch {
		case best[0] == none || spans[v].firstEnd < spans[best[0]].firstEnd:
			best = [2]object.State{v, best[0]}
		case best[1] == none || spans[v].firstEnd < spans[best[1]].firstEnd:
			best[1] = v
		}
		s.earliest = append(s.earliest, best)
	}
	return s
}

// of returns the first value that was certainly held after v, and the time by
// which it was: of the values with an operation that was invoked after one on v
// was done, the one with the first operation to be done. Without any it returns
// never.
func (s *successors) of(v object.State) (when int, next object.State) {
	after, _ := slices.BinarySearchFunc(s.byLastStart, s.spans[v].firstEnd, func(w object.State, end int) int {
		if s.spans[w].lastStart > end {
			return -1
		}
		return 1
	})
	if s.spans[v].firstEnd == object.Never || after == 0 {
		return object.Never, none
	}
	for _, w := range s.earliest[after-1] {
		if w != none && w != v {
			return s.spans[w].firstEnd, w
		}
	}
	return object.Never, none
}
