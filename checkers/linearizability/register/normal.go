package register

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// Normal takes away freedom that operations of unknown outcome only seem to have,
// for that is what makes a search explode:
//
//   - One that is the only operation which can have left a value that somebody
//     found did happen, and before the first of those who found it was done. This
//     makes a compare-and-set find its own old value, and so on.
//   - A mismatch that some moment of its call allows in every order of the other
//     operations tells nothing.
//   - One whose value nobody found, or could yet find, is left out, unless a
//     mismatch may need it: every order without it is one with it (it comes last,
//     or never), and in an order with it the value before it lasts longer if it
//     is left out, which disturbs none but a mismatch on that value.
//   - Those that must stay because of a mismatch leave values that nobody can
//     tell apart, and so become one value.
//
// Only the first needs a value to be left by one operation alone. Reads of
// unknown outcome are never there in the first place. Where something was added
// without an answer, nobody knows who left what, and all stays as it is.
func (r *register) Normal(ops []object.Op) []object.Op {
	ops = slices.Clone(ops)
	if r.adds {
		return ops
	}
	r.infer(ops)
	for dropped := true; dropped; {
		ops = r.dropMismatches(ops)
		before := len(ops)
		ops = r.dropUnseen(ops)
		dropped = len(ops) < before
	}
	r.merge(ops)
	return ops
}

// infer finds the operations that happened because somebody saw their effect.
func (r *register) infer(ops []object.Op) {
	if !slices.ContainsFunc(ops, func(o object.Op) bool { return o.Maybe || o.Inferred }) {
		return
	}
	by := r.producers(ops)
	seen := make([]int, len(r.is)) // when the first who found a value was done
	for v := range seen {
		seen[v] = object.Never
	}
	var found []object.State
	note := func(v object.State, end int) {
		if end < seen[v] {
			seen[v] = end
			found = append(found, v)
		}
	}
	for i := range ops {
		if v, finds := r.certainlyFound(&ops[i]); finds {
			note(v, ops[i].End)
		}
	}
	for len(found) > 0 {
		v := found[len(found)-1]
		found = found[:len(found)-1]
		op := by[v].only(ops)
		// Found before it was invoked: that is a violation, not an inference.
		if op == nil || seen[v] < op.Start || !op.Maybe && !op.Inferred {
			continue
		}
		op.Maybe, op.Inferred, op.End = false, true, min(op.End, seen[v])
		if old, finds := r.act(op).found(); finds {
			note(old, op.End)
		}
	}
}

// certainlyFound is the value that a certain operation found.
func (r *register) certainlyFound(op *object.Op) (object.State, bool) {
	v, finds := r.act(op).found()
	return v, finds && !op.Maybe
}

// production says which operations can have left a value.
type production struct {
	count, first int32
	// firstStart is when the first of them was invoked.
	firstStart int
}

func (r *register) producers(ops []object.Op) []production {
	by := make([]production, len(r.is))
	for v := range by {
		by[v].firstStart = object.Never
	}
	for i := range ops {
		if v, changes := r.act(&ops[i]).left(); changes {
			if by[v].count == 0 {
				by[v].first, by[v].firstStart = int32(i), ops[i].Start
			}
			by[v].count++
		}
	}
	return by
}

// only is the operation that alone can have left the value, if there is one.
func (p production) only(ops []object.Op) *object.Op {
	if p.count != 1 {
		return nil
	}
	return &ops[p.first]
}

func (r *register) mismatches(ops []object.Op) bool {
	return slices.ContainsFunc(ops, func(o object.Op) bool { return r.act(&o).kind == mismatch })
}

// dropMismatches leaves out mismatches that some moment of the call allows
// whatever the order: before anybody can have left the value, or after it was
// certainly overwritten.
func (r *register) dropMismatches(ops []object.Op) []object.Op {
	if !r.mismatches(ops) {
		return ops
	}
	by := r.producers(ops)
	after := successorsOf(r.spans(ops, by))
	return slices.DeleteFunc(ops, func(o object.Op) bool {
		a := r.act(&o)
		if a.kind != mismatch {
			return false
		}
		over, _ := after.of(a.old)
		return o.Start < by[a.old].firstStart || over < o.End
	})
}

// dropUnseen leaves out uncertain operations whose value nobody found or can
// find. One that goes may have been the only one that could find another's.
func (r *register) dropUnseen(ops []object.Op) []object.Op {
	if !slices.ContainsFunc(ops, func(o object.Op) bool { return o.Maybe }) {
		return ops
	}
	finders := make([]int32, len(r.is))
	for i := range ops {
		if v, finds := r.act(&ops[i]).found(); finds {
			finders[v]++
		}
	}
	needed := r.helped(ops)
	for dropped := true; dropped; {
		dropped = false
		ops = slices.DeleteFunc(ops, func(o object.Op) bool {
			a := r.act(&o)
			if !o.Maybe || finders[a.new] > 0 || needed(o) {
				return false
			}
			if v, finds := a.found(); finds {
				finders[v]--
				dropped = true
			}
			return true
		})
	}
	return ops
}

// helped returns a function that says whether an operation's taking place may
// allow some mismatch: one on a value that it replaces, and that is not over
// when the operation starts.
func (r *register) helped(ops []object.Op) func(object.Op) bool {
	if !r.mismatches(ops) {
		return func(object.Op) bool { return false }
	}
	lastEnd := make([]int, len(r.is))
	best, second := object.State(none), object.State(none)
	for i := range ops {
		if a := r.act(&ops[i]); a.kind == mismatch {
			lastEnd[a.old] = max(lastEnd[a.old], ops[i].End)
		}
	}
	for v := range lastEnd {
		switch v := object.State(v); {
		case best == none || lastEnd[v] > lastEnd[best]:
			best, second = v, best
		case second == none || lastEnd[v] > lastEnd[second]:
			second = v
		}
	}
	return func(o object.Op) bool {
		a := r.act(&o)
		on := a.old
		if a.kind == write {
			if on = best; on == a.new {
				on = second
			}
		}
		return on != none && lastEnd[on] > o.Start
	}
}

// merge gives one value to all uncertain writes whose values nobody asks about who
// was not done before they were invoked.
func (r *register) merge(ops []object.Op) {
	if !slices.ContainsFunc(ops, func(o object.Op) bool { return o.Maybe }) {
		return
	}
	asked := make([]int, len(r.is))
	for i := range ops {
		if a := r.act(&ops[i]); a.kind != write {
			asked[a.old] = max(asked[a.old], ops[i].End)
		}
	}
	for i := range ops {
		if a := r.act(&ops[i]); ops[i].Maybe && a.kind == write && asked[a.new] < ops[i].Start {
			ops[i].Class = r.class(act{kind: write, new: unnamed})
		}
	}
}
