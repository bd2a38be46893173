package stack

import (
	"fmt"
	"strings"

	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

// Explain says in words what is wrong.
func (s stack) Explain(ops []object.Op) (object.Account, bool) {
	return s.History.Explain(s, ops, collection.Latest, judge, tell)
}

func tell(s *collection.Story) (short, text string, ok bool) {
	switch {
	case len(s.Blind()) > 0:
		short, text = tellMissing(s)
	case len(s.Lives) == 2:
		short, text = tellCrossed(s, s.Lives[0], s.Lives[1])
	default:
		short, text = tellBottomless(s)
	}
	return short, text, true
}

// tellMissing is for more values above others that were popped than pops of unknown
// outcome can have taken.
func tellMissing(s *collection.Story) (short, text string) {
	names := s.Names(s.Staying())
	short = fmt.Sprintf("not all of %s can have been popped in time", names)
	text = fmt.Sprintf("All of %s must have been popped, for other values were popped from below them: %s.%s", names, s.Presence(s.Lives), s.TooFew())
	return short, text
}

// tellCrossed is for a value that was popped from below another one.
func tellCrossed(s *collection.Story, below, above collection.Life) (short, text string) {
	short = fmt.Sprintf("%s, although %s was above it", s.Brief(below.Remove), s.Name(above.Value))
	text = fmt.Sprintf("%s. But %s was above it: %s, which was over before this began: %s. ",
		collection.Capital(s.Did(below.Remove)), s.Name(above.Value), s.Did(below.Add), s.Did(above.Add))
	if above.Stays() {
		return short, text + strings.TrimSpace(s.TooFew())
	}
	return short, text + fmt.Sprintf("And %s was popped only after that: %s.", s.Name(above.Value), s.Did(above.Remove))
}

// tellBottomless is for several values none of which can have been at the bottom.
func tellBottomless(s *collection.Story) (short, text string) {
	var why []string
	first, last := s.Lives[0], s.Lives[len(s.Lives)-1]
	for _, life := range s.Lives {
		if life.AddStart > first.AddEnd {
			why = append(why, fmt.Sprintf("%s came only when %s was there", s.Name(life.Value), s.Name(first.Value)))
		} else {
			why = append(why, fmt.Sprintf("%s was popped while %s was still there", s.Name(life.Value), s.Name(last.Value)))
		}
	}
	short = fmt.Sprintf("%s, although something was above it", s.Brief(first.Remove))
	text = fmt.Sprintf("From the time when %s was there to the last one when %s was, the stack was never empty: %s. So one value was at the bottom all that time. But none of them can have been: %s.%s",
		s.Name(first.Value), s.Name(last.Value), s.Presence(s.Lives), collection.List(why, "; "), s.TooFew())
	return short, text
}
