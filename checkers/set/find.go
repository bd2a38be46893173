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

func (s *stamps) next()        { s.now++ }
func (s *stamps) set(at int32) { s.of[at] = s.now }

// mark lets the set have these elements and no others.
func (s *stamps) mark(elements []int32) {
	s.next()
	for _, at := range elements {
		s.set(at)
	}
}

func (s *stamps) has(at int32) bool { return s.of[at] == s.now }

// findMissing notes in the elements which reads should have them and have not.
func (s *set) findMissing(stamps *stamps) {
	s.findMissingLater()
	s.findMissingMeanwhile(stamps)
}

// findMissingLater is about the reads that were invoked after an element was
// known. It looks at what the reads have, not at all that they lack, which would
// take forever where much is lost.
func (s *set) findMissingLater() {
	invoked := make([]int, len(s.reads))
	for i := range s.reads {
		invoked[i] = s.calls[s.reads[i].call].Invoke
	}
	readers := s.readers()
	for at := range s.elements {
		e := &s.elements[at]
		known := e.knownAt()
		due, _ := slices.BinarySearch(invoked, known)
		if known == never || due == len(invoked) {
			continue
		}
		had := readers.of(at)
		first, _ := slices.BinarySearch(had, int32(due))
		e.missed, e.lastMissed = gaps(had[first:], due, len(invoked))
		if e.lastSeen != none {
			known = max(known, e.lastSeenAt)
		}
		if gone, _ := slices.BinarySearch(invoked, known); gone < len(invoked) {
			e.gone = gone
		}
	}
}

// gaps are the first and the last number, from one number up to another, that is
// not among some of them; none if all are.
func gaps(some []int32, from, to int) (first, last int) {
	first, last = from, to-1
	for _, n := range some {
		if int(n) != first {
			break
		}
		first++
	}
	if first == to {
		return none, none
	}
	for _, n := range slices.Backward(some) {
		if int(n) != last {
			break
		}
		last--
	}
	return first, last
}

// findMissingMeanwhile is about the reads that were under way when an element
// became known, but took effect only after that, as another element shows that
// they have.
func (s *set) findMissingMeanwhile(stamps *stamps) {
	known, times := s.byKnown()
	for i := range s.reads {
		r := &s.reads[i]
		from, _ := slices.BinarySearch(times, s.calls[r.call].Invoke)
		to, _ := slices.BinarySearch(times, r.from)
		if from >= to {
			continue
		}
		stamps.mark(r.elements)
		for _, at := range known[from:to] {
			if !stamps.has(at) {
				s.elements[at].miss(i)
			}
		}
	}
}

// miss notes that a read should have an element. Reads come in the order of their
// invocations, and before those that were invoked after it was known.
func (e *element) miss(read int) {
	if e.missed == none || read < e.missed {
		e.missed = read
	}
	e.lastMissed = max(e.lastMissed, read)
}

// byKnown are the elements that are known at some time, in order of these times.
func (s *set) byKnown() (elements []int32, times []int) {
	for at := range s.elements {
		if s.elements[at].known() != none {
			elements = append(elements, int32(at))
		}
	}
	slices.SortFunc(elements, func(a, b int32) int {
		return cmp.Compare(s.elements[a].knownAt(), s.elements[b].knownAt())
	})
	times = make([]int, len(elements))
	for i, at := range elements {
		times[i] = s.elements[at].knownAt()
	}
	return elements, times
}

// readers are the reads that have an element, for all elements, each in order.
type readers struct {
	reads []int32
	// ends has where the reads of each element end.
	ends []int
}

func (r *readers) of(element int) []int32 {
	if element == 0 {
		return r.reads[:r.ends[0]]
	}
	return r.reads[r.ends[element-1]:r.ends[element]]
}

func (s *set) readers() *readers {
	next := make([]int, len(s.elements)+1)
	for i := range s.reads {
		for _, at := range s.reads[i].elements {
			next[at+1]++
		}
	}
	for at := range s.elements {
		next[at+1] += next[at]
	}
	all := &readers{reads: make([]int32, next[len(s.elements)]), ends: next}
	for i := range s.reads {
		for _, at := range s.reads[i].elements {
			all.reads[next[at]] = int32(i)
			next[at]++
		}
	}
	return all
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
	stamps.mark(s.reads[this].elements)
	for _, at := range s.reads[that].elements {
		if !stamps.has(at) {
			return at, true
		}
	}
	return 0, false
}
