package appendlist

import (
	"cmp"
	"slices"
	"sort"
)

// tooOften are the elements that a read has more often than they can have been
// appended. The counts are all 0 before and after.
func (l *list) tooOften(r *reading, counts []int) []int32 {
	var all []int32
	for _, at := range r.elements {
		// What was never appended is made up, however often it is there.
		if counts[at]++; l.elements[at].times > 0 && counts[at] == l.elements[at].times+1 {
			all = append(all, at)
		}
	}
	for _, at := range r.elements {
		counts[at] = 0
	}
	return all
}

// compare finds the longest sound read, dates all sound ones and compares them
// with it.
func (l *list) compare() {
	for i := range l.reads {
		r := &l.reads[i]
		r.sound = r.sound && !slices.ContainsFunc(r.elements, func(at int32) bool { return !l.elements[at].sound() })
		if r.sound && (l.longest == none || len(r.elements) > len(l.reads[l.longest].elements)) {
			l.longest = i
		}
	}
	if l.longest == none {
		return
	}
	longest := l.reads[l.longest].elements
	for n, at := range slices.Backward(longest) {
		l.elements[at].at = n
	}
	for i := range l.reads {
		r := &l.reads[i]
		l.date(r)
		if r.sound { // and so not longer
			r.common = common(r.elements, longest)
		}
	}
}

// common is how many elements two reads share from the first on. The first is not
// the longer one.
func common(some, others []int32) int {
	for n, at := range some {
		if at != others[n] {
			return n
		}
	}
	return len(some)
}

// date finds the earliest time at which a read can have taken effect: it was
// invoked, and everything it has was.
func (l *list) date(r *reading) {
	r.from = l.calls[r.call].Invoke
	for _, at := range r.elements {
		if e := &l.elements[at]; e.sound() && e.appendAt > r.from {
			r.from, r.newest = e.appendAt, int(at)
		}
	}
}

// diverged are the sound reads that are no beginnings of the longest one.
func (l *list) diverged() []int {
	var all []int
	for i := range l.reads {
		if r := &l.reads[i]; r.sound && r.common < len(r.elements) {
			all = append(all, i)
		}
	}
	return all
}

// missing finds the reads that should have an element and have not. It knows the
// reads in three orders.
type missing struct {
	l *list
	// invoked are the times of the reads' invocations.
	invoked []int
	// byFrom are the beginnings of the longest read by the times from which they can
	// have taken effect, and shortest the shortest of each and all after it.
	byFrom, shortest []int
	// byLength are the same reads by their lengths, and latest the one of each and
	// all before it that was invoked last.
	byLength, latest []int
}

func (l *list) missing() *missing {
	m := &missing{l: l, invoked: make([]int, len(l.reads))}
	for i := range l.reads {
		m.invoked[i] = l.invoked(i)
		if r := &l.reads[i]; r.sound && r.common == len(r.elements) {
			m.byFrom = append(m.byFrom, i)
		}
	}
	m.byLength = slices.Clone(m.byFrom)
	slices.SortFunc(m.byFrom, func(a, b int) int { return cmp.Compare(l.reads[a].from, l.reads[b].from) })
	slices.SortStableFunc(m.byLength, func(a, b int) int { return cmp.Compare(l.reads[a].common, l.reads[b].common) })
	m.shortest, m.latest = slices.Clone(m.byFrom), slices.Clone(m.byLength)
	for i := len(m.shortest) - 2; i >= 0; i-- {
		if l.reads[m.shortest[i+1]].common < l.reads[m.shortest[i]].common {
			m.shortest[i] = m.shortest[i+1]
		}
	}
	for i := 1; i < len(m.latest); i++ {
		m.latest[i] = max(m.latest[i], m.latest[i-1])
	}
	return m
}

// gone is the first read that was invoked after an element was known and after all
// that have it were done.
func (m *missing) gone(e *element) (read int, found bool) {
	after := e.knownAt()
	if e.lastSeen != none {
		after = max(after, e.lastSeenAt)
	}
	at, _ := slices.BinarySearch(m.invoked, after)
	return at, at < len(m.invoked)
}

// missed is the shortest of the reads that should have an element, if it has not.
// Beginnings of the longest read lack what stands further on in it.
func (m *missing) missed(e *element) (read int, found bool) {
	known := e.knownAt()
	at := sort.Search(len(m.byFrom), func(i int) bool { return m.l.reads[m.byFrom[i]].from > known })
	if at == len(m.byFrom) {
		return none, false
	}
	read = m.shortest[at]
	return read, m.l.reads[read].common <= e.at
}

// lastMissed is the read without an element that was invoked last, none if all
// have it.
func (m *missing) lastMissed(e *element) int {
	n := sort.Search(len(m.byLength), func(i int) bool { return m.l.reads[m.byLength[i]].common > e.at })
	if n == 0 {
		return none
	}
	return m.latest[n-1]
}

// reordered are pairs of elements of the longest read: the first stands before the
// second, but was appended only after that was acknowledged. Which of several
// appends made an element nobody knows.
func (l *list) reordered() [][2]int32 {
	if l.longest == none {
		return nil
	}
	var pairs [][2]int32
	earliest := int32(none)
	for _, at := range slices.Backward(l.reads[l.longest].elements) {
		e := &l.elements[at]
		if earliest != none && l.elements[earliest].ackedAt < e.appendAt {
			pairs = append(pairs, [2]int32{at, earliest})
		}
		if e.acked != none && e.times == 1 && (earliest == none || e.ackedAt < l.elements[earliest].ackedAt) {
			earliest = at
		}
	}
	slices.Reverse(pairs)
	return pairs
}
