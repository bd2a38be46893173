package register

import (
	"cmp"
	"slices"
	"sort"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// periods are the values that a register held one after another, in one order of
// its blocks. There may be other orders, so that a mismatch that finds no place in
// this one proves nothing.
type periods struct {
	*blocks
	held []object.State
	// firstEnd is the first end of an operation of this or a later period, be it
	// the one that began it, and lastStart the last start of an operation of this
	// or an earlier one, or of the one that ended it.
	firstEnd, lastStart []int
}

// periods orders the blocks, which have to have an order: by their first ends or
// last starts, whichever is sooner. If one comes before another, its first end is
// before the other's last start, and if the other's first end was sooner than
// both, it would come before the one too.
func (b *blocks) periods() *periods {
	all := slices.Concat(b.forward, b.backward)
	moment := func(k block) int { return min(b.end(k.firstEnd), b.start(k.lastStart)) }
	slices.SortFunc(all, func(x, y block) int { return cmp.Compare(moment(x), moment(y)) })
	p := &periods{blocks: b}
	p.begin(notFound, none)
	for _, k := range all {
		if k.first != none {
			p.begin(b.act(&b.all[k.first]).new, k.first)
		}
		p.follow()
	}
	for i := len(p.held) - 2; i >= 0; i-- {
		p.firstEnd[i] = min(p.firstEnd[i], p.firstEnd[i+1])
	}
	for i := 1; i < len(p.held); i++ {
		p.lastStart[i] = max(p.lastStart[i], p.lastStart[i-1])
	}
	return p
}

// begin begins a period with an operation that left a value.
func (p *periods) begin(v object.State, by int32) {
	if by != none {
		last := len(p.held) - 1
		p.lastStart[last] = max(p.lastStart[last], p.start(by))
	}
	p.held = append(p.held, v)
	p.firstEnd = append(p.firstEnd, p.end(by))
	p.lastStart = append(p.lastStart, none)
}

// follow adds the rest of a block, from the value that was left last.
func (p *periods) follow() {
	for {
		last := len(p.held) - 1
		v := p.held[last]
		e := &p.values[v]
		if !e.found {
			return
		}
		if e.firstEnd != none {
			p.firstEnd[last] = min(p.firstEnd[last], p.end(e.firstEnd))
			p.lastStart[last] = max(p.lastStart[last], p.start(e.lastStart))
		}
		if e.replaced == none {
			return
		}
		p.begin(p.act(&p.all[e.replaced]).new, e.replaced)
	}
}

// fit says whether all mismatches find a place in the order: a period of another
// value, not before one of which somebody was done before the mismatch was
// invoked, and not after one of which somebody was invoked after it was done. Of
// two mismatches one after the other, the places are in order too. Each gets the
// first place that there is.
func (p *periods) fit() bool {
	var byStart []int32
	for i := range p.all {
		if p.act(&p.all[i]).kind == mismatch {
			byStart = append(byStart, int32(i))
		}
	}
	byEnd := slices.Clone(byStart)
	slices.SortFunc(byEnd, func(i, j int32) int { return cmp.Compare(p.all[i].End, p.all[j].End) })
	places := make([]int32, len(p.all))
	settled, done := int32(0), 0
	for _, i := range byStart {
		for ; p.all[byEnd[done]].End < p.all[i].Start; done++ {
			settled = max(settled, places[byEnd[done]])
		}
		place, ok := p.place(&p.all[i], int(settled))
		if !ok {
			return false
		}
		places[i] = place
	}
	return true
}

// place is the first period for a mismatch that is not before a given one.
func (p *periods) place(op *object.Op, from int) (int32, bool) {
	first := sort.Search(len(p.held), func(i int) bool { return p.firstEnd[i] >= op.Start }) - 1
	last := sort.Search(len(p.held), func(i int) bool { return p.lastStart[i] > op.End })
	for i := max(first, from, 0); i < len(p.held) && i <= last; i++ {
		if p.held[i] != p.act(op).old {
			return int32(i), true
		}
	}
	return 0, false
}
