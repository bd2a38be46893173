package stack

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

// judge takes the stack apart. Without blind pops, it can be if and only if there is
// an order.
//
// A value in a part without a bottom that nobody is known to have popped must have
// been taken by a blind pop, if it is the first such value to be pushed: even if all
// others were taken, it would cover the rest of the history alone. (If it could be at
// the bottom, there would be one.) Which blind pop it was is only guessed: one that
// was invoked before the value was certainly there, or else the first one. If that
// works, there is an order. If it does not, there is none if it does not help either
// that all such values are gone at once, or if even then there are more of them than
// blind pops.
func judge(l *collection.Lives) (object.Outcome, *collection.Contradiction) {
	moments, c := l.Moments()
	if c != nil {
		return object.Illegal, c
	}
	if guess(l, moments) {
		return object.Legal, nil
	}
	if c := refute(l); c != nil {
		return object.Illegal, c
	}
	return object.Undecided, nil
}

// guess finds a blind pop for each value that must have been taken by one.
func guess(l *collection.Lives, moments []int) bool {
	takers := l.Takers()
	var lives []collection.Life
	// what is there when the stack is called empty has to be gone
	slices.Sort(moments)
	for _, life := range l.Staying {
		if at, _ := slices.BinarySearch(moments, life.AddEnd); at < len(moments) {
			from, ok := takers.Take(life.AddEnd)
			if !ok || from > moments[at] {
				return false
			}
			life.RemoveStart = from
		}
		lives = append(lives, life)
	}
	t := newTower(append(lives, l.Removed...), takers)
	for {
		part, ok := t.dismantle()
		if ok {
			return true
		}
		i := t.firstStaying(part)
		if i == none {
			return false
		}
		from, ok := takers.Take(t.lives[i].AddEnd)
		if !ok {
			return false
		}
		t.parts = t.parts[:len(t.parts)-1]
		t.shorten(i, from)
		t.split(part)
	}
}

// firstStaying is the value of a part that was pushed first among those that nobody
// is known to have popped.
func (t *tower) firstStaying(part span) int {
	values := t.values(part)
	return t.staying.first(values.from, values.to, 1)
}

// refute finds a contradiction that remains if every value is gone at once that
// must have been taken by a blind pop.
func refute(l *collection.Lives) *collection.Contradiction {
	by, c := force(l, func(*tower, span, int, int) {})
	if by == none {
		return c
	}
	c = &collection.Contradiction{Anomaly: collection.Lost, Culprit: collection.None}
	proofs := 0
	force(l, func(t *tower, part span, i, until int) {
		if until <= by && proofs < mostProofs {
			c.Lives = append(c.Lives, t.proof(part, i)...)
			proofs++
		}
	})
	if proofs == mostProofs {
		c.Lives = slices.Concat(l.Removed, l.Staying)
	}
	return c
}

// mostProofs is after how many values a contradiction is made of everything.
const mostProofs = 100

// force takes the stack apart and lets values go that must have been taken, which
// are told to note with the time by which they were. If there are too few blind pops
// by some time, it returns that time. Otherwise it returns none and what is wrong
// without those values.
func force(l *collection.Lives, note func(t *tower, part span, i, until int)) (by int, c *collection.Contradiction) {
	t := newTower(append(slices.Clone(l.Removed), l.Staying...), nil)
	var taken []int
	for {
		part, ok := t.dismantle()
		if ok {
			return none, nil
		}
		i := t.firstStaying(part)
		if i == none {
			return none, &collection.Contradiction{Anomaly: collection.Reordered, Culprit: collection.None,
				Lives: t.chain(part, func(*collection.Life) bool { return true })}
		}
		until := t.until(part)
		taken = append(taken, until)
		note(t, part, i, until)
		if by := tooFew(l, taken); by != none {
			return by, nil
		}
		t.parts = t.parts[:len(t.parts)-1]
		t.remove(i)
		t.split(part)
	}
}

// tooFew says by when more values must have been taken than there are blind pops:
// by the time of the last one found, or of all.
func tooFew(l *collection.Lives, taken []int) (by int) {
	for _, by := range []int{taken[len(taken)-1], slices.Max(taken)} {
		n := 0
		for _, until := range taken {
			if until <= by {
				n++
			}
		}
		if n > l.BlindBefore(by) {
			return by
		}
	}
	return none
}
