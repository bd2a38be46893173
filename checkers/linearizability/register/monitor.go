package register

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// Monitor decides without a search where every value that somebody found can have
// been left by one operation only. Then the operations fall into blocks that stay
// together in every order: a write (or the beginning, when nothing was found),
// the reads of its value, the operation that replaced that value by another, the
// reads of that one, and so on. So there is an order if and only if
//
//   - each value that was found was left, and replaced at most once;
//   - within each block, nobody ended before somebody began who comes before him;
//   - no two blocks come each before the other. One comes before another if one of
//     its operations ended before one of the other began: if its first end is
//     before the other's last start. Longer circles are not possible without
//     such a pair: of the blocks in a circle take the one with the first end of
//     all, X, and the one that comes before it, P. X comes before P too, for
//     somebody in the circle comes before P, and ended no sooner than X's first.
//
// With mismatches, there is no order where there is none without them, or where one
// is about a value that was there all the time. There is one if they fit into a
// certain order of the blocks: see periods. The rest is left to the search. With
// additions that had no answer nobody knows who left what.
func (r *register) Monitor(ops []object.Op) (object.Outcome, []int) {
	if r.adds {
		return object.Undecided, nil
	}
	b := &blocks{register: r, all: ops, values: make([]entry, len(r.is))}
	if decided, outcome := b.collect(); decided {
		return outcome, b.witness
	}
	if b.illegalWithin() || b.illegalAmong() || b.illegalMismatch() {
		return object.Illegal, b.witness
	}
	if r.mismatches(ops) && !b.periods().fit() {
		return object.Undecided, nil
	}
	return object.Legal, nil
}

// blocks are what the operations fall into.
type blocks struct {
	*register
	all    []object.Op
	values []entry
	// swaps is how many operations replaced a value, and chained how many of them
	// are in a block.
	swaps, chained int
	// forward are the blocks that certainly lasted for some time, and backward the
	// others.
	forward, backward []block
	witness           []int
}

// entry is what the operations did with a value: their places, or none.
type entry struct {
	// left is who left it, and several is set if there are more.
	left    int32
	several bool
	found   bool
	// replaced is who replaced it, and firstEnd and lastStart are the reads that
	// were the first to be done and the last to be invoked.
	replaced, firstEnd, lastStart int32
}

// block has the operations that come first, that were the first to be done, and the
// last to be invoked. The former two are none if the block has always been there.
type block struct{ first, firstEnd, lastStart int32 }

func (b *blocks) end(i int32) int {
	if i == none {
		return none
	}
	return b.all[i].End
}

func (b *blocks) start(i int32) int {
	if i == none {
		return none
	}
	return b.all[i].Start
}

// collect fills the table of values. It has decided if some value was left by
// several, or by nobody, or replaced twice.
func (b *blocks) collect() (decided bool, outcome object.Outcome) {
	for v := range b.values {
		b.values[v] = entry{left: none, replaced: none, firstEnd: none, lastStart: none}
	}
	for i := range b.all {
		b.leave(int32(i))
	}
	split := int32(none)
	for i := range b.all {
		if b.all[i].Maybe {
			continue
		}
		switch a := b.act(&b.all[i]); a.kind {
		case read:
			b.read(&b.values[a.old], int32(i))
		case swap:
			b.swaps++
			b.values[a.old].found = true
			if b.values[a.old].replaced != none && split == none {
				split = int32(i)
			}
			b.values[a.old].replaced = b.sooner(b.values[a.old].replaced, int32(i))
		}
	}
	return b.unfit(split)
}

func (b *blocks) leave(i int32) {
	if v, changes := b.act(&b.all[i]).left(); changes {
		e := &b.values[v]
		e.several = e.left != none
		e.left = i
	}
}

func (b *blocks) sooner(i, j int32) int32 {
	if i == none || b.all[j].End < b.all[i].End {
		return j
	}
	return i
}

func (b *blocks) later(i, j int32) int32 {
	if i == none || j != none && b.all[j].Start > b.all[i].Start {
		return j
	}
	return i
}

func (b *blocks) read(e *entry, i int32) {
	e.found = true
	e.firstEnd = b.sooner(e.firstEnd, i)
	e.lastStart = b.later(e.lastStart, i)
}

// unfit says whether the table does not describe blocks, and what that means.
// split is an operation that replaced what another one replaced too, or none.
func (b *blocks) unfit(split int32) (bool, object.Outcome) {
	for v := range b.values {
		if e := &b.values[v]; e.found && v != int(notFound) && e.several {
			return true, object.Undecided
		}
	}
	for v := range b.values {
		e := &b.values[v]
		if !e.found || v == int(notFound) || e.left != none && !b.all[e.left].Maybe {
			continue
		}
		return true, b.unwritten(object.State(v))
	}
	if split == none {
		return false, object.Undecided
	}
	old := b.act(&b.all[split]).old
	for i := range b.all {
		if a := b.act(&b.all[i]); a.kind == swap && a.old == old && !b.all[i].Maybe && int32(i) != split {
			b.convict(split, int32(i))
			return true, object.Illegal
		}
	}
	panic("a value was replaced twice by one operation")
}

// unwritten is for a value that was found, and that nobody left, or somebody of
// whom one does not know it: which can only be if it was found before he began,
// for the normal form knows it otherwise.
func (b *blocks) unwritten(v object.State) object.Outcome {
	e, finder := &b.values[v], b.finder(v)
	switch {
	case e.left == none:
		b.witness = []int{int(finder)}
	case b.all[finder].End < b.all[e.left].Start:
		b.witness = []int{int(finder), int(e.left)}
	default:
		return object.Undecided
	}
	return object.Illegal
}

