package collection

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// Judge decides about values that are told apart, and says what is wrong with them
// if they are Illegal.
type Judge func(*Lives) (object.Outcome, *Contradiction)

// Decide lets a judge decide about a history in normal form.
func (h *History) Decide(ops []object.Op, p Pairing, judge Judge) (object.Outcome, *Contradiction) {
	lives, ok := h.Lives(ops, p)
	if !ok {
		return object.Undecided, nil
	}
	if lives.Wrong != nil {
		return object.Illegal, lives.Wrong
	}
	outcome, c := judge(lives)
	if outcome == object.Illegal && lives.doubtful() {
		outcome, c = judge(lives.certain())
		if outcome == object.Legal {
			outcome = object.Undecided
		}
	}
	if outcome == object.Illegal && !lives.Exact {
		outcome = object.Undecided
	}
	if outcome != object.Illegal {
		return outcome, nil
	}
	c.Lives = once(c.Lives)
	lives.addBlind(c)
	return outcome, c
}

// once leaves out values that are there already.
func once(lives []Life) []Life {
	seen := map[int32]bool{}
	return slices.DeleteFunc(slices.Clone(lives), func(life Life) bool {
		before := seen[life.Add]
		seen[life.Add] = true
		return before
	})
}

// doubtful says that it is unknown who removed some value: the one that may have
// done so, or a blind removal.
func (l *Lives) doubtful() bool {
	return len(l.Blind) > 0 && slices.ContainsFunc(l.Removed, optional)
}

func optional(life Life) bool { return life.RemoveEnd == object.Never }

// certain leaves out those values, which makes nothing illegal.
func (l *Lives) certain() *Lives {
	c := *l
	c.Removed = slices.DeleteFunc(slices.Clone(l.Removed), optional)
	return &c
}
