package search

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// none stands for no class, value, group or operation.
const none = -1

// plan is what is known of the operations before the search begins.
type plan struct {
	spec object.Spec
	ops  []object.Op
	// byStart are the places of the operations in the order of their starts, and
	// ends those of the certain ones in the order of their ends.
	byStart, ends []int32
	// class is each operation's class, by number.
	class   []int32
	classes []class
	groups  []group
	// leaving are the groups in the order in which nobody can need them any more.
	leaving []int32
	// slot is where a certain operation is while it is pending; slots are how many
	// are needed. They are used again and again.
	slot  []int32
	slots int

	exact  bool
	states numbering
	values []value
}

// class is what is known of operations that differ in nothing but their times.
type class struct {
	number   int32 // by which the spec knows it
	observer bool
	// needs and leaves are the numbers of the only state that it can find and of
	// the one that it always leaves behind, or none.
	needs, leaves int32
	// refuses is the only state in which it is not possible, if it is known to be
	// possible in all others.
	refuses int32
	// group is that of its uncertain operations, or none.
	group int32
}

// open classes are possible in some states and not in others, as far as one
// knows.
func (c *class) open() bool {
	return c.needs == none && c.refuses == none && (c.observer || c.leaves == none)
}

// group are the uncertain operations of a class in the order of their starts.
// Whichever of them took place, the one that was invoked first may as well have
// done so in its stead, for it may act at any later time. So it is enough to
// count how many did.
type group struct {
	class   int32
	members []int32
	// until is the last end of an operation that may need what they leave.
	until int
}

// value is what is known of a state that operations need or leave.
type value struct {
	// needed are the certain operations that need it, in the order of their ends,
	// and left all that leave it, in the order of their starts.
	needed, left []int32
}

func newPlan(spec object.Spec, ops []object.Op) *plan {
	p := &plan{spec: spec, ops: ops}
	p.order()
	p.classify()
	p.group()
	p.valuate()
	p.retire()
	p.seat()
	return p
}

// order sorts the operations that matter. Observers that may never have happened
// do not.
func (p *plan) order() {
	p.byStart = make([]int32, 0, len(p.ops))
	for i := range p.ops {
		if op := &p.ops[i]; !op.Maybe {
			p.ends = append(p.ends, int32(i))
		} else if p.spec.Observer(op.Class) {
			continue
		}
		p.byStart = append(p.byStart, int32(i))
	}
	starts := func(a, b int32) int { return cmp.Compare(p.ops[a].Start, p.ops[b].Start) }
	if !slices.IsSortedFunc(p.byStart, starts) {
		slices.SortStableFunc(p.byStart, starts)
	}
	slices.SortFunc(p.ends, func(a, b int32) int { return cmp.Compare(p.ops[a].End, p.ops[b].End) })
}

// classify gives numbers to the classes and to the states that they need or leave.
func (p *plan) classify() {
	numbers := make([]int32, len(p.byStart))
	for i, at := range p.byStart {
		numbers[i] = p.ops[at].Class
	}
	of := newNumbering(numbers)
	p.class = make([]int32, len(p.ops))
	p.classes = make([]class, of.count)
	for _, at := range p.byStart {
		p.class[at] = of.of(p.ops[at].Class)
		p.classes[p.class[at]].number = p.ops[at].Class
	}
	for i := range p.classes {
		c := &p.classes[i]
		c.observer, c.needs, c.leaves, c.refuses, c.group = p.spec.Observer(c.number), none, none, none, none
	}
	if exact, is := p.spec.(object.Exact); is {
		p.exact = true
		p.number(exact)
	}
}

func (p *plan) number(exact object.Exact) {
	refuser, refuses := p.spec.(Refuser)
	asked := func(c *class, note func(of *int32, s object.State)) {
		if s, is := exact.Needs(c.number); is {
			note(&c.needs, s)
		}
		if s, is := exact.Leaves(c.number); is && !c.observer {
			note(&c.leaves, s)
		}
		if refuses && c.observer {
			if s, is := refuser.Refuses(c.number); is {
				note(&c.refuses, s)
			}
		}
	}
	states := []int32{int32(p.spec.Initial())}
	for i := range p.classes {
		asked(&p.classes[i], func(_ *int32, s object.State) { states = append(states, int32(s)) })
	}
	p.states = newNumbering(states)
	for i := range p.classes {
		asked(&p.classes[i], func(of *int32, s object.State) { *of = p.states.of(int32(s)) })
	}
}

func (p *plan) group() {
	for _, at := range p.byStart {
		if !p.ops[at].Maybe {
			continue
		}
		c := &p.classes[p.class[at]]
		if c.group == none {
			c.group = int32(len(p.groups))
			p.groups = append(p.groups, group{class: p.class[at]})
		}
		g := &p.groups[c.group]
		g.members = append(g.members, at)
	}
}

// valuate lists who needs and who leaves each value, in two tables that the
// values share.
func (p *plan) valuate() {
	p.values = make([]value, p.states.count)
	needs := func(at int32) int32 { return p.classes[p.class[at]].needs }
	leaves := func(at int32) int32 { return p.classes[p.class[at]].leaves }
	for v, list := range shared(p.ends, needs, len(p.values)) {
		p.values[v].needed = list
	}
	for v, list := range shared(p.byStart, leaves, len(p.values)) {
		p.values[v].left = list
	}
}

