package collection

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// Normal takes away freedom that operations of unknown outcome only seem to have.
// Its rules rest on this: an order stays one if a value is left out together with
// the operation that removed it, if any did, for everything else in the collection
// is left in the same order.
//
//   - An uncertain addition of a value that nobody certainly removed is left out,
//     with whatever removed it, which was uncertain as well.
//   - If a value was certainly removed as often as it can have been added, all of
//     its additions happened, and before the last of those removals was done.
//   - Of a value's uncertain removals no more can have happened than there are
//     additions without a certain removal. Who removes it at some moment may as
//     well be the one that was invoked first.
//   - An uncertain removal that was invoked after the last certain one was done, or
//     after it found nothing, disturbs nobody if it did not happen. Nor does one
//     that may have taken anything, if there is nothing that it can have taken.
func (h *History) Normal(ops []object.Op) []object.Op {
	ops = slices.Clone(ops)
	n := normalizer{ops: ops, gone: make([]bool, len(ops))}
	g := h.byValue(ops)
	for i := range g.of {
		n.value(g.adds(i), g.removes(i))
	}
	n.dropIdle()
	kept := ops[:0]
	for i := range ops {
		if !n.gone[i] {
			kept = append(kept, ops[i])
		}
	}
	return kept
}

type normalizer struct {
	ops  []object.Op
	gone []bool
	// left is set if some value may have been left for a blind removal.
	left bool
}

func (n *normalizer) value(adds, removes []int32) {
	certain, last := certainly(n.ops, removes)
	able := 0
	for _, i := range adds {
		if n.ops[i].Maybe && certain == 0 {
			n.gone[i] = true
		} else {
			able++
		}
	}
	if able > 0 && able <= certain {
		n.infer(adds, last)
	}
	n.left = n.left || able > certain
	spare := max(0, able-certain)
	for _, i := range removes {
		if !n.ops[i].Maybe {
			continue
		}
		if spare--; spare < 0 {
			n.gone[i] = true
		}
	}
}

// certainly is how many of the places are of operations that happened, and when
// the last of these was done.
func certainly(ops []object.Op, places []int32) (n, last int) {
	last = -1
	for _, i := range places {
		if !ops[i].Maybe {
			n, last = n+1, max(last, ops[i].End)
		}
	}
	return n, last
}

// infer notes that additions happened. One that was invoked only after all
// removals is a contradiction, and nothing to draw conclusions from.
func (n *normalizer) infer(adds []int32, last int) {
	for _, i := range adds {
		if op := &n.ops[i]; (op.Maybe || op.Inferred) && op.Start < last {
			op.Maybe, op.Inferred, op.End = false, true, min(op.End, last)
		}
	}
}

func (n *normalizer) dropIdle() {
	last := lastRemoval(n.ops, nil)
	for i := range n.ops {
		if op := &n.ops[i]; removal(op.Class) && op.Maybe && (op.Start > last || op.Class == Blind && !n.left) {
			n.gone[i] = true
		}
	}
}

// removal says whether a class is one of operations that remove something or find
// nothing.
func removal(class int32) bool {
	_, removed, about := Value(class)
	return !about || removed
}

// lastRemoval is when the last certain removal was done, but for those that are
// gone.
func lastRemoval(ops []object.Op, gone []bool) int {
	last := -1
	for i := range ops {
		if op := &ops[i]; removal(op.Class) && !op.Maybe && (gone == nil || !gone[i]) {
			last = max(last, op.End)
		}
	}
	return last
}

// Shrink lets a value go only with all of its operations, because what is left is
// then as it was. Those that found nothing may go. A blind removal may go if
// nothing is left that it can have taken, or nobody after it who could be
// disturbed by what it left.
func (h *History) Shrink(ops []object.Op, going []bool) {
	g := h.byValue(ops)
	left := false
	for i := range g.of {
		group := g.places[g.of[i].from:g.of[i].to]
		if slices.ContainsFunc(group, func(at int32) bool { return going[at] }) {
			for _, at := range group {
				going[at] = true
			}
			continue
		}
		certain, _ := certainly(ops, g.removes(i))
		left = left || len(g.adds(i)) > certain
	}
	last := lastRemoval(ops, going)
	for i := range ops {
		if ops[i].Class == Blind {
			going[i] = going[i] && (!left || ops[i].Start > last)
		}
	}
}
