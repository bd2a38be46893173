package priority

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

// sieve lets values take their places from the smallest to the greatest. A value can
// be removed, and the queue be called empty, when no smaller one is there, whatever
// greater ones there are. So nobody who comes later in the sieve matters to a value,
// and all that a value can do for those who come later is to be there for as short a
// time as possible: to be added as late and removed as early as it can be. That is
// when its addition ends, and when its removal has begun and no smaller value is
// there.
//
// Of values that nobody is known to have removed at most as many are gone by some time
// as blind removals were invoked before. When more of those that are smaller than a
// value have been added, it cannot be removed any more by that time. The sieve takes
// no account of anything else that blind removals cannot have done: it is exact
// without them, and otherwise what it finds impossible is.
type sieve struct {
	number func(value int32) int
	// lives are the values that were removed, the smallest first, and removed are
	// when they were, at the earliest; Never if they have not been.
	lives   []collection.Life
	removed []int
	// staying are the other values in the order of AddEnd, and smaller those of
	// them that are smaller than the value that is next.
	staying []collection.Life
	smaller ranks
	// blind are the starts of blind removals in order.
	blind []int
	// times are all that matter, in order, and a place is the time from one to the
	// next. At those that are not free some value is there.
	times []int
	free  places
	// emptied are the moments at which the queue was called empty.
	emptied []int
}

// question is whether anything could be removed, or nothing be there, from..to.
type question struct {
	from, to int
	// life is the place in lives of what was removed, none if nothing was there.
	life int
	// empty is the answer that nothing was there.
	empty int32
}

const none = -1

func newSieve(number func(int32) int, lives, staying []collection.Life, blind []int) *sieve {
	s := &sieve{number: number, lives: slices.Clone(lives), staying: staying, blind: blind}
	slices.SortFunc(s.lives, func(a, b collection.Life) int { return compare(number(a.Value), number(b.Value)) })
	s.removed = make([]int, len(lives))
	s.smaller = make(ranks, len(staying)+1)
	return s
}

func compare(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// run asks about all removals and all answers that the queue was empty, and returns
// a question whose answer is no.
func (s *sieve) run(l *collection.Lives) (no question, ok bool) {
	s.mark(l)
	staying := s.byNumber()
	for from, to := 0, 0; from < len(s.lives); from = to {
		number := s.number(s.lives[from].Value)
		for len(staying) > 0 && s.number(s.staying[staying[0]].Value) < number {
			s.smaller.add(staying[0])
			staying = staying[1:]
		}
		for to = from; to < len(s.lives) && s.number(s.lives[to].Value) == number; to++ {
			q := question{from: earliest(&s.lives[to]), to: s.lives[to].RemoveEnd, life: to}
			if s.removed[to] = s.ask(q); s.removed[to] == object.Never && q.to != object.Never {
				return q, false
			}
		}
		for i := from; i < to; i++ { // equal ones are not in each other's way
			s.free.fill(s.place(s.lives[i].AddEnd), s.place(s.removed[i]))
		}
	}
	for _, i := range staying {
		s.smaller.add(i)
	}
	return s.empty(l)
}

func (s *sieve) empty(l *collection.Lives) (no question, ok bool) {
	for _, empty := range l.Empty {
		q := question{from: l.Start(empty), to: l.End(empty), life: none, empty: empty}
		moment := s.ask(q)
		if moment == object.Never {
			return q, false
		}
		s.emptied = append(s.emptied, moment)
	}
	return question{}, true
}

// earliest is when a value can have been removed if nobody was in its way.
func earliest(life *collection.Life) int { return max(life.AddStart, life.RemoveStart) }

func (s *sieve) mark(l *collection.Lives) {
	for i := range s.lives {
		s.times = append(s.times, s.lives[i].AddEnd, earliest(&s.lives[i]))
	}
	for _, empty := range l.Empty {
		s.times = append(s.times, l.Start(empty))
	}
	slices.Sort(s.times)
	s.times = slices.Compact(s.times)
	s.free = newPlaces(len(s.times))
}

// place is that of a time; all beyond the last one is Never.
func (s *sieve) place(time int) int {
	at, _ := slices.BinarySearch(s.times, time)
	return at
}

// byNumber are the places of staying values, the smallest first.
func (s *sieve) byNumber() []int {
	order := make([]int, len(s.staying))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(s.number(s.staying[a].Value), s.number(s.staying[b].Value)) })
	return order
}

// ask is the first time at which the answer is yes, or Never.
func (s *sieve) ask(q question) int {
	at := s.free.first(s.place(q.from))
	if at == len(s.times) || s.times[at] >= min(q.to, s.tooLate(q.to)) {
		return object.Never
	}
	return s.times[at]
}

// tooLate is from when on more of the smaller values that stay have been added than
// blind removals before a time can have taken.
func (s *sieve) tooLate(by int) int {
	able, _ := slices.BinarySearch(s.blind, by)
	i := s.smaller.find(able)
	if i == len(s.staying) {
		return object.Never
	}
	return s.staying[i].AddEnd
}

// places are numbers from 0 that are free until they are filled. Each knows one that
// is not before the next free one (Galler and Fischer, 1964).
type places []int32

func newPlaces(n int) places {
	p := make(places, n+1)
	for i := range p {
		p[i] = int32(i)
	}
	return p
}

// first is the first free place that is not before another one.
func (p places) first(at int) int {
	for p[at] != int32(at) {
		p[at] = p[p[at]]
		at = int(p[at])
	}
	return at
}

func (p places) fill(from, to int) {
	for at := p.first(from); at < to; at = p.first(at) {
		p[at] = int32(at + 1)
	}
}

// ranks is a set of numbers that can be counted (Fenwick, A New Data Structure for
// Cumulative Frequency Tables, 1994).
type ranks []int32

func (r ranks) add(number int) {
	for i := number + 1; i < len(r); i += i & -i {
		r[i]++
	}
}

// find is the number in the set that so many others are less than, or one that is
// greater than all.
func (r ranks) find(less int) int {
	step := 1
	for 2*step < len(r) {
		step *= 2
	}
	at := 0
	for ; step > 0; step /= 2 {
		if next := at + step; next < len(r) && int(r[next]) <= less {
			at = next
			less -= int(r[next])
		}
	}
	return at
}
