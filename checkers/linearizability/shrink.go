package linearizability

import (
	"context"
	"slices"
	"time"
)

// A part of a history proves something about the whole only if an order of the
// whole would give one of the part. That holds if these are taken away:
//
//   - operations that left the register as it was;
//   - operations whose value nobody found who stays: the value before lasts
//     longer without them, which disturbs none who stays, except perhaps a
//     mismatch on that value;
//   - all that was invoked after some moment, while what was then under way
//     becomes uncertain.
//
// Shrinking tries these, and keeps what is still illegal.

// shrink returns a small part of an illegal history that is illegal by itself,
// and whether it is minimal: taking away any further operation that may be taken
// away would make it legal. Without the time to search, the part is the whole.
func shrink(ctx context.Context, search engine, ops []operation, values int) (part []operation, minimal bool) {
	s := &shrinker{ctx: ctx, search: search, values: values, each: time.Second}
	part = s.prefix(ops)
	for chunk := len(part) / 2; chunk > 1; chunk /= 2 {
		part = s.without(part, chunk)
	}
	for before := -1; before != len(part); {
		before, s.unsure = len(part), false
		part = s.without(part, 1)
	}
	return part, !s.unsure && ctx.Err() == nil
}

type shrinker struct {
	ctx    context.Context
	search engine
	values int
	// each is the time for one search, and unsure whether one needed more.
	each   time.Duration
	unsure bool
}

// illegal says whether operations are certainly illegal.
func (s *shrinker) illegal(ops []operation) bool {
	ctx, cancel := context.WithTimeout(s.ctx, s.each)
	defer cancel()
	switch s.search(ctx, ops) {
	case illegal:
		return true
	case legal:
		return false
	}
	s.unsure = true
	return false
}

// prefix is the shortest beginning that is illegal, as far as the search can
// tell. Longer beginnings than an illegal one are illegal too.
func (s *shrinker) prefix(ops []operation) []operation {
	var ends []int
	for i := range ops {
		if ops[i].end != never {
			ends = append(ends, ops[i].end)
		}
	}
	slices.Sort(ends)
	lo, hi := 0, len(ends)-1 // hi is illegal: until then everything certain is done
	for lo < hi {
		if mid := (lo + hi) / 2; s.illegal(until(ops, ends[mid])) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if hi < 0 {
		return ops
	}
	return until(ops, ends[hi])
}

// until is what was known at a moment.
func until(ops []operation, moment int) []operation {
	var known []operation
	for _, op := range ops {
		switch {
		case op.start > moment, op.end > moment && op.pure():
			continue
		case op.end > moment:
			op.end, op.maybe, op.inferred = never, true, false
		}
		known = append(known, op)
	}
	return known
}

// without takes away runs of so many operations wherever that leaves the
// history illegal, from the end to the beginning.
func (s *shrinker) without(ops []operation, chunk int) []operation {
	for hi := len(ops); hi > 0 && s.ctx.Err() == nil; hi -= chunk {
		hi = min(hi, len(ops))
		rest := take(ops, max(0, hi-chunk), hi, s.values)
		if len(rest) < len(ops) && s.illegal(rest) {
			ops = rest
		}
	}
	return ops
}

// take takes away those of a run of operations that may be taken away, and with
// a value all who found it and only found it, wherever they stand.
func take(ops []operation, lo, hi, values int) []operation {
	going := make([]bool, len(ops))
	leaves := make([]bool, values)
	for i := lo; i < hi; i++ {
		going[i] = true
		if v, changes := ops[i].left(); changes {
			leaves[v] = true
		}
	}
	for i := range ops {
		if ops[i].pure() && leaves[ops[i].old] {
			going[i] = true
		}
	}
	stay(ops, going, values)
	var rest []operation
	for i := range ops {
		if !going[i] {
			rest = append(rest, ops[i])
		}
	}
	return rest
}

// stay keeps the operations that somebody who stays may depend on.
func stay(ops []operation, going []bool, values int) {
	for changed := true; changed; {
		changed = false
		needed := dependents(ops, going, values)
		for i := range ops {
			if going[i] && needed(&ops[i]) {
				going[i], changed = false, true
			}
		}
	}
}

// dependents returns a function that says whether somebody who stays may depend
// on an operation: one who found its value, or a mismatch that might not be one
// without it. A mismatch does not depend on what came after it, or before all
// those who stay and left the value that it did not find.
func dependents(ops []operation, going []bool, values int) func(*operation) bool {
	found, leftFrom := make([]bool, values), make([]int, values)
	for v := range leftFrom {
		leftFrom[v] = never
	}
	var mismatches []*operation
	for i := range ops {
		op := &ops[i]
		if going[i] {
			continue
		}
		if v, finds := op.found(); finds {
			found[v] = true
		}
		if v, changes := op.left(); changes {
			leftFrom[v] = min(leftFrom[v], op.start)
		}
		if op.kind == mismatch {
			mismatches = append(mismatches, op)
		}
	}
	return func(op *operation) bool {
		v, changes := op.left()
		return changes && (found[v] || slices.ContainsFunc(mismatches, func(m *operation) bool {
			return op.start < m.end && leftFrom[m.old] < op.end
		}))
	}
}

// alone is the part of a history that consists of a few operations and of those
// that can have left the values they found. Of these a compare-and-set becomes a
// write, unless all are there who can have left what it replaced. An order of the
// whole gives one of this part too, if it has no mismatch.
func alone(ops []operation, few []int, values int) (part []operation) {
	wanted := wantedBy(ops, few, values)
	for _, i := range withProducers(ops, few, values) {
		op := ops[i]
		if op.kind == cas && !wanted[op.old] {
			op.kind, op.old = write, notFound
		}
		part = append(part, op)
	}
	return part
}

// wantedBy are the values that operations are about without having left them.
func wantedBy(ops []operation, few []int, values int) []bool {
	wanted := make([]bool, values)
	for _, i := range few {
		if ops[i].kind != write {
			wanted[ops[i].old] = true
		}
	}
	return wanted
}

// withProducers adds those that can have left a value which the given operations
// are about.
func withProducers(ops []operation, few []int, values int) []int {
	wanted := wantedBy(ops, few, values)
	all := slices.Clone(few)
	for i := range ops {
		if v, changes := ops[i].left(); changes && wanted[v] {
			all = append(all, i)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
