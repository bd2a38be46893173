package keyvalue

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

var _ object.Normalizer = (*store)(nil)

// Normal finds out which changes of unknown outcome happened, and leaves out those
// that nobody needs.
//
//   - The only one that can have put a value, under a version that somebody found
//     it with and nobody else has got, did happen, with that version, and before the
//     first who found it was done.
//   - A get of unknown outcome, and whatever else changes nothing, is left out.
//   - One that leaves a state which nobody who may come later needs is left out: in
//     an order with it the state before lasts longer without it, which disturbs
//     nobody. Its version is never known, unless it was done after the moment at which
//     a history was cut off; then somebody may have found the map at that revision.
//   - Where no change of a key is left that is of unknown outcome, the versions say
//     what each change found. If that was what it needed, it need not be asked for
//     any more. So a few of the operations can contradict each other by themselves.
func (s *store) Normal(ops []object.Op) []object.Op {
	ops = slices.DeleteFunc(slices.Clone(ops), func(op object.Op) bool { return op.Maybe && !s.classes[op.Class].changes() })
	if !slices.ContainsFunc(ops, func(op object.Op) bool { return op.Maybe }) {
		s.assure(ops)
		return ops
	}
	s.infer(ops)
	n := s.needs(ops)
	_, spoken := s.staying(ops, make([]bool, len(ops)))
	ops = slices.DeleteFunc(ops, func(op object.Op) bool {
		c := &s.classes[op.Class]
		return op.Maybe && !spoken[c.version] && !n.may(c, op.Start)
	})
	s.assure(ops)
	return ops
}

// assure marks the changes that found what they needed.
func (s *store) assure(ops []object.Op) {
	l, twice := lineOf(s, ops)
	if twice != nil {
		return
	}
	maybe := s.maybe(ops)
	for key, positions := range l.ofKey {
		before := none
		for _, p := range positions {
			if op := &ops[l.changes[p]]; !maybe[key] && s.classes[op.Class].needs() && l.allows(before, p) {
				op.Class++
			}
			before = p
		}
	}
}

// holding is a value of a key under a version, which is unknown where only the
// value counts.
type holding struct {
	key, value int32
	version    int
}

// infer makes changes of unknown outcome certain whose values were found.
func (s *store) infer(ops []object.Op) {
	seen := s.firstSeen(ops)
	candidates := s.candidates(ops)
	for i := range ops {
		c := &s.classes[ops[i].Class]
		h := holding{c.key, c.value, c.version}
		end, is := seen[h]
		if c.kind != found || !is {
			continue
		}
		delete(seen, h)
		if only := s.only(ops, candidates[holding{h.key, h.value, unknown}], h.version, end); only != none {
			s.happened(&ops[only], h.version, end)
		}
	}
}

// only is the one candidate that can have got a version by some time, or none.
func (s *store) only(ops []object.Op, candidates []int, version, end int) int {
	only := none
	for _, i := range candidates {
		if c := &s.classes[ops[i].Class]; ops[i].Start > end || c.version != unknown && c.version != version {
			continue
		}
		if only != none {
			return none
		}
		only = i
	}
	return only
}

// none is no operation.
const none = -1

// firstSeen is when the first who found a value under a version that no certain
// change has got was done.
func (s *store) firstSeen(ops []object.Op) map[holding]int {
	seen := map[holding]int{}
	certain := s.certain(ops)
	for i := range ops {
		c := &s.classes[ops[i].Class]
		if c.kind != found || certain[c.version] || ops[i].Maybe {
			continue
		}
		h := holding{c.key, c.value, c.version}
		if end, is := seen[h]; !is || ops[i].End < end {
			seen[h] = ops[i].End
		}
	}
	return seen
}

// certain are the versions of changes that certainly happened.
func (s *store) certain(ops []object.Op) map[int]bool {
	certain := map[int]bool{}
	for i := range ops {
		if c := &s.classes[ops[i].Class]; !ops[i].Maybe && c.changes() {
			certain[c.version] = true
		}
	}
	return certain
}

// candidates are the changes of unknown outcome by what they would have put.
func (s *store) candidates(ops []object.Op) map[holding][]int {
	candidates := map[holding][]int{}
	for i := range ops {
		if c := &s.classes[ops[i].Class]; ops[i].Maybe && c.kind != remove {
			h := holding{c.key, c.value, unknown}
			candidates[h] = append(candidates[h], i)
		}
	}
	return candidates
}

// happened gives a change its version. Where one candidate is all that there is for
// two versions, the second of them is nobody's.
func (s *store) happened(op *object.Op, version, end int) {
	if !op.Maybe {
		return
	}
	c := s.classes[op.Class]
	if c.version == unknown {
		c.version = version
		n, known := s.inferred[c]
		if !known {
			n = s.enter(c)
			s.inferred[c] = n
		}
		op.Class = n
	}
	op.Maybe, op.Inferred, op.End = false, true, end
}

// needs says when the last of those was done who may need a change on a key.
type needs struct {
	// there need a key to be there, or to have another version than before; away
	// need it to be absent or to have another version.
	there, away []int
	// value need a value under a version that is nobody's.
	value map[holding]int
}

func (s *store) needs(ops []object.Op) needs {
	certain := s.certain(ops)
	n := needs{there: make([]int, len(s.keys)), away: make([]int, len(s.keys)), value: map[holding]int{}}
	for i := range ops {
		c, end := &s.classes[ops[i].Class], ops[i].End
		switch {
		case c.sure:
		case c.kind == remove && !ops[i].Maybe, c.kind == putIf && c.expected != gone && !certain[c.expected]:
			n.there[c.key] = max(n.there[c.key], end)
		case c.kind == missed, c.kind == putIf && c.expected == gone:
			n.away[c.key] = max(n.away[c.key], end)
		case c.kind == mismatch:
			n.there[c.key], n.away[c.key] = max(n.there[c.key], end), max(n.away[c.key], end)
		case c.kind == found && !certain[c.version]:
			h := holding{c.key, c.value, unknown}
			n.value[h] = max(n.value[h], end)
		}
	}
	return n
}

// may says whether somebody may need a change.
func (n *needs) may(c *class, start int) bool {
	if c.kind == remove {
		return n.away[c.key] > start
	}
	return n.there[c.key] > start || n.value[holding{c.key, c.value, unknown}] > start
}
