package priority

import (
	"fmt"
	"strings"

	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

// Explain says in words what is wrong.
func (q queue) Explain(ops []object.Op) (object.Account, bool) {
	return q.History.Explain(q, ops, collection.InOrder, q.judge, tell)
}

// tell tells of a value that was taken although smaller ones were there.
func tell(s *collection.Story) (short, text string, ok bool) {
	taken, smaller := s.Lives[0], s.Lives[1:]
	if len(smaller) == 1 {
		short, text = tellOne(s, taken, smaller[0])
		return short, text, true
	}
	short = fmt.Sprintf("%s, although something smaller was there", s.Brief(taken.Remove))
	text = fmt.Sprintf("%s. But at every moment at which that can have been, something smaller was there, which could itself be taken only when nothing smaller was: %s. %s was inserted by this: %s.%s",
		collection.Capital(s.Did(taken.Remove)), s.Presence(smaller), s.Name(taken.Value), s.Did(taken.Add), s.TooFew())
	return short, text, true
}

func tellOne(s *collection.Story, taken, smaller collection.Life) (short, text string) {
	name := s.Name(smaller.Value)
	short = fmt.Sprintf("%s, although %s was there", s.Brief(taken.Remove), name)
	text = fmt.Sprintf("%s. But the smaller %s was there, and had to come first: %s. ", collection.Capital(s.Did(taken.Remove)), name, s.Did(smaller.Add))
	if smaller.Stays() {
		return short, text + strings.TrimSpace(s.TooFew())
	}
	return short, text + fmt.Sprintf("It was taken only after that: %s.", s.Did(smaller.Remove))
}
