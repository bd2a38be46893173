package search

import "math/bits"

// moment is where the search is: right before the end of an operation, with all
// those pending that were invoked until then. Everything that is done to it is
// logged and can be undone.
type moment struct {
	*plan
	// now is the next end, and invoked how many operations were.
	now, invoked int
	// movers and watchers are the slots of pending operations that did not yet
	// take place: those that may change the state, and the observers. at is who is
	// in a slot.
	movers, watchers set
	at               []int32
	// pending is the number of movers by class.
	pending []int32
	// tried and used are how many operations of a group were invoked and took
	// place.
	tried, used []int32
	active      ring
	retired     int

	// wanting is how many certain operations need a value and did not take place.
	// Of those that leave it, shown were invoked, and here did not take place yet.
	wanting, here, shown []int32
	// asking and refusing are how many pending operations need a value, and are not
	// possible with it; opening are those of open classes. borrowing is how many
	// groups need a value.
	asking, refusing, borrowing []int32
	opening                     int
	// wild is how many operations did not take place that may leave any state.
	wild int

	log []int32
}

// What the log says beside the place of an operation: that time went on.
const later = none

func newMoment(p *plan) *moment {
	words := (p.slots + 63) / 64
	m := &moment{plan: p, movers: make(set, words), watchers: make(set, words), at: make([]int32, p.slots),
		pending: make([]int32, len(p.classes)), tried: make([]int32, len(p.groups)), used: make([]int32, len(p.groups)),
		active:  newRing(len(p.groups)),
		wanting: make([]int32, len(p.values)), here: make([]int32, len(p.values)), shown: make([]int32, len(p.values)),
		asking: make([]int32, len(p.values)), refusing: make([]int32, len(p.values)), borrowing: make([]int32, len(p.values))}
	for v := range p.values {
		m.wanting[v] = int32(len(p.values[v].needed))
	}
	for _, at := range p.byStart {
		if c := &p.classes[p.class[at]]; !c.observer && c.leaves == none {
			m.wild++
		}
	}
	for i := range p.groups {
		switch c := &p.classes[p.groups[i].class]; {
		case c.open():
			m.opening++
		case c.needs != none:
			m.borrowing[c.needs]++
		}
	}
	m.invoke()
	return m
}

func (m *moment) over() bool { return m.now == len(m.ends) }

// ending is the operation that ends now.
func (m *moment) ending() int32 { return m.ends[m.now] }

// invoke lets all begin that were invoked before the next end, and retires the
// groups that nobody needs any more.
func (m *moment) invoke() {
	if m.over() {
		return
	}
	end := m.ops[m.ending()].End
	for ; m.retired < len(m.leaving) && m.groups[m.leaving[m.retired]].until < end; m.retired++ {
		if g := m.leaving[m.retired]; m.tried[g] > 0 {
			m.active.remove(g)
		}
	}
	for ; m.invoked < len(m.byStart) && m.ops[m.byStart[m.invoked]].Start < end; m.invoked++ {
		m.begin(m.byStart[m.invoked], end)
	}
}

// uninvoke undoes what invoke did after the time before.
func (m *moment) uninvoke() {
	if m.over() {
		return
	}
	before, end := m.ops[m.ends[m.now-1]].End, m.ops[m.ending()].End
	for ; m.invoked > 0 && m.ops[m.byStart[m.invoked-1]].Start > before; m.invoked-- {
		m.unbegin(m.byStart[m.invoked-1], end)
	}
	for ; m.retired > 0 && m.groups[m.leaving[m.retired-1]].until >= before; m.retired-- {
		if g := m.leaving[m.retired-1]; m.tried[g] > 0 {
			m.active.restore(g)
		}
	}
}

func (m *moment) begin(at int32, end int) {
	c := &m.classes[m.class[at]]
	if m.ops[at].Maybe {
		if m.tried[c.group]++; m.tried[c.group] == 1 && m.groups[c.group].until >= end {
			m.active.append(c.group)
		}
	} else {
		m.at[m.slot[at]] = at
		m.add(at, c)
	}
	if c.leaves != none {
		m.here[c.leaves]++
		m.shown[c.leaves]++
	}
}

func (m *moment) unbegin(at int32, end int) {
	c := &m.classes[m.class[at]]
	if m.ops[at].Maybe {
		if m.tried[c.group]--; m.tried[c.group] == 0 && m.groups[c.group].until >= end {
			m.active.remove(c.group)
		}
	} else {
		m.remove(at, c)
	}
	if c.leaves != none {
		m.here[c.leaves]--
		m.shown[c.leaves]--
	}
}

// add makes a certain operation one of those that did not yet take place.
func (m *moment) add(at int32, c *class) {
	m.demand(c, +1)
	if c.observer {
		m.watchers.add(m.slot[at])
		return
	}
	m.movers.add(m.slot[at])
	m.pending[m.class[at]]++
}

func (m *moment) remove(at int32, c *class) {
	m.demand(c, -1)
	if c.observer {
		m.watchers.remove(m.slot[at])
		return
	}
	m.movers.remove(m.slot[at])
	m.pending[m.class[at]]--
}

