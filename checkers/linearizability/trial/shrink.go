package trial

import (
	"context"
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/search"
)

// A part of a history proves something about the whole only if an order of the
// whole would give one of the part. That holds if these are taken away:
//
//   - observers, which left the object as it was;
//   - whatever the data type says can go, see object.Shrinker;
//   - all that was invoked after some moment, while what was then under way may
//     have happened or not. An order of the whole, cut off after the last operation
//     that was done by that moment, is one of the rest.
//
// Shrinking tries these, and keeps what is still illegal.

// shrinkable is how many operations a part may have that is worth making smaller
// by trial and error; beyond that each attempt takes too long.
const shrinkable = 20_000

// shrink returns a small part of illegal operations that is illegal by itself,
// and whether it is minimal: taking away any further operation that may be taken
// away would make it legal. Without the time to search, the part is the whole.
func (s *shrinker) shrink(part []object.Op) (_ []object.Op, minimal bool) {
	if len(part) > shrinkable {
		return part, false
	}
	for chunk := len(part) / 2; chunk > 1; chunk /= 2 {
		part = s.without(part, chunk)
	}
	for before := -1; before != len(part); {
		before, s.unsure = len(part), false
		part = s.without(part, 1)
	}
	return part, !s.unsure && s.ctx.Err() == nil
}

type shrinker struct {
	ctx    context.Context
	object object.Object
	// unsure is set once a question had no answer in time.
	unsure bool
}

// mostShrinking is the memory for one question, in bytes.
const mostShrinking = 128 << 20

// illegal says whether operations are certainly illegal.
func (s *shrinker) illegal(ops []object.Op) bool {
	ops = normal(s.object, ops)
	outcome, _ := monitor(s.object, ops)
	if outcome == object.Undecided {
		ctx, cancel := context.WithTimeout(s.ctx, oneAnswer)
		defer cancel()
		outcome = search.Run(ctx, s.object, ops, mostShrinking).Outcome
	}
	if outcome == object.Undecided || outcome == object.TooBig {
		s.unsure = true
	}
	return outcome == object.Illegal
}

// prefix is the shortest beginning that is illegal, as far as can be told.
// Longer beginnings than an illegal one are illegal too. A search that died at one
// moment has the answer already, which is only confirmed.
func (s *shrinker) prefix(ops []object.Op, reached int) []object.Op {
	if reached > 0 {
		if part := until(s.object, ops, reached); s.illegal(part) {
			return part
		}
	}
	var ends []int
	for i := range ops {
		if ops[i].End != object.Never {
			ends = append(ends, ops[i].End)
		}
	}
	slices.Sort(ends)
	lo, hi := 0, len(ends)-1 // hi is illegal: until then everything certain is done
	for lo < hi {
		if mid := (lo + hi) / 2; s.illegal(until(s.object, ops, ends[mid])) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if hi < 0 {
		return ops
	}
	return until(s.object, ops, ends[hi])
}

// until is what was known at a moment.
func until(spec object.Spec, ops []object.Op, moment int) []object.Op {
	var known []object.Op
	for _, op := range ops {
		switch {
		case op.Start > moment, op.End > moment && spec.Observer(op.Class):
			continue
		case op.End > moment:
			op.End, op.Maybe, op.Inferred = object.Never, true, false
		}
		known = append(known, op)
	}
	return known
}

// without takes away runs of so many operations wherever that leaves the history
// illegal, from the end to the beginning.
func (s *shrinker) without(ops []object.Op, chunk int) []object.Op {
	for hi := len(ops); hi > 0 && s.ctx.Err() == nil; hi -= chunk {
		hi = min(hi, len(ops))
		rest := take(s.object, ops, max(0, hi-chunk), hi)
		if len(rest) < len(ops) && s.illegal(rest) {
			ops = rest
		}
	}
	return ops
}

// take takes away those of a run of operations that may be taken away, with all
// that has to go with them.
func take(o object.Object, ops []object.Op, lo, hi int) []object.Op {
	going := make([]bool, len(ops))
	for i := lo; i < hi; i++ {
		going[i] = true
	}
	if s, can := o.(object.Shrinker); can {
		s.Shrink(ops, going)
	} else {
		onlyObservers(o, ops, going)
	}
	var rest []object.Op
	for i := range ops {
		if !going[i] {
			rest = append(rest, ops[i])
		}
	}
	return rest
}

func onlyObservers(spec object.Spec, ops []object.Op, going []bool) {
	for i := range ops {
		going[i] = going[i] && spec.Observer(ops[i].Class)
	}
}
