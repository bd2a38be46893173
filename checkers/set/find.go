package set

import (
	"cmp"
	"slices"
)

// repeated are the elements that a read has more than once. The read is left
// with one of each.
func (s *set) repeated(r *reading, stamps *stamps) []int32 {
	var twice []int32
	stamps.next()
	once := r.elements[:0]
	for _, at := range r.elements {
		if stamps.has(at) {
			twice = append(twice, at)
			continue
		}
		stamps.set(at)
		once = append(once, at)
	}
	r.elements = once
	return twice
}

// stamps is a set of elements that is emptied in no time.
type stamps struct {
	of  []int
	now int
}

func (s *stamps) next()             { s.now++ }
func (s *stamps) set(at int32)      { s.of[at] = s.now }
func (s *stamps) has(at int32) bool { return s.of[at] == s.now }

// findMissing notes in the elements which reads should have them and have not. A
// read that has as many of the known elements as there are needs no closer look.
func (s *set) findMissing(stamps *stamps) {
	known := s.byKnown()
	times := make([]int, len(known))
	for i, at := range known {
		times[i] = s.knownAt(&s.elements[at])
	}
	for i := range s.reads {
		r := &s.reads[i]
		due, _ := slices.BinarySearch(times, r.from) // known before that
		stamps.next()
		has := 0
		for _, at := range r.elements {
			stamps.set(at)
			if s.knownAt(&s.elements[at]) < r.from {
				has++
			}
		}
		if has == due {
			continue
		}
		for _, at := range known[:due] {
			if !stamps.has(at) {
				s.miss(&s.elements[at], i)
			}
		}
	}
}

// miss notes that a read should have an element. Reads come in the order of their
// invocations.
func (s *set) miss(e *element, read int) {
	if e.missed == none {
		e.missed = read
	}
	e.lastMissed = read
	invoked := s.calls[s.reads[read].call].Invoke
	after := s.knownAt(e)
	if e.lastSeen != none {
		after = max(after, s.calls[e.lastSeen].Complete)
	}
	if e.gone == none && invoked > after {
		e.gone = read
	}
}

// findDivergence returns two reads of which each has an element that the other
// one lacks, and these elements. If no element is missing anywhere and all reads
// are in the order of their sizes, the history is linearizable.
func (s *set) findDivergence(stamps *stamps) (a, b int, onlyA, onlyB int32, found bool) {
	bySize := make([]int, len(s.reads))
	for i := range bySize {
		bySize[i] = i
	}
	slices.SortStableFunc(bySize, func(a, b int) int {
		return cmp.Compare(len(s.reads[a].elements), len(s.reads[b].elements))
	})
	for i := 1; i < len(bySize); i++ {
		a, b = bySize[i-1], bySize[i]
		if onlyA, lacks := s.lacks(b, a, stamps); lacks {
			onlyB, _ = s.lacks(a, b, stamps)
			return a, b, onlyA, onlyB, true
		}
	}
	return 0, 0, 0, 0, false
}

// lacks returns an element that one read has and this one has not.
func (s *set) lacks(this, that int, stamps *stamps) (element int32, lacks bool) {
	stamps.next()
	for _, at := range s.reads[this].elements {
		stamps.set(at)
	}
	for _, at := range s.reads[that].elements {
		if !stamps.has(at) {
			return at, true
		}
	}
	return 0, false
}
