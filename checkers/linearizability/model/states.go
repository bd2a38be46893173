package model

import (
	"github.com/anishathalye/porcupine"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// states numbers the states of a model.
type states struct {
	equal func(a, b any) bool
	hash  func(any) uint64
	all   []any
	// byHash are the numbers of states with one hash; a model without a Hash has
	// only one list.
	byHash map[uint64][]object.State
	// byValue are the numbers of states that == tells apart.
	byValue map[any]object.State
}

func newStates(m porcupine.Model) states {
	s := states{equal: m.Equal, hash: m.Hash}
	if s.equal == nil {
		s.byValue = map[any]object.State{}
		return s
	}
	if s.hash == nil {
		s.hash = func(any) uint64 { return 0 }
	}
	s.byHash = map[uint64][]object.State{}
	return s
}

// number is the number of a state, a new one if none is equal.
func (s *states) number(state any) object.State {
	next := object.State(len(s.all))
	if s.equal == nil {
		if n, known := s.byValue[state]; known {
			return n
		}
		s.byValue[state] = next
	} else {
		h := s.hash(state)
		for _, n := range s.byHash[h] {
			if s.equal(s.all[n], state) {
				return n
			}
		}
		s.byHash[h] = append(s.byHash[h], next)
	}
	s.all = append(s.all, state)
	return next
}

// bytesPerState is a guess: what a state holds is the model's secret.
const bytesPerState = 256

func (s *states) bytes() int { return len(s.all) * bytesPerState }
