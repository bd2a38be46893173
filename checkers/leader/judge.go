package leader

import (
	"cmp"
	"slices"
)

// rivals are two claims that contradict each other, and for each the call, or none, that
// proves that its node still led.
type rivals struct {
	one, other           claim
	oneStill, otherStill int
}

// perTerm finds, for each term with two leaders, the first claim and the first one of
// another node.
func (o *office) perTerm() (found []rivals) {
	first := map[int]claim{}
	told := map[int]bool{}
	for _, c := range o.claims {
		f, known := first[c.term]
		switch {
		case c.term == 0:
		case !known:
			first[c.term] = c
		case f.node != c.node && !told[c.term]:
			told[c.term] = true
			found = append(found, rivals{f, c, none, none})
		}
	}
	return found
}

// span is what the claims of a node in a term say of when it led: it led from the end of
// the first one that was done to the beginning of the last one that was invoked, in places
// of the history; or, if that is the wrong way round, at some moment between the two.
type span struct{ first, last claim }

func (o *office) done(s span) int    { return o.calls[s.first.call].Complete }
func (o *office) invoked(s span) int { return o.calls[s.last.call].Invoke }

// lasts says that the node led throughout.
func (o *office) lasts(s span) bool { return o.done(s) < o.invoked(s) }

func (o *office) begin(s span) int { return min(o.done(s), o.invoked(s)) }
func (o *office) end(s span) int   { return max(o.done(s), o.invoked(s)) }

// spans are those of all nodes in all terms, and of each claim by itself, in the order of
// their beginnings.
func (o *office) spans() []span {
	type reign struct {
		node string
		term int
	}
	reigns := map[reign]span{}
	var all []span
	for _, c := range o.claims {
		all = append(all, span{c, c})
		if c.term > 0 {
			s, known := reigns[reign{c.node, c.term}]
			if !known {
				s = span{c, c}
			}
			reigns[reign{c.node, c.term}] = o.extend(s, c)
		}
	}
	for _, s := range reigns {
		if s.first != s.last {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(x, y span) int {
		return cmp.Or(cmp.Compare(o.begin(x), o.begin(y)), cmp.Compare(o.end(x), o.end(y)))
	})
	return all
}

// extend makes a span as long as its claims allow.
func (o *office) extend(s span, c claim) span {
	if o.calls[c.call].Complete < o.done(s) {
		s.first = c
	}
	if o.calls[c.call].Invoke > o.invoked(s) {
		s.last = c
	}
	return s
}

// atATime finds the spans that certainly have a moment in common with one of another
// node that began before and lasts: those that last and begin within it, and those that lie
// within it.
//
// That is exact. One node can have led before another one if the last claim of the
// former was invoked before the first claim of the latter was done. If for each two of
// different nodes one way round is possible, there is an order of all: were the ways that
// are left to go round in a circle, the one in it whose first claim was done first would
// have to be both before and after the one ahead of it.
func (o *office) atATime() (found []rivals) {
	var running []span
	for _, this := range o.spans() {
		running = slices.DeleteFunc(running, func(s span) bool { return o.end(s) <= o.begin(this) })
		at := slices.IndexFunc(running, func(s span) bool {
			return s.first.node != this.first.node && (o.lasts(this) || o.end(this) < o.end(s))
		})
		if at >= 0 {
			found = append(found, rivals{running[at].first, this.first, running[at].last.call, still(this)})
		}
		if o.lasts(this) {
			running = append(running, this)
		}
	}
	return found
}

// still is the call by which a span goes on, or none if it is of one claim.
func still(s span) int {
	if s.first == s.last {
		return none
	}
	return s.last.call
}