func (m *moment) demand(c *class, by int32) {
	switch {
	case c.needs != none:
		m.asking[c.needs] += by
	case c.refuses != none:
		m.refusing[c.refuses] += by
	case c.open():
		m.opening += int(by)
	}
}

// useful says that somebody pending, or uncertain, may depend on an uncertain
// operation that leaves a state: see demanded.
func (m *moment) useful(c *class, state int32) bool {
	if c.leaves == none || m.opening > 0 {
		return true
	}
	return m.asking[c.leaves] > 0 || m.borrowing[c.leaves] > 0 || state != none && m.refusing[state] > 0
}

// done says that an operation that was invoked took place.
func (m *moment) done(at int32) bool {
	return !m.movers.has(m.slot[at]) && !m.watchers.has(m.slot[at])
}

// act lets an operation take place.
func (m *moment) act(at int32) {
	c := &m.classes[m.class[at]]
	m.log = append(m.log, at)
	if m.ops[at].Maybe {
		m.used[c.group]++
	} else {
		m.remove(at, c)
	}
	m.count(c, m.ops[at].Maybe, -1)
}

func (m *moment) unact(at int32) {
	c := &m.classes[m.class[at]]
	if m.ops[at].Maybe {
		m.used[c.group]--
	} else {
		m.add(at, c)
	}
	m.count(c, m.ops[at].Maybe, +1)
}

func (m *moment) count(c *class, maybe bool, by int32) {
	if c.needs != none && !maybe {
		m.wanting[c.needs] += by
	}
	switch {
	case c.leaves != none:
		m.here[c.leaves] += by
	case !c.observer:
		m.wild += int(by)
	}
}

// goOn lets time go on to the next end.
func (m *moment) goOn() {
	m.log = append(m.log, later)
	m.now++
	m.invoke()
}

func (m *moment) goBack() {
	m.uninvoke()
	m.now--
	m.at[m.slot[m.ending()]] = m.ending()
}

// undo goes back to a time when the log was shorter.
func (m *moment) undo(length int) {
	for len(m.log) > length {
		last := m.log[len(m.log)-1]
		m.log = m.log[:len(m.log)-1]
		if last == later {
			m.goBack()
		} else {
			m.unact(last)
		}
	}
}

// order is the order of what took place.
func (m *moment) order() []int {
	order := make([]int, 0, len(m.byStart))
	for _, at := range m.log {
		if at != later {
			order = append(order, int(at))
		}
	}
	return order
}

// late is the end of the first operation that needs a value and cannot have it
// any more, if the value is not there now: nobody was invoked before its end who
// would leave the value and did not take place.
func (m *moment) late(v int32) (end int, is bool) {
	if m.wild > 0 || m.wanting[v] == 0 || m.here[v] > 0 {
		return 0, false
	}
	end = m.ops[m.firstWanting(v)].End
	left := m.values[v].left
	return end, int(m.shown[v]) == len(left) || m.ops[left[m.shown[v]]].Start > end
}

// firstWanting is the first to end of those that need a value and did not take
// place. Those that ended did.
func (m *moment) firstWanting(v int32) int32 {
	needed, end := m.values[v].needed, m.ops[m.ending()].End
	low, high := 0, len(needed)
	for low < high {
		if mid := (low + high) / 2; m.ops[needed[mid]].End < end {
			low = mid + 1
		} else {
			high = mid
		}
	}
	for m.ops[needed[low]].Start < end && m.done(needed[low]) {
		low++
	}
	return needed[low]
}

// set is a set of slots.
type set []uint64

func (s set) has(i int32) bool { return s[i>>6]>>(i&63)&1 == 1 }
func (s set) add(i int32)      { s[i>>6] |= 1 << (i & 63) }
func (s set) remove(i int32)   { s[i>>6] &^= 1 << (i & 63) }

// from is the first slot of the set that is not before i, or none.
func (s set) from(i int32) int32 {
	word := int(i >> 6)
	if word >= len(s) {
		return none
	}
	rest := s[word] &^ (1<<(i&63) - 1)
	for rest == 0 {
		if word++; word == len(s) {
			return none
		}
		rest = s[word]
	}
	return int32(word<<6 + bits.TrailingZeros64(rest))
}

// ring is a list of groups from which one can be removed, and restored to its
// place if what was done since is undone first (Knuth, Dancing Links, 2000).
type ring struct{ before, after []int32 }

// The last place of a ring is its head.
func newRing(n int) ring {
	r := ring{make([]int32, n+1), make([]int32, n+1)}
	r.before[n], r.after[n] = int32(n), int32(n)
	return r
}

func (r *ring) head() int32 { return int32(len(r.after) - 1) }

func (r *ring) first() int32 { return r.next(r.head()) }

// next is the group after another one, or none.
func (r *ring) next(g int32) int32 {
	if r.after[g] == r.head() {
		return none
	}
	return r.after[g]
}

func (r *ring) append(g int32) {
	r.before[g], r.after[g] = r.before[r.head()], r.head()
	r.restore(g)
}

func (r *ring) remove(g int32) {
	r.after[r.before[g]], r.before[r.after[g]] = r.after[g], r.before[g]
}

func (r *ring) restore(g int32) {
	r.after[r.before[g]], r.before[r.after[g]] = g, g
}