// shared deals out operations by value, in the order in which they are given.
func shared(places []int32, of func(int32) int32, values int) [][]int32 {
	sizes := make([]int32, values)
	total := 0
	for _, at := range places {
		if v := of(at); v != none {
			sizes[v]++
			total++
		}
	}
	table, lists := make([]int32, total), make([][]int32, values)
	for v, size := range sizes {
		lists[v], table = table[:0:size], table[size:]
	}
	for _, at := range places {
		if v := of(at); v != none {
			lists[v] = append(lists[v], at)
		}
	}
	return lists
}

// retire finds until when somebody can need what a group does. A value that is
// needed only by other uncertain operations is needed as long as theirs is. What
// may be needed too is that a value is left that somebody refuses.
func (p *plan) retire() {
	u := p.uses()
	for round, changed := 0, true; changed; round++ {
		if changed = false; round == mostRounds { // a long chain: it is not worth it
			u.always = object.Never
		}
		for i := range p.groups {
			changed = p.lengthen(&p.groups[i], u) || changed
		}
	}
	p.leaving = make([]int32, len(p.groups))
	for i := range p.leaving {
		p.leaving[i] = int32(i)
	}
	slices.SortFunc(p.leaving, func(a, b int32) int { return cmp.Compare(p.groups[a].until, p.groups[b].until) })
}

const mostRounds = 50

// uses are the last ends of operations that can make use of something: of a
// value, of the absence of a value, of the absence of any value, and of one does
// not know what.
type uses struct {
	of, without    []int
	change, always int
}

func (p *plan) uses() *uses {
	u := &uses{of: make([]int, len(p.values)), without: make([]int, len(p.values))}
	for _, at := range p.ends {
		c, end := &p.classes[p.class[at]], p.ops[at].End
		switch {
		case c.needs != none:
			u.of[c.needs] = end
		case c.refuses != none:
			u.without[c.refuses], u.change = end, end
		case c.open():
			u.always = end
		}
	}
	for i := range p.groups {
		if p.classes[p.groups[i].class].open() {
			u.always = object.Never
		}
	}
	return u
}

func (p *plan) lengthen(g *group, u *uses) (changed bool) {
	c := &p.classes[g.class]
	last := object.Never
	switch {
	case c.leaves != none && c.needs != none:
		last = max(u.of[c.leaves], u.without[c.needs], u.always)
	case c.leaves != none:
		last = max(u.of[c.leaves], u.change, u.always)
	}
	changed = last > g.until
	g.until = max(g.until, last)
	if c.needs != none && u.of[c.needs] < g.until {
		u.of[c.needs], changed = g.until, true
	}
	return changed
}

// seat gives each certain operation a slot for the time in which it is pending.
func (p *plan) seat() {
	p.slot = make([]int32, len(p.ops))
	var free []int32
	next := 0
	for _, ending := range p.ends {
		for ; next < len(p.byStart) && p.ops[p.byStart[next]].Start < p.ops[ending].End; next++ {
			at := p.byStart[next]
			if p.ops[at].Maybe {
				continue
			}
			if len(free) == 0 {
				free = append(free, int32(p.slots))
				p.slots++
			}
			p.slot[at], free = free[len(free)-1], free[:len(free)-1]
		}
		free = append(free, p.slot[ending])
	}
}

// hopeless finds an operation that ended before it began, or before anybody began
// who could leave what it needs, and returns the end of the first such one.
func (p *plan) hopeless() (at int, is bool) {
	at = object.Never
	for _, i := range p.ends {
		if op := &p.ops[i]; op.End < op.Start {
			at = min(at, op.End)
		}
	}
	initial := p.states.of(int32(p.spec.Initial()))
	if p.unbound() {
		return at, at != object.Never
	}
	for v := range p.values {
		if int32(v) == initial || len(p.values[v].needed) == 0 {
			continue
		}
		end := p.ops[p.values[v].needed[0]].End
		if left := p.values[v].left; len(left) == 0 || p.ops[left[0]].Start > end {
			at = min(at, end)
		}
	}
	return at, at != object.Never
}

// unbound says that some operations may leave any state.
func (p *plan) unbound() bool {
	return slices.ContainsFunc(p.classes, func(c class) bool { return !c.observer && c.leaves == none })
}

// bytes is about what the plan occupies.
func (p *plan) bytes() int {
	const perOp, perClass, perGroup, perValue = 24, 20, 48, 48
	return perOp*len(p.ops) + perClass*len(p.classes) + perGroup*len(p.groups) + perValue*len(p.values)
}

// numbering gives numbers from 0 to numbers of any size.
type numbering struct {
	count int
	// direct is the number of each, if they are not too far apart, otherwise they
	// are looked up in sorted.
	direct, sorted []int32
}

func newNumbering(numbers []int32) numbering {
	if len(numbers) == 0 {
		return numbering{}
	}
	if low, high := slices.Min(numbers), slices.Max(numbers); low >= 0 && int(high) < 4*len(numbers)+64 {
		return numberDirectly(numbers, high)
	}
	sorted := slices.Clone(numbers)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	return numbering{count: len(sorted), sorted: sorted}
}

func numberDirectly(numbers []int32, high int32) numbering {
	n := numbering{direct: make([]int32, high+1)}
	for i := range n.direct {
		n.direct[i] = none
	}
	for _, x := range numbers {
		if n.direct[x] == none {
			n.direct[x] = int32(n.count)
			n.count++
		}
	}
	return n
}

// of is the number of x, or none if it has none.
func (n *numbering) of(x int32) int32 {
	if n.direct != nil {
		if x < 0 || int(x) >= len(n.direct) {
			return none
		}
		return n.direct[x]
	}
	if i, found := slices.BinarySearch(n.sorted, x); found {
		return int32(i)
	}
	return none
}
