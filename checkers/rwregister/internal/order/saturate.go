package order

import (
	"context"

	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

// Why something is Undecided.
const (
	tooLong   = "time ran out while the order of writes that is forced was collected"
	tooOpen   = "too many writes may have come in any order"
	neverDone = "no contradiction is forced, and the search for an order ran out of time"
)

// mostOpen is how many pairs may be left open, at 16 bytes each.
const mostOpen = 16_000_000

// often is after how many pairs the time is looked at.
const often = 64

// saturate decides pairs of chains of which only one can come first, until no more
// follows. The others are left open. It is Undecided with a reason if that took too
// long, and without one if all went well.
func (p *problem) saturate(ctx context.Context, limits Limits) Result {
	if !p.far(ctx) {
		return Result{Why: tooLong}
	}
	look := p.everyPair
	for {
		if !p.sort(p.wishes(false)) {
			return p.broken()
		}
		reach := p.newReach(limits)
		before := len(p.forced)
		if r, done := look(ctx, reach); done {
			return r
		}
		if len(p.forced) == before {
			return Result{}
		}
		look = p.openPairs
		p.round++
	}
}

// far puts chains in order that are far from each other in time, if that counts. Only
// those pairs are told of that do not follow from others. It returns false if time ran
// out.
func (p *problem) far(ctx context.Context) bool {
	if p.base != RealTime {
		return true
	}
	for n := range p.keys {
		chains := p.keys[n].chains
		for i := 1; i < len(chains); i++ {
			if i%64 == 0 && ctx.Err() != nil {
				return false
			}
			first := p.h.Txns[chains[i].tail].Complete // of those that come after, and are done
			soonest := int32(registers.Never)
			for j := i + 1; j < len(chains); j++ {
				invoke := p.h.Txns[chains[j].head].Invoke
				if invoke > soonest {
					break // and so are all others: they come in the order of their invocations
				}
				if first < invoke {
					p.put(&p.keys[n], &chains[i], &chains[j], -1)
					soonest = min(soonest, p.h.Txns[chains[j].tail].Complete)
				}
			}
		}
	}
	return ctx.Err() == nil
}

// everyPair looks at all pairs of chains but those with the initial state.
func (p *problem) everyPair(ctx context.Context, reach reach) (r Result, done bool) {
	looked := 0
	for n := range p.keys {
		if ctx.Err() != nil {
			return Result{Why: tooLong}, true
		}
		chains := p.keys[n].chains
		for i := 1; i < len(chains); i++ {
			var said []int32 // heads of chains that were put after this one
			for j := i + 1; j < len(chains); j++ {
				if p.base == RealTime && p.apartInTime(chains[i], chains[j]) {
					break // so are all others, and they were put in order before
				}
				if looked++; looked%often == 0 && ctx.Err() != nil {
					return Result{Why: tooLong}, true
				}
				o := pair{key: int32(n), first: int32(i), second: int32(j)}
				if r, done := p.look(reach, o, &said); done {
					return r, true
				}
			}
			if len(p.open) > mostOpen {
				return Result{Why: tooOpen}, true
			}
		}
	}
	return Result{}, false
}

// apartInTime says that one chain was done before the other one was invoked.
func (p *problem) apartInTime(a, b chain) bool {
	return p.h.Txns[a.tail].Complete < p.h.Txns[b.head].Invoke
}

// openPairs looks once more at those pairs that were left open.
func (p *problem) openPairs(ctx context.Context, reach reach) (r Result, done bool) {
	open := p.open
	p.open = p.open[:0]
	for n, o := range open {
		if n%often == 0 && ctx.Err() != nil {
			return Result{Why: tooLong}, true
		}
		if r, done := p.look(reach, o, nil); done {
			return r, true
		}
	}
	return Result{}, false
}

// look decides a pair, or leaves it open. said are the heads of chains that were put
// after the first one in this round.
func (p *problem) look(reach reach, o pair, said *[]int32) (r Result, done bool) {
	k := &p.keys[o.key]
	first, second := &k.chains[o.first], &k.chains[o.second]
	forth, back := p.can(reach, first, second), p.can(reach, second, first)
	switch {
	case forth && back:
		p.open = append(p.open, o)
		return r, false
	case !forth && !back:
		return p.neither(o), true
	case back:
		first, second, said = second, first, nil
		o.first, o.second = o.second, o.first
	}
	if said != nil {
		for _, head := range *said {
			if reach.has(p.end(head), p.overwriting(second.head)) {
				return r, false // and what is to be said follows
			}
		}
		if len(*said) < 8 {
			*said = append(*said, second.head)
		}
	}
	p.force(reach, o, first, second)
	return r, false
}

// can says that nothing known is against one chain coming before another one.
func (p *problem) can(reach reach, first, second *chain) bool {
	if reach.has(p.overwriting(second.head), p.end(first.tail)) {
		return false
	}
	if p.kind == Cursor {
		return true
	}
	for _, r := range first.readers {
		if r != second.head && reach.has(p.end(second.head), p.begin(r)) {
			return false
		}
	}
	return true
}

// force lets one chain come before another one, as far as that is news.
func (p *problem) force(reach reach, o pair, first, second *chain) {
	k, n := &p.keys[o.key], len(p.forced)
	o.round = p.round
	p.because = int32(n)
	p.round++ // what follows is known from the next round on
	news := !reach.has(p.end(first.tail), p.overwriting(second.head))
	if news {
		p.overwrite(first.tail, second.head, k.at, -1)
	}
	for _, r := range first.readers {
		if r != second.head && p.kind != Cursor && !reach.has(p.begin(r), p.end(second.head)) {
			p.miss(r, second.head, k.at, -1)
			news = true
		}
	}
	if news {
		p.forced = append(p.forced, o)
	}
	p.round, p.because = o.round, -1
}

// reach says whether a moment comes before another one, or is it.
type reach interface{ has(from, to int32) bool }

// newReach is a matrix if that is not too big; otherwise it is found out when it is
// asked for. If the real time counts, or few write the same key, paths are short then.
func (p *problem) newReach(limits Limits) reach {
	if len(p.arcs) <= limits.Matrix {
		return p.matrix()
	}
	return &paths{problem: p, upto: p.round, seen: make([]int32, len(p.arcs))}
}

// matrix has a bit for each two moments.
type matrix struct {
	words int
	bits  []uint64
}

func (m *matrix) row(from int32) []uint64 { return m.bits[int(from)*m.words:][:m.words] }

func (m *matrix) has(from, to int32) bool {
	return m.bits[int(from)*m.words+int(to)/64]&(1<<(to%64)) != 0
}

// matrix is the closure of the arcs, by which the moments must be sorted.
func (p *problem) matrix() *matrix {
	n := 2 * len(p.h.Txns) // moments between transactions are asked for by nobody
	if !p.apart() {
		n = len(p.h.Txns)
	}
	m := &matrix{words: (n + 63) / 64}
	m.bits = make([]uint64, m.words*len(p.arcs))
	for at := len(p.order) - 1; at >= 0; at-- {
		from := p.order[at]
		row := m.row(from)
		if int(from) < n {
			row[from/64] |= 1 << (from % 64)
		}
		for _, a := range p.arcs[from] {
			if int(a.to) < n && m.has(from, a.to) {
				continue
			}
			for w, b := range m.row(a.to) {
				row[w] |= b
			}
		}
	}
	return m
}

// paths looks for a path each time, among the moments that come between both in the
// order.
type paths struct {
	*problem
	upto  int32 // the round: what was found out since is not counted
	seen  []int32
	now   int32
	stack []int32
}

func (p *paths) has(from, to int32) bool {
	if from == to {
		return true
	}
	if p.rank[from] >= p.rank[to] {
		return false
	}
	if a, b := p.owner[from], p.owner[to]; p.base == RealTime && a > registers.Initial && b > registers.Initial && p.h.Txns[a].Complete < p.h.Txns[b].Invoke {
		return true
	}
	p.now++
	p.stack = append(p.stack[:0], from)
	for len(p.stack) > 0 {
		m := p.stack[len(p.stack)-1]
		p.stack = p.stack[:len(p.stack)-1]
		for _, a := range p.arcs[m] {
			if a.round > p.upto {
				continue
			}
			if a.to == to {
				return true
			}
			if p.seen[a.to] != p.now && p.rank[a.to] < p.rank[to] {
				p.seen[a.to] = p.now
				p.stack = append(p.stack, a.to)
			}
		}
	}
	return false
}
