package session

import (
	"slices"

	"github.com/assaykit/assay/checkers/session/trace"
)

// Versions are named by numbers: those that operations left by the operations'
// places, and a key's initial one by the number of operations plus the key's.

// version is the one that an operation found.
func version(t *trace.Trace, found int32) (v int32, known bool) {
	source, known := t.Source(found)
	if source == trace.None {
		source = int32(len(t.Ops)) + t.Values[found].Key
	}
	return source, known
}

// arrow says that a version is older than another one.
type arrow struct{ older, newer int32 }

// place is a session's view of a key.
type place struct{ session, key int32 }

// progress is what a session did last on a key: the version it found or left, if
// any, and what kinds of things it did at all.
type progress struct {
	last int32
	did  deeds
}

// suspects are the keys on which the four guarantees together have a cycle. All
// of them together demand that what a session reads and writes on a key is never
// older than what it read or wrote there just before, so that one arrow for an
// operation is enough.
func (a *account) suspects() []int32 {
	t := a.trace
	s := suspicion{trace: t, guilty: make([]bool, len(t.Keys)), arrows: make([]arrow, 0, len(t.Ops))}
	sessions := make(map[place]progress, len(t.Ops)/4)
	for i := range t.Ops {
		op, at := &t.Ops[i], place{t.Ops[i].Session, t.Ops[i].Key}
		if !op.Certain || op.Kind == trace.Mismatch {
			continue
		}
		before, acted := sessions[at]
		if !acted {
			before.last = trace.None
		}
		v, known := found(t, op)
		after := progress{s.follow(int32(i), before.last, v, known), a.tally.count(op, known, before.did)}
		if op.Acknowledged {
			sessions[at] = after
		}
	}
	for _, i := range inCycles(len(t.Ops), s.arrows) {
		s.guilty[t.Ops[i].Key] = true
	}
	var keys []int32
	for key, is := range s.guilty {
		if is {
			keys = append(keys, int32(key))
		}
	}
	return keys
}

// suspicion collects arrows, and the keys that need no more of them.
type suspicion struct {
	trace  *trace.Trace
	guilty []bool
	arrows []arrow
}

// follow adds the arrows of an operation that found a version, if it is known,
// and comes after another one on its session's key. It returns the version with
// which the session goes on.
func (s *suspicion) follow(i, last, found int32, known bool) int32 {
	op := &s.trace.Ops[i]
	if known && op.Changes() {
		s.add(found, i)
	}
	if known && op.Acknowledged {
		s.add(last, found)
		last = found
	}
	if op.Changes() {
		s.add(last, i)
		last = i
	}
	return last
}

func (s *suspicion) add(older, newer int32) {
	ops := int32(len(s.trace.Ops))
	switch {
	case older == newer || older == trace.None || older >= ops:
	case newer >= ops: // something is older than the initial version
		s.guilty[newer-ops] = true
	default:
		s.arrows = append(s.arrows, arrow{older, newer})
	}
}

// found is the version that an operation found, if it tells.
func found(t *trace.Trace, op *trace.Op) (v int32, known bool) {
	if !op.Finds() {
		return trace.None, false
	}
	return version(t, op.Found)
}

// inCycles returns the versions that cannot be put in order: those in cycles, and
// those that come after one.
func inCycles(versions int, arrows []arrow) []int32 {
	is := make([]bool, versions)
	for _, v := range sorted(versions, arrows).topological() {
		is[v] = true
	}
	var left []int32
	for v := range is {
		if !is[v] {
			left = append(left, int32(v))
		}
	}
	return left
}

// outgoing are arrows by where they come from.
type outgoing struct {
	first, newer []int32
	// older is how many arrows lead to each version.
	older []int32
}

func sorted(versions int, arrows []arrow) *outgoing {
	o := &outgoing{first: make([]int32, versions+2), newer: make([]int32, len(arrows)), older: make([]int32, versions)}
	for _, a := range arrows {
		o.first[a.older+2]++
		o.older[a.newer]++
	}
	for v := range versions {
		o.first[v+2] += o.first[v+1]
	}
	for _, a := range arrows {
		at := &o.first[a.older+1]
		o.newer[*at] = a.newer
		*at++
	}
	return o
}

// from are the versions to which arrows lead from a version.
func (o *outgoing) from(v int32) []int32 { return o.newer[o.first[v]:o.first[v+1]] }

// topological are the versions in an order of the arrows, without those in cycles
// and after them (Kahn, Topological Sorting of Large Networks, 1962).
func (o *outgoing) topological() []int32 {
	older := slices.Clone(o.older)
	order := make([]int32, 0, len(older))
	for v, n := range older {
		if n == 0 {
			order = append(order, int32(v))
		}
	}
	for done := 0; done < len(order); done++ {
		for _, w := range o.from(order[done]) {
			if older[w]--; older[w] == 0 {
				order = append(order, w)
			}
		}
	}
	return order
}
