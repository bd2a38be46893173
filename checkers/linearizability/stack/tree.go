package stack

import "math"

// lowest finds small ones among numbers that change.
type lowest struct {
	size int
	// nodes are the smallest of each half, and of each half of a half, from 1; the
	// numbers themselves are at the end.
	nodes []int
}

// gone is greater than any number.
const gone = math.MaxInt

func newLowest(numbers []int) *lowest {
	size := 1
	for size < len(numbers) {
		size *= 2
	}
	l := &lowest{size: size, nodes: make([]int, 2*size)}
	copy(l.nodes[size:], numbers)
	for i := size + len(numbers); i < 2*size; i++ {
		l.nodes[i] = gone
	}
	for i := size - 1; i > 0; i-- {
		l.nodes[i] = min(l.nodes[2*i], l.nodes[2*i+1])
	}
	return l
}

func (l *lowest) set(at, number int) {
	at += l.size
	for l.nodes[at] = number; at > 1; at /= 2 {
		l.nodes[at/2] = min(l.nodes[at], l.nodes[at^1])
	}
}

// first is the first place from..to of a number below a bound, or none.
func (l *lowest) first(from, to, below int) int {
	return l.find(1, span{0, l.size}, span{from, to}, below)
}

// find looks among the places below a node.
func (l *lowest) find(node int, at, in span, below int) int {
	switch {
	case at.to <= in.from || in.to <= at.from || l.nodes[node] >= below:
		return none
	case node >= l.size:
		return at.from
	}
	left, right := at.halves()
	if found := l.find(2*node, left, in, below); found != none {
		return found
	}
	return l.find(2*node+1, right, in, below)
}

// least is the smallest number of the places from..to.
func (l *lowest) least(from, to int) int {
	least := gone
	for from, to = from+l.size, to+l.size; from < to; from, to = from/2, to/2 {
		if from&1 == 1 {
			least = min(least, l.nodes[from])
			from++
		}
		if to&1 == 1 {
			to--
			least = min(least, l.nodes[to])
		}
	}
	return least
}

// span are places from..to, without the last one.
type span struct{ from, to int }

func (s span) halves() (left, right span) {
	middle := (s.from + s.to) / 2
	return span{s.from, middle}, span{middle, s.to}
}

const none = -1

// cover counts, for each place, how many ranges cover it.
type cover struct {
	size  int
	nodes []counts
}

// counts are the least and the most of the places below a node, but for what was
// added to a node above, and what was added to the node itself.
type counts struct{ least, most, added int32 }

func newCover(size int) *cover {
	c := &cover{size: 1}
	for c.size < size {
		c.size *= 2
	}
	c.nodes = make([]counts, 2*c.size)
	return c
}

// add adds a number to the places from..to.
func (c *cover) add(from, to int, by int32) {
	from, to = from+c.size, to+c.size-1
	if from > to {
		return
	}
	first, last := from, to
	for ; from <= to; from, to = from/2, to/2 {
		if from&1 == 1 {
			c.raise(from, by)
			from++
		}
		if to&1 == 0 {
			c.raise(to, by)
			to--
		}
	}
	c.lift(first)
	c.lift(last)
}

func (c *cover) raise(node int, by int32) {
	n := &c.nodes[node]
	n.least, n.most, n.added = n.least+by, n.most+by, n.added+by
}

// lift brings the nodes above a place up to date.
func (c *cover) lift(node int) {
	for node /= 2; node > 0; node /= 2 {
		n, left, right := &c.nodes[node], &c.nodes[2*node], &c.nodes[2*node+1]
		n.least, n.most = min(left.least, right.least)+n.added, max(left.most, right.most)+n.added
	}
}

// first is the first place from..to that is covered, or that is not, or to if
// there is none.
func (c *cover) first(covered bool, from, to int) int {
	if found := c.find(1, span{0, c.size}, span{from, to}, covered, 0); found != none {
		return found
	}
	return to
}

// find looks among the places below a node. above is what was added above it.
func (c *cover) find(node int, at, in span, covered bool, above int32) int {
	n := &c.nodes[node]
	switch {
	case at.to <= in.from || in.to <= at.from || covered && n.most+above == 0 || !covered && n.least+above > 0:
		return none
	case node >= c.size:
		return at.from
	}
	left, right := at.halves()
	if found := c.find(2*node, left, in, covered, above+n.added); found != none {
		return found
	}
	return c.find(2*node+1, right, in, covered, above+n.added)
}
