package linearizability

import (
	"cmp"
	"slices"
)

// span is the time in which a register certainly held a value that one operation
// alone can have left. All operations on such a value stand together in every
// order, with nobody else's value in between, so that the register held it from
// the first time that one of them was done to the last time that one was
// invoked (Gibbons and Korach, Testing Shared Memories, 1997).
type span struct {
	// firstEnd is when the first of the operations was done, and begun which.
	firstEnd, begun int
	// lastStart is when the last of them was invoked, and last which. It may be
	// before firstEnd.
	lastStart, last int
}

// none is no operation.
const none = -1

// spansOf are the spans of all values. Those of values which several operations
// can have left, or which nobody certainly left or found, are empty: their
// firstEnd is never.
func spansOf(ops []operation, values int) []span {
	spans := make([]span, values)
	for v := range spans {
		spans[v] = span{firstEnd: never, begun: none, lastStart: none, last: none}
	}
	for i := range ops {
		if op := &ops[i]; !op.maybe && op.kind != mismatch {
			spans[op.touches()].add(i, op)
			if op.kind == cas {
				spans[op.new].add(i, op)
			}
		}
	}
	for v, by := range producers(ops, values) {
		if by.count > 1 || value(v) != notFound && by.count == 0 {
			spans[v] = span{firstEnd: never, begun: none, lastStart: none, last: none}
		}
	}
	spans[notFound].firstEnd, spans[notFound].begun = none, none // it came first
	return spans
}

// touches is the value that a read found, a write left, or a compare-and-set
// replaced.
func (o *operation) touches() value {
	if o.kind == write {
		return o.new
	}
	return o.old
}

func (s *span) add(i int, op *operation) {
	if op.end < s.firstEnd || op.end == s.firstEnd && !op.inferred { // better who saw it
		s.firstEnd, s.begun = op.end, i
	}
	if op.start > s.lastStart {
		s.lastStart, s.last = op.start, i
	}
}

// successors knows for each value when it was certainly overwritten.
type successors struct {
	spans []span
	// byLastStart are the values with a span, the last one first, and for each
	// the two values that began first among it and those before it.
	byLastStart []value
	earliest    [][2]value
}

func successorsOf(spans []span) *successors {
	s := &successors{spans: spans}
	for v := range spans {
		if spans[v].firstEnd != never {
			s.byLastStart = append(s.byLastStart, value(v))
		}
	}
	slices.SortFunc(s.byLastStart, func(a, b value) int { return cmp.Compare(spans[b].lastStart, spans[a].lastStart) })
	best := [2]value{nothing, nothing}
	for _, v := range s.byLastStart {
		switch {
		case best[0] == nothing || spans[v].firstEnd < spans[best[0]].firstEnd:
			best = [2]value{v, best[0]}
		case best[1] == nothing || spans[v].firstEnd < spans[best[1]].firstEnd:
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
func (s *successors) of(v value) (when int, next value) {
	after, _ := slices.BinarySearchFunc(s.byLastStart, s.spans[v].firstEnd, func(w value, end int) int {
		if s.spans[w].lastStart > end {
			return -1
		}
		return 1
	})
	if s.spans[v].firstEnd == never || after == 0 {
		return never, nothing
	}
	for _, w := range s.earliest[after-1] {
		if w != nothing && w != v {
			return s.spans[w].firstEnd, w
		}
	}
	return never, nothing
}
