package graph

// Class is a kind of cycle: those that the automaton accepts. Its states remember
// what of the way so far matters for where an anti-dependency may follow.
type Class struct {
	name string
	// next is the state after an edge of each kind, or refused.
	next   [2][kinds]int8
	states int32
	// start is the state in which an anti-dependency may follow, end the one in which
	// a cycle that began with one has to arrive where it began.
	start, end int8
	// missing says that cycles have an anti-dependency, and least how many they have
	// at least if there are none of graver classes.
	missing bool
	least   uint64
}

const refused = -1

// String is the class' name: that of its anomaly.
func (c Class) String() string { return c.name }

// The classes, each for cycles that may have edges of further kinds, of the order of
// sessions or of real time.
//
//   - Overwriting: only ww, Adya's G0.
//   - Flowing: ww and wr, his G1c.
//   - Single: exactly one rw, his G-single.
//   - Nonadjacent: no two rw follow each other. In terms of moments at which
//     transactions start (s) and commit (c), a ww or wr from T to U says c(T) < s(U),
//     a rw s(T) < c(U): the cycles of these demands are just those (Cerone and
//     Gotsman, 2016).
//   - Forking: every rw follows a wr or an order edge. Where updates may be lost, a
//     ww says only c(T) < c(U), after which nothing leads to a start.
//   - Missing: any cycle, Adya's G2-item.
func Overwriting(order ...Kind) Class { return class("G0", order, WW) }

// Flowing are cycles of ww and wr.
func Flowing(order ...Kind) Class { return class("G1c", order, WW, WR) }

// Missing are all cycles with an rw.
func Missing(order ...Kind) Class {
	c := class("G2-item", order, WW, WR, RW)
	c.missing, c.least = true, 2
	return c
}

// Single are cycles with one rw.
func Single(order ...Kind) Class {
	c := class("G-single", order, WW, WR)
	c.missing, c.least, c.states, c.end = true, 1, 2, 1
	for k, next := range c.next[0] {
		if next != refused {
			c.next[1][k] = 1
		}
	}
	c.next[0][RW] = 1
	return c
}

// Nonadjacent are cycles without two adjacent rw.
func Nonadjacent(order ...Kind) Class {
	c := class("G-nonadjacent", order, WW, WR, RW)
	c.missing, c.least, c.states = true, 2, 2
	c.next[1] = c.next[0]
	c.next[0][RW], c.next[1][RW] = 1, refused
	c.next[1][through] = 1
	return c
}

// Forking are cycles in which every rw follows a wr or an order edge.
func Forking(order ...Kind) Class {
	c := Nonadjacent(order...)
	c.name, c.least = "non-prefix-read", 1
	c.next[0][WW], c.next[1][WW] = 1, 1
	return c
}

func class(name string, order []Kind, allowed ...Kind) Class {
	c := Class{name: name, states: 1}
	for s := range c.next {
		for k := range c.next[s] {
			c.next[s][k] = refused
		}
	}
	for _, k := range append(allowed, order...) {
		c.next[0][k] = 0
	}
	c.next[0][through] = 0
	return c
}
