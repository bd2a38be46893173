package register

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// Shrink lets these be taken away:
//
//   - operations that left the register as it was;
//   - operations whose value nobody found who stays: the value before lasts
//     longer without them, which disturbs none who stays, except perhaps a
//     mismatch on that value.
//
// With a value go all who found it and only found it, wherever they stand. Who saw
// the effect of an operation that was not acknowledged stays with it, and who found
// a value again stays with a mismatch on it, for the reader to see it too. Where
// something was added without an answer, only the former can go.
func (r *register) Shrink(ops []object.Op, going []bool) {
	if r.adds {
		for i := range ops {
			going[i] = going[i] && r.act(&ops[i]).pure()
		}
		return
	}
	leaves := make([]bool, len(r.is))
	for i := range ops {
		if v, changes := r.act(&ops[i]).left(); changes && going[i] {
			leaves[v] = true
		}
	}
	for i := range ops {
		if a := r.act(&ops[i]); a.pure() && leaves[a.old] {
			going[i] = true
		}
	}
	r.stay(ops, going)
}

// stay keeps the operations that somebody who stays may depend on.
func (r *register) stay(ops []object.Op, going []bool) {
	for changed := true; changed; {
		changed = false
		needed, evident := r.dependents(ops, going), r.evidence(ops, going)
		for i := range ops {
			if going[i] && (needed(&ops[i]) || evident(&ops[i])) {
				going[i], changed = false, true
			}
		}
	}
}

// dependents returns a function that says whether somebody who stays may depend
// on an operation: one who found its value, or a mismatch that might not be one
// without it. A mismatch does not depend on what came after it, or before all
// those who stay and left the value that it did not find.
func (r *register) dependents(ops []object.Op, going []bool) func(*object.Op) bool {
	found, leftFrom := make([]bool, len(r.is)), make([]int, len(r.is))
	for v := range leftFrom {
		leftFrom[v] = object.Never
	}
	var mismatches []*object.Op
	for i := range ops {
		op := &ops[i]
		if going[i] {
			continue
		}
		if v, finds := r.act(op).found(); finds {
			found[v] = true
		}
		if v, changes := r.act(op).left(); changes {
			leftFrom[v] = min(leftFrom[v], op.Start)
		}
		if r.act(op).kind == mismatch {
			mismatches = append(mismatches, op)
		}
	}
	return func(op *object.Op) bool {
		v, changes := r.act(op).left()
		return changes && (found[v] || slices.ContainsFunc(mismatches, func(m *object.Op) bool {
			return op.Start < m.End && leftFrom[r.act(m).old] < op.End
		}))
	}
}

// evidence returns a function that says whether an operation is how one knows
// that somebody who stays did happen, or that a value was still there after a
// mismatch on it that stays. Whoever else may have left a value in the meantime is
// perhaps not among the operations any more.
func (r *register) evidence(ops []object.Op, going []bool) func(*object.Op) bool {
	seen, again := map[object.State]int{}, map[object.State]int{}
	for i := range ops {
		a := r.act(&ops[i])
		if v, changes := a.left(); changes && ops[i].Inferred && !going[i] {
			seen[v] = ops[i].End
		}
		if a.kind == mismatch && !going[i] {
			again[a.old] = r.foundAfter(ops, a.old, ops[i].End)
		}
	}
	return func(op *object.Op) bool {
		v, finds := r.certainlyFound(op)
		end, is := seen[v]
		start, asked := again[v]
		return finds && (is && op.End == end || asked && op.Start == start)
	}
}

// foundAfter is the start of the first operation that found a value and was
// invoked after some moment.
func (r *register) foundAfter(ops []object.Op, v object.State, moment int) int {
	for i := range ops {
		if found, finds := r.certainlyFound(&ops[i]); finds && found == v && ops[i].Start > moment {
			return ops[i].Start
		}
	}
	return object.Never
}
