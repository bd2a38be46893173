package keyvalue

import "github.com/assaykit/assay/checkers/linearizability/object"

var _ object.Shrinker = (*store)(nil)

// Shrink lets go who only found something, and changes whose version nobody who
// stays speaks of and that nobody who stays may need: what was there before lasts
// longer without them.
func (s *store) Shrink(ops []object.Op, going []bool) {
	for changed := true; changed; {
		changed = false
		staying, spoken := s.staying(ops, going)
		n := s.needs(staying)
		for i := range ops {
			c := &s.classes[ops[i].Class]
			if going[i] && c.changes() && (spoken[c.version] || n.may(c, ops[i].Start)) {
				going[i], changed = false, true
			}
		}
	}
}

// staying are the operations that stay, and the versions that they speak of.
func (s *store) staying(ops []object.Op, going []bool) (staying []object.Op, spoken map[int]bool) {
	spoken = map[int]bool{}
	for i := range ops {
		if going[i] {
			continue
		}
		staying = append(staying, ops[i])
		c := &s.classes[ops[i].Class]
		if !c.changes() {
			spoken[c.version] = true
		}
		spoken[c.revision] = true
		if !c.sure {
			spoken[c.expected] = true
		}
	}
	delete(spoken, unknown)
	return staying, spoken
}
