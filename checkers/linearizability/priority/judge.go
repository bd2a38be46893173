package priority

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

// judge puts the values through the sieve. If there are blind removals, and values
// that they can have taken, it guesses who took what, and asks whether there is an
// order then.
func (q queue) judge(l *collection.Lives) (object.Outcome, *collection.Contradiction) {
	s := newSieve(q.Number, l.Removed, l.Staying, l.Takers())
	no, ok := s.run(l)
	switch {
	case !ok:
		return object.Illegal, s.contradict(no)
	case len(l.Blind) == 0 || len(l.Staying) == 0 || s.guess(l):
		return object.Legal, nil
	}
	return object.Undecided, nil
}

// guess lets blind removals take the values that have to be gone at the times that
// the sieve has found for the others: who has to be gone first goes first.
func (s *sieve) guess(l *collection.Lives) bool {
	until := s.until()
	order := make([]int, len(until))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(until[a], until[b]) })
	takers := l.Takers()
	lives := slices.Clone(l.Removed)
	var staying []collection.Life
	for _, i := range order {
		life := l.Staying[i]
		if until[i] == object.Never {
			staying = append(staying, life)
			continue
		}
		from, ok := takers.Take(life.AddEnd)
		if !ok || from > until[i] {
			return false
		}
		life.RemoveStart = from
		lives = append(lives, life)
	}
	slices.SortFunc(staying, func(a, b collection.Life) int { return a.AddEnd - b.AddEnd })
	_, ok := newSieve(s.number, lives, staying, nil).run(l)
	return ok
}

// until is the first time at which each staying value must not be there: one at
// which the queue was empty, or a greater value was removed.
func (s *sieve) until() []int {
	times := slices.Concat(s.removed, s.emptied)
	slices.Sort(times)
	times = slices.Compact(times)
	// how often a time comes up for values that are greater
	left := make([]int, len(times)+1)
	place := func(time int) int {
		at, _ := slices.BinarySearch(times, time)
		return at
	}
	for _, at := range slices.Concat(s.removed, s.emptied) {
		left[place(at)]++
	}
	until := make([]int, len(s.staying))
	needed, next := newPlaces(len(times)), 0
	for _, i := range s.byNumber() {
		for ; next < len(s.lives) && s.number(s.lives[next].Value) <= s.number(s.staying[i].Value); next++ {
			at := place(s.removed[next])
			if left[at]--; left[at] == 0 {
				needed.fill(at, at+1)
			}
		}
		until[i] = object.Never
		if at := needed.first(place(s.staying[i].AddEnd)); at < len(times) {
			until[i] = times[at]
		}
	}
	return until
}
