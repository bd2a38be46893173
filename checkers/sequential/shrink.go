package sequential

import (
	"context"
	"slices"

	"github.com/assaykit/assay/checkers/session/trace"
)

// shrink makes a part without an order smaller, as long as it has none. It says
// whether it had the time to try everything.
//
// What may be left out without making an order impossible that was possible: an
// operation that changes nothing; and a change together with everybody who may
// have found what it left, if no refused compare-and-set on its register stays,
// for that might have needed it.
func (c checker) shrink(ctx context.Context, t *trace.Trace, part []int32) (smaller []int32, smallest bool) {
	for chunk := max(1, len(part)/2); ; chunk = max(1, chunk/2) {
		removed := false
		for from := len(part); from > 0; from -= chunk {
			from = min(from, len(part))
			if ctx.Err() != nil {
				return part, false
			}
			rest, is := without(t, part, part[max(0, from-chunk):from])
			if !is {
				continue
			}
			if newProblem(t, rest).search(ctx, nil, c.Memory) == illegal {
				part, removed = rest, true
			}
		}
		if chunk == 1 && !removed {
			return part, ctx.Err() == nil
		}
	}
}

// without leaves out operations, and those that have to go with them. It is false
// if that cannot be.
func without(t *trace.Trace, part, out []int32) ([]int32, bool) {
	gone := map[int32]bool{}
	for _, i := range out {
		gone[i] = true
	}
	lost := map[int32]bool{} // values of which a writer is gone
	for before := -1; before != len(gone); {
		before = len(gone)
		for _, i := range part {
			op := &t.Ops[i]
			if op.Finds() && lost[op.Found] {
				gone[i] = true
			}
			if gone[i] && op.Changes() {
				lost[op.Left] = true
			}
		}
	}
	changed := map[int32]bool{}
	for i := range gone {
		if t.Ops[i].Changes() {
			changed[t.Ops[i].Key] = true
		}
	}
	rest := slices.DeleteFunc(slices.Clone(part), func(i int32) bool { return gone[i] })
	blocked := slices.ContainsFunc(rest, func(i int32) bool { return t.Ops[i].Kind == trace.Mismatch && changed[t.Ops[i].Key] })
	return rest, !blocked && len(rest) > 0
}
