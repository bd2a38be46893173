package staleness

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/session/trace"
)

// candidate is a write whose place in the order of all writes is looked for, or
// the initial value, which comes first.
type candidate struct {
	// write is the operation, or None.
	write int32
	// start and due are when it was invoked and when it was certainly there.
	start, due int
	// last is when the last read of its value was invoked, and reader which; before
	// everything if there was none.
	last   int
	reader int32
}

// candidates are the writes of a register whose reads all have known sources.
func (r *register) candidates() []candidate {
	initial := candidate{write: trace.None, start: -2, due: -1, last: -1, reader: trace.None}
	all := []candidate{initial}
	place := map[int32]int{trace.None: 0}
	for i, w := range r.writes {
		place[w] = len(all)
		all = append(all, candidate{w, r.starts[i], r.dues[i], -1, trace.None})
	}
	for _, read := range r.reads {
		op := &r.trace.Ops[read]
		source, _ := r.trace.Source(op.Found)
		if c := &all[place[source]]; op.Start > c.last {
			c.last, c.reader = op.Start, read
		}
	}
	return all
}

// patience is how many steps for each write the search for an order may take. In
// the histories of stores it takes a few; histories can be made up for which it
// would take as many as there are writes.
const patience = 1000

// inOrder says whether the writes have an order in which no read is behind by more
// than one of them. If not, it returns some that have no such order by themselves.
// It is Unknown if that took too long.
//
// A write that was there before the last read of another one's value was invoked
// has to come before that other one, or at once after it. So an order can be built
// from its end: whoever may come last demands who comes before it, and that one who
// comes before itself, until nobody demands anything. What is left then has an
// order if it ever had one, as leaving writes out puts none farther apart; so the
// only choice is who begins such a row. (This is the idea of LBT, in Golab, Hurwitz
// and Li, On the k-Atomicity-Verification Problem, 2013.)
func inOrder(all []candidate) (contradiction []candidate, is checkers.Validity) {
	o := newOrdering(all)
	for o.left > 0 {
		involved := map[int32]bool{}
		begun := false
		for c := o.byDue.head(); c != none && !begun && all[c].due >= all[o.byStart.head()].start; c = o.byDue.next[c] {
			if o.steps > patience*len(all) {
				return nil, checkers.Unknown
			}
			begun = o.row(c, involved)
		}
		if !begun {
			involved[o.byStart.head()] = true
			for c := range involved {
				contradiction = append(contradiction, all[c])
			}
			slices.SortFunc(contradiction, func(a, b candidate) int { return cmp.Compare(a.start, b.start) })
			return contradiction, checkers.Invalid
		}
	}
	return nil, checkers.Valid
}

// smallest leaves out of writes that have no order those without which there is
// still none.
func smallest(contradiction []candidate) []candidate {
	for i := len(contradiction) - 1; i >= 0; i-- {
		rest := slices.Delete(slices.Clone(contradiction), i, i+1)
		if _, is := inOrder(rest); is == checkers.Invalid {
			contradiction = rest
		}
	}
	return contradiction
}

// ordering are the writes that have no place yet, with the last first.
type ordering struct {
	all                    []candidate
	byStart, byDue, byLast chain
	// left are how many, and steps how many times one was put in its place.
	left, steps int
}

func newOrdering(all []candidate) *ordering {
	return &ordering{
		all: all, left: len(all),
		byStart: newChain(all, func(c candidate) int { return c.start }),
		byDue:   newChain(all, func(c candidate) int { return c.due }),
		byLast:  newChain(all, func(c candidate) int { return c.last }),
	}
}

// row puts a write last, and those before it that this demands. It takes all back
// if that cannot be, and notes which writes were involved.
func (o *ordering) row(c int32, involved map[int32]bool) bool {
	var row []int32
	for {
		involved[c] = true
		if after := o.byStart.head(); o.all[after].start > o.all[c].due {
			involved[after] = true
			break
		}
		row = append(row, c)
		o.remove(c)
		before := o.byLast.head()
		if before == none || o.all[before].last <= o.all[c].due {
			return true
		}
		if other := o.byLast.next[before]; other != none && o.all[other].last > o.all[c].due {
			involved[before], involved[other] = true, true
			break
		}
		c = before
	}
	for _, c := range slices.Backward(row) {
		o.restore(c)
	}
	return false
}

func (o *ordering) remove(c int32) {
	o.left--
	o.steps++
	o.byStart.remove(c)
	o.byDue.remove(c)
	o.byLast.remove(c)
}

func (o *ordering) restore(c int32) {
	o.left++
	o.byStart.restore(c)
	o.byDue.restore(c)
	o.byLast.restore(c)
}

// none is no candidate.
const none = -1

// chain are candidates in an order, from which some are removed and put back in
// the reverse order (Knuth, Dancing Links, 2000). Its head is behind the last.
type chain struct {
	next, before []int32
}

func newChain(all []candidate, by func(candidate) int) chain {
	sorted := make([]int32, len(all))
	for i := range sorted {
		sorted[i] = int32(i)
	}
	slices.SortFunc(sorted, func(a, b int32) int { return cmp.Compare(by(all[b]), by(all[a])) })
	c := chain{make([]int32, len(all)+1), make([]int32, len(all)+1)}
	at := int32(len(all))
	for _, i := range sorted {
		c.next[at], c.before[i] = i, at
		at = i
	}
	c.next[at], c.before[len(all)] = none, at
	return c
}

// head is the first, or none.
func (c *chain) head() int32 { return c.next[len(c.next)-1] }

func (c *chain) remove(i int32) {
	c.next[c.before[i]] = c.next[i]
	if next := c.next[i]; next != none {
		c.before[next] = c.before[i]
	}
}

func (c *chain) restore(i int32) {
	c.next[c.before[i]] = i
	if next := c.next[i]; next != none {
		c.before[next] = i
	}
}
