package elements

import "github.com/assaykit/assay/checkers/linearizability/object"

var (
	_ object.Exact      = (*element)(nil)
	_ object.Normalizer = (*element)(nil)
	_ object.Shrinker   = (*element)(nil)
)

// wanted is for each state when the last operation that needs it was done, none if
// there is no such operation.
type wanted [2]int

const none = -1

// wanted says which states operations need, of those that are not going.
func (e *element) wanted(ops []object.Op, going []bool) wanted {
	last := wanted{none, none}
	for i := range ops {
		if s, one := e.Needs(ops[i].Class); one && (going == nil || !going[i]) {
			last[s] = max(last[s], ops[i].End)
		}
	}
	return last
}

// needless says that nobody who can come after a change needs what it leaves. An
// order with it is one without it: the state before lasts longer, until the next
// change, and there is nobody in between whom that disturbs.
func (e *element) needless(last wanted, op *object.Op) bool {
	leaves, _ := e.Leaves(op.Class)
	return last[leaves] < op.Start
}

// Normal leaves out changes of unknown outcome that nobody needs.
func (e *element) Normal(ops []object.Op) []object.Op {
	last := e.wanted(ops, nil)
	var kept []object.Op
	for i := range ops {
		if !ops[i].Maybe || !e.needless(last, &ops[i]) {
			kept = append(kept, ops[i])
		}
	}
	return kept
}

// Shrink lets go who only looked, and changes that nobody who stays needs.
func (e *element) Shrink(ops []object.Op, going []bool) {
	for changed := true; changed; {
		changed = false
		last := e.wanted(ops, going)
		for i := range ops {
			if going[i] && !e.Observer(ops[i].Class) && !e.needless(last, &ops[i]) {
				going[i], changed = false, true
			}
		}
	}
}
