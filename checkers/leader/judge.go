package leader

import (
	"cmp"
	"slices"
)

// rivals are two claims that contradict each other, and the call, or none, that
// proves that the first one's node still led.
type rivals struct {
	one, other claim
	still      int
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
			found = append(found, rivals{f, c, none})
		}
	}
	return found
}

// span is for how long a node certainly led: from the end of its first claim to the
// beginning of its last one, in places of the history; or, if last is first, at some
// moment of that call.
type span struct{ first, last claim }

func (s span) lasts() bool { return s.first != s.last }

func (o *office) begin(s span) int {
	if s.lasts() {
		return o.calls[s.first.call].Complete
	}
	return o.calls[s.first.call].Invoke
}

func (o *office) end(s span) int {
	if s.lasts() {
		return o.calls[s.last.call].Invoke
	}
	return o.calls[s.first.call].Complete
}

// spans are those of all nodes in all terms that last, and the moment of each claim,
// in the order of their beginnings.
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
		if o.calls[s.first.call].Complete < o.calls[s.last.call].Invoke {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(x, y span) int { return cmp.Compare(o.begin(x), o.begin(y)) })
	return all
}

// extend makes a span as long as its claims allow: from the one that was done first
// to the one that was invoked last.
func (o *office) extend(s span, c claim) span {
	if o.calls[c.call].Complete < o.calls[s.first.call].Complete {
		s.first = c
	}
	if o.calls[c.call].Invoke > o.calls[s.last.call].Invoke {
		s.last = c
	}
	return s
}

// atATime finds the spans that certainly have a moment in common with one of another
// node that began before. Of those, the moment of a call that began before may
// always have been over; one that begins later has to lie within.
func (o *office) atATime() (found []rivals) {
	var running []span
	for _, this := range o.spans() {
		running = slices.DeleteFunc(running, func(s span) bool { return o.end(s) <= o.begin(this) })
		at := slices.IndexFunc(running, func(s span) bool {
			return s.first.node != this.first.node && (this.lasts() || o.end(this) < o.end(s))
		})
		if at >= 0 {
			found = append(found, rivals{running[at].first, this.first, running[at].last.call})
		}
		if this.lasts() {
			running = append(running, this)
		}
	}
	return found
}
