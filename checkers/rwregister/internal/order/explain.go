package order

import (
	"slices"

	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

// Step is that one transaction comes before another one.
type Step struct {
	From, To int32
	Kind     Edge
	// Key is that of a Read, Overwritten or Missed; -1 otherwise.
	Key int32
	// Forced says that this follows only from what the versions of the key would
	// contradict in any other order. Otherwise is that contradiction, a circle, if it
	// is one that can be told.
	Forced    bool
	Otherwise []Step
}

// broken is about arcs that are circular.
func (p *problem) broken() Result {
	cycle := p.cycle()
	e := p.explanation()
	steps := e.steps(cycle, e.depth)
	return Result{Answer: Broken, Cycle: steps, Core: e.core()}
}

// neither is about two chains of which neither can come first.
func (p *problem) neither(o pair) Result {
	e := p.explanation()
	k := &p.keys[o.key]
	e.chains(k, o)
	first, second := &k.chains[o.first], &k.chains[o.second]
	either := [][]Step{e.steps(p.against(k, first, second, p.round), 0), e.steps(p.against(k, second, first, p.round), 0)}
	return Result{Answer: Broken, Either: either, Core: e.core()}
}

// hop is an arc with where it begins.
type hop struct {
	from int32
	arc
}

// explanation collects what an answer rests on.
type explanation struct {
	*problem
	depth int
	in    map[int32]bool // transactions
	known map[int32]bool // forced pairs
}

func (p *problem) explanation() *explanation {
	return &explanation{problem: p, depth: 1, in: map[int32]bool{}, known: map[int32]bool{}}
}

func (e *explanation) core() []int32 {
	var all []int32
	for t := range e.in {
		if t != registers.Initial {
			all = append(all, t)
		}
	}
	slices.Sort(all)
	return all
}

// chains adds those of a pair, with what is read at their ends.
func (e *explanation) chains(k *key, o pair) {
	for _, n := range []int32{o.first, o.second} {
		c := &k.chains[n]
		e.in[c.head], e.in[c.tail] = true, true
		for t := c.tail; t != c.head; {
			from, _ := e.grounds(t, k.at)
			e.in[from] = true
			t = from
		}
	}
}

// steps are a path as it is told, with reasons up to a depth. All that it rests on is
// collected, however deep.
func (e *explanation) steps(path []hop, depth int) []Step {
	var steps []Step
	for n := 0; n < len(path); n++ {
		h := path[n]
		from := e.owner[h.from]
		for e.owner[h.to] < 0 && n+1 < len(path) { // by way of a moment between transactions
			n++
			h.to = path[n].to
		}
		to := e.owner[h.to]
		e.note(from)
		e.note(to)
		s := Step{From: from, To: to, Kind: h.kind, Key: h.key}
		e.noteVersion(from, h)
		if h.pair >= 0 {
			s.Forced = true
			otherwise := e.forcedBy(h.pair, depth-1)
			if depth > 0 {
				s.Otherwise = otherwise
			}
		}
		if h.kind != Within && from != to {
			steps = append(steps, s)
		}
	}
	return steps
}

// noteVersion adds who wrote what was missed or overwritten. A transaction may have read
// several versions of a key.
func (e *explanation) noteVersion(from int32, h hop) {
	switch {
	case h.kind == Overwritten:
		e.noteWriter(from, h.key)
	case h.kind == Missed && from >= 0:
		for _, r := range e.h.Txns[from].Reads {
			if r.Key == h.key {
				e.noteWriter(r.From, h.key)
			}
		}
	}
}

// noteWriter adds a writer of a key, and those before it in its chain if that begins with
// the initial state. Writers that build upon each other in a circle are in no chain.
func (e *explanation) noteWriter(w, key int32) {
	e.note(w)
	var members []int32
	read := true
	for w > registers.Initial && read && len(members) < len(e.h.Txns) {
		members = append(members, w)
		w, read = e.grounds(w, key)
	}
	if read && w == registers.Initial {
		for _, m := range members {
			e.note(m)
		}
	}
}

func (e *explanation) note(t int32) {
	if t >= 0 {
		e.in[t] = true
	}
}

// forcedBy is why a pair was forced.
func (e *explanation) forcedBy(n int32, depth int) []Step {
	if e.known[n] && depth < 0 {
		return nil
	}
	e.known[n] = true
	o := e.forced[n]
	k := &e.keys[o.key]
	e.chains(k, o)
	return e.steps(e.against(k, &k.chains[o.second], &k.chains[o.first], o.round), depth)
}

// against is a circle that there would be if one chain came before another one.
func (p *problem) against(k *key, first, second *chain, round int32) []hop {
	if path := p.path(p.overwriting(second.head), p.end(first.tail), round); path != nil || p.overwriting(second.head) == p.end(first.tail) {
		return append(path, hop{p.end(first.tail), arc{to: p.overwriting(second.head), key: k.at, choice: -1, pair: -1, kind: Overwritten}})
	}
	for _, r := range first.readers {
		if r == second.head {
			continue
		}
		if path := p.path(p.end(second.head), p.begin(r), round); path != nil || p.end(second.head) == p.begin(r) {
			return append(path, hop{p.begin(r), arc{to: p.end(second.head), key: k.at, choice: -1, pair: -1, kind: Missed}})
		}
	}
	panic("nothing is against an order that was said to be impossible")
}

// path is a shortest one, by arcs that were known in a round.
func (p *problem) path(from, to, round int32) []hop {
	came := map[int32]hop{from: {from: -1}}
	queue := []int32{from}
	for n := 0; n < len(queue); n++ {
		for _, a := range p.arcs[queue[n]] {
			if _, known := came[a.to]; known || a.round > round {
				continue
			}
			came[a.to] = hop{queue[n], a}
			if a.to == to {
				return back(came, from, to)
			}
			queue = append(queue, a.to)
		}
	}
	return nil
}

func back(came map[int32]hop, from, to int32) []hop {
	var path []hop
	for at := to; at != from; at = came[at].from {
		path = append(path, came[at])
	}
	slices.Reverse(path)
	return path
}

// mostTried is from how many moments the shortest circle is looked for.
const mostTried = 20

// cycle is a short circle of arcs, of which there must be one.
func (p *problem) cycle() []hop {
	left := p.circular()
	var best []hop
	for _, m := range left[:min(len(left), mostTried)] {
		for _, a := range p.arcs[m] {
			path := p.path(a.to, m, p.round+1)
			if path == nil && a.to != m {
				continue
			}
			if circle := append(path, hop{m, a}); best == nil || len(circle) < len(best) {
				best = circle
			}
		}
	}
	return p.turned(best)
}

// turned begins at a transaction, not between some.
func (p *problem) turned(circle []hop) []hop {
	for n, h := range circle {
		if p.owner[h.from] >= 0 {
			return append(slices.Clone(circle[n:]), circle[:n]...)
		}
	}
	return circle
}

// circular are the moments that come before each other, or between such.
func (p *problem) circular() []int32 {
	missing := make([]int32, len(p.arcs))
	for _, arcs := range p.arcs {
		for _, a := range arcs {
			missing[a.to]++
		}
	}
	var free []int32
	for m := range missing {
		if missing[m] == 0 {
			free = append(free, int32(m))
		}
	}
	for n := 0; n < len(free); n++ {
		for _, a := range p.arcs[free[n]] {
			if missing[a.to]--; missing[a.to] == 0 {
				free = append(free, a.to)
			}
		}
	}
	// What is left is circular or comes after it: go back from one of them.
	into := make([]int32, len(p.arcs))
	for m := range into {
		into[m] = -1
	}
	last := int32(-1)
	for m, arcs := range p.arcs {
		if missing[m] > 0 {
			last = int32(m)
			for _, a := range arcs {
				into[a.to] = int32(m)
			}
		}
	}
	seen := map[int32]bool{}
	for !seen[last] {
		seen[last] = true
		last = into[last]
	}
	circle := []int32{last}
	for m := into[last]; m != last; m = into[m] {
		circle = append(circle, m)
	}
	return circle
}
