package linearizability

import "slices"

// refine makes a history smaller that is linearizable if and only if the given
// one is. It takes away freedom that operations of unknown outcome only seem to
// have, for that is what makes a search explode:
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
//     tell apart, and so become one value: see candidate.
//
// Only the first needs a value to be left by one operation alone. Reads of
// unknown outcome are never there in the first place.
func refine(ops []operation, values int) []operation {
	ops = slices.Clone(ops)
	infer(ops, values)
	for before := -1; before != len(ops); {
		before = len(ops)
		ops = dropMismatches(ops, values)
		ops = dropUnseen(ops, values)
	}
	merge(ops, values)
	return ops
}

// infer finds the operations that happened because somebody saw their effect.
func infer(ops []operation, values int) {
	by := producers(ops, values)
	seen := make([]int, values) // when the first who found a value was done
	for v := range seen {
		seen[v] = never
	}
	var found []value
	note := func(v value, end int) {
		if end < seen[v] {
			seen[v] = end
			found = append(found, v)
		}
	}
	for i := range ops {
		if v, finds := ops[i].found(); finds && !ops[i].maybe {
			note(v, ops[i].end)
		}
	}
	for len(found) > 0 {
		v := found[len(found)-1]
		found = found[:len(found)-1]
		op := by[v].only(ops)
		// Found before it was invoked: that is a violation, not an inference.
		if op == nil || seen[v] < op.start || !op.maybe && !op.inferred {
			continue
		}
		op.maybe, op.inferred, op.end = false, true, min(op.end, seen[v])
		if old, finds := op.found(); finds {
			note(old, op.end)
		}
	}
}

// production says which operations can have left a value.
type production struct {
	count, first int
	// firstStart is when the first of them was invoked.
	firstStart int
}

func producers(ops []operation, values int) []production {
	by := make([]production, values)
	for v := range by {
		by[v].firstStart = never
	}
	for i := range ops {
		if v, changes := ops[i].left(); changes {
			if by[v].count == 0 {
				by[v].first, by[v].firstStart = i, ops[i].start
			}
			by[v].count++
		}
	}
	return by
}

// only is the operation that alone can have left the value, if there is one.
func (p production) only(ops []operation) *operation {
	if p.count != 1 {
		return nil
	}
	return &ops[p.first]
}

// dropMismatches leaves out mismatches that some moment of the call allows
// whatever the order: before anybody can have left the value, or after it was
// certainly overwritten.
func dropMismatches(ops []operation, values int) []operation {
	if !slices.ContainsFunc(ops, func(o operation) bool { return o.kind == mismatch }) {
		return ops
	}
	by := producers(ops, values)
	after := successorsOf(spansOf(ops, values))
	return slices.DeleteFunc(ops, func(o operation) bool {
		if o.kind != mismatch {
			return false
		}
		over, _ := after.of(o.old)
		return o.start < by[o.old].firstStart || over < o.end
	})
}

// dropUnseen leaves out uncertain operations whose value nobody found or can
// find. One that goes may have been the only one that could find another's.
func dropUnseen(ops []operation, values int) []operation {
	finders := make([]int, values)
	for i := range ops {
		if v, finds := ops[i].found(); finds {
			finders[v]++
		}
	}
	needed := helped(ops, values)
	for dropped := true; dropped; {
		dropped = false
		ops = slices.DeleteFunc(ops, func(o operation) bool {
			if !o.maybe || finders[o.new] > 0 || needed(o) {
				return false
			}
			if v, finds := o.found(); finds {
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
func helped(ops []operation, values int) func(operation) bool {
	lastEnd := make([]int, values)
	best, second := value(nothing), value(nothing)
	for i := range ops {
		if v := ops[i].old; ops[i].kind == mismatch {
			lastEnd[v] = max(lastEnd[v], ops[i].end)
		}
	}
	for v := range lastEnd {
		switch v := value(v); {
		case best == nothing || lastEnd[v] > lastEnd[best]:
			best, second = v, best
		case second == nothing || lastEnd[v] > lastEnd[second]:
			second = v
		}
	}
	return func(o operation) bool {
		on := o.old
		if o.kind == write {
			if on = best; on == o.new {
				on = second
			}
		}
		return on != nothing && lastEnd[on] > o.start
	}
}

// merge gives one value to all uncertain writes whose values nobody asks about.
func merge(ops []operation, values int) {
	asked := make([]bool, values)
	for i := range ops {
		if ops[i].kind != write {
			asked[ops[i].old] = true
		}
	}
	for i := range ops {
		if ops[i].maybe && ops[i].kind == write && !asked[ops[i].new] {
			ops[i].new = value(values)
		}
	}
}
