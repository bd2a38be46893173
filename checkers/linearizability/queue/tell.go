package queue

import (
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

// Explain says in words what is wrong.
func (q queue) Explain(ops []object.Op) (object.Account, bool) {
	return q.History.Explain(q, ops, collection.InOrder, judge, tell)
}

func tell(s *collection.Story) (short, text string, ok bool) {
	last := s.Lives[len(s.Lives)-1]
	if first := s.Lives[0]; first.Stays() {
		short, text = tellAhead(s, s.Lives[:len(s.Lives)-1], last)
	} else {
		short, text = tellOvertaken(s, first, last)
	}
	return short, text, true
}

// tellOvertaken is for a value that was received after one that was sent later.
func tellOvertaken(s *collection.Story, ahead, last collection.Life) (short, text string) {
	name := s.Name(ahead.Value)
	short = fmt.Sprintf("%s, although %s was ahead of it", s.Brief(last.Remove), name)
	text = fmt.Sprintf("%s. But %s was ahead of it: %s, which was over before this began: %s. And %s was received only after that: %s.",
		collection.Capital(s.Did(last.Remove)), name, s.Did(ahead.Add), s.Did(last.Add), name, s.Did(ahead.Remove))
	return short, text
}

// tellAhead is for values that had not been received by then, and perhaps never
// were.
func tellAhead(s *collection.Story, ahead []collection.Life, last collection.Life) (short, text string) {
	var sends []string
	for _, life := range ahead {
		sends = append(sends, s.Did(life.Add))
	}
	what, over := s.Name(ahead[0].Value)+" was", "was"
	if len(ahead) > 1 {
		what, over = fmt.Sprintf("%d messages were", len(ahead)), "were"
	}
	short = fmt.Sprintf("%s, although %s ahead of it", s.Brief(last.Remove), what)
	text = fmt.Sprintf("%s. But %s ahead of it: %s, which %s over before this began: %s.%s",
		collection.Capital(s.Did(last.Remove)), what, collection.List(sends, ", and "), over, s.Did(last.Add), s.TooFew())
	if lost := s.Lost(); lost > 0 {
		text += fmt.Sprintf(" So at least %s lost.", checkers.Count(lost, "message is", "messages are"))
	}
	return short, text
}
