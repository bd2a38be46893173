package session

import "github.com/assaykit/assay/checkers/session/trace"

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
	first := make([]int32, versions+2) // of each version's arrows, once sorted
	older := make([]int32, versions)
	for _, a := range arrows {
		first[a.older+2]++
		older[a.newer]++
	}
	for v := range versions {
		first[v+2] += first[v+1]
	}
	newer := make([]int32, len(arrows))
	for _, a := range arrows {
		newer[first[a.older+1]] = a.newer
		first[a.older+1]++
	}
	ready := make([]int32, 0, versions)
	for v := range versions {
		if older[v] == 0 {
			ready = append(ready, int32(v))
		}
	}
	for done := 0; done < len(ready); done++ {
		v := ready[done]
		for _, w := range newer[first[v]:first[v+1]] {
			if older[w]--; older[w] == 0 {
				ready = append(ready, w)
			}
		}
	}
	var left []int32
	for v := range versions {
		if older[v] > 0 {
			left = append(left, int32(v))
		}
	}
	return left
}