// convict makes a witness of operations: they, all that led to the values that
// they found, and who saw the effect of those that were not acknowledged. An order
// of the whole, without the others, is one of these, for the others neither left
// such a value nor stood between one and who found it.
func (b *blocks) convict(places ...int32) {
	in := map[int32]bool{}
	for len(places) > 0 {
		i := places[len(places)-1]
		places = places[:len(places)-1]
		if i == none || in[i] {
			continue
		}
		in[i] = true
		b.witness = append(b.witness, int(i))
		a := b.act(&b.all[i])
		if v, finds := a.found(); finds {
			places = append(places, b.values[v].left)
		}
		if b.all[i].Inferred {
			places = append(places, b.finder(a.new))
		}
	}
	slices.Sort(b.witness)
}

// finder is the first to be done of those who found a value.
func (b *blocks) finder(v object.State) int32 {
	e := &b.values[v]
	if e.replaced == none {
		return e.firstEnd
	}
	return b.sooner(e.firstEnd, e.replaced)
}

// illegalWithin makes the blocks, and says whether one of them has no order.
func (b *blocks) illegalWithin() bool {
	if b.walk(block{none, none, none}, notFound) {
		return true
	}
	for i := range b.all {
		a := b.act(&b.all[i])
		if a.kind != write || b.all[i].Maybe {
			continue
		}
		if whole := (block{int32(i), int32(i), int32(i)}); !b.values[a.new].found {
			b.add(whole)
		} else if b.walk(whole, a.new) {
			return true
		}
	}
	return b.chained < b.swaps && b.circular()
}

// walk follows a block from its first value. It says whether it found two
// operations in the wrong order.
func (b *blocks) walk(whole block, v object.State) (illegal bool) {
	for {
		e := &b.values[v]
		if b.precedes(e.firstEnd, whole.lastStart) {
			return true
		}
		whole.extend(b, e.firstEnd, e.lastStart)
		swap := e.replaced
		if swap == none {
			break
		}
		b.chained++
		if b.precedes(swap, whole.lastStart) {
			return true
		}
		whole.extend(b, swap, swap)
		if v = b.act(&b.all[swap]).new; !b.values[v].found || v == notFound {
			break
		}
	}
	b.add(whole)
	return false
}

// precedes says whether an operation ended before another one began that has to
// come before it.
func (b *blocks) precedes(i, first int32) bool {
	if i == none || first == none || b.all[i].End >= b.all[first].Start {
		return false
	}
	b.convict(i, first)
	return true
}

func (k *block) extend(b *blocks, firstEnd, lastStart int32) {
	if firstEnd != none && b.end(firstEnd) < b.end(k.firstEnd) { // never if it has always been there
		k.firstEnd = firstEnd
	}
	k.lastStart = b.later(k.lastStart, lastStart)
}

func (b *blocks) add(k block) {
	if b.end(k.firstEnd) < b.start(k.lastStart) {
		b.forward = append(b.forward, k)
	} else {
		b.backward = append(b.backward, k)
	}
}

// circular finds values that were only ever left by replacing one another.
func (b *blocks) circular() bool {
	in := make([]bool, len(b.all)) // a block
	mark := func(v object.State) {
		for b.values[v].replaced != none {
			swap := b.values[v].replaced
			in[swap] = true
			if v = b.act(&b.all[swap]).new; !b.values[v].found {
				return
			}
		}
	}
	mark(notFound)
	for i := range b.all {
		if a := b.act(&b.all[i]); a.kind == write && !b.all[i].Maybe && b.values[a.new].found {
			mark(a.new)
		}
	}
	for i := range b.all {
		if b.act(&b.all[i]).kind == swap && !b.all[i].Maybe && !in[i] {
			b.convict(int32(i))
			return true
		}
	}
	return false
}

// illegalAmong says whether two blocks come each before the other. Of two that
// lasted, their times overlap; of one that lasted and one that may have been
// shorter, the one lies within the other.
func (b *blocks) illegalAmong() bool {
	slices.SortFunc(b.forward, func(x, y block) int { return cmp.Compare(b.end(x.firstEnd), b.end(y.firstEnd)) })
	first, moment := [2]block{}, object.Never
	note := func(x, y block) {
		if at := max(b.start(x.lastStart), b.start(y.lastStart)); at < moment {
			first, moment = [2]block{x, y}, at
		}
	}
	for i := 1; i < len(b.forward); i++ {
		if b.start(b.forward[i-1].lastStart) > b.end(b.forward[i].firstEnd) {
			note(b.forward[i-1], b.forward[i])
		}
	}
	for _, k := range b.backward {
		i, _ := slices.BinarySearchFunc(b.forward, b.start(k.lastStart), func(f block, start int) int { return cmp.Compare(b.end(f.firstEnd), start) })
		if i > 0 && b.start(b.forward[i-1].lastStart) > b.end(k.firstEnd) {
			note(b.forward[i-1], k)
		}
	}
	if moment == object.Never {
		return false
	}
	b.convict(first[0].firstEnd, first[0].lastStart, first[1].firstEnd, first[1].lastStart)
	return true
}

// illegalMismatch says whether somebody was told that the register did not hold a
// value between two operations on that value, one of which was over before and the
// other invoked afterwards. All operations on a value stand together.
func (b *blocks) illegalMismatch() bool {
	for i := range b.all {
		a := b.act(&b.all[i])
		if e := &b.values[a.old]; a.kind == mismatch && e.found {
			firstEnd, lastStart := b.finder(a.old), b.later(b.later(e.left, e.lastStart), e.replaced)
			if firstEnd = b.sooner(firstEnd, e.left); b.end(firstEnd) < b.all[i].Start && b.all[i].End < b.start(lastStart) {
				b.convict(int32(i), firstEnd, lastStart)
				return true
			}
		}
	}
	return false
}
