package lock

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

var (
	_ object.Normalizer = (*lock)(nil)
	_ object.Monitor    = (*lock)(nil)
	_ object.Shrinker   = (*lock)(nil)
)

// Normal leaves out
//
//   - an acquire of unknown outcome that no release of its owner may follow: in an
//     order with it a permit is taken until the end, which helps nobody, so that
//     the order without it is as good;
//   - a release of unknown outcome of an orderly owner who held nothing: no order
//     has it.
func (l *lock) Normal(ops []object.Op) []object.Op {
	lastRelease := filled(len(l.owners)) // when the last one may have happened
	for i := range ops {
		if op := &ops[i]; !acquires(op) {
			lastRelease[ownerOf(op.Class)] = max(lastRelease[ownerOf(op.Class)], op.End)
		}
	}
	idle := make([]bool, len(ops))
	for _, i := range l.ledger(ops).idle {
		idle[i] = true
	}
	var kept []object.Op
	for i := range ops {
		op := &ops[i]
		if idle[i] || acquires(op) && op.Maybe && lastRelease[ownerOf(op.Class)] < op.Start {
			continue
		}
		kept = append(kept, *op)
	}
	return kept
}

// Monitor decides where all owners are orderly. Every one's holds are then the same
// in all orders, except that each may be longer. The order in which each acquire
// comes as late as it can, at its end, and each release as soon as it can, at its
// start, has at no moment more holds than any other: if it has too many, all have.
// (With one permit these are the zones of Gibbons and Korach, Testing Shared
// Memories, 1997, for the values that acquires write and releases read.)
func (l *lock) Monitor(ops []object.Op) (object.Outcome, []int) {
	b := l.ledger(ops)
	if !b.allOrderly() {
		return object.Undecided, nil
	}
	if moment, found := l.crowded(ops, b.holds); found {
		return object.Illegal, l.crowd(ops, b.holds, moment)
	}
	if len(b.wrong) > 0 {
		return object.Illegal, b.wrong[:1]
	}
	return object.Legal, nil
}

// crowded is the first moment at which there are more holds than permits.
func (l *lock) crowded(ops []object.Op, holds []hold) (moment int, found bool) {
	begins, ends := make([]int, len(holds)), make([]int, 0, len(holds))
	for i, h := range holds {
		begins[i] = h.from(ops)
		if h.release != none {
			ends = append(ends, h.until(ops))
		}
	}
	slices.Sort(begins)
	slices.Sort(ends)
	over := 0
	for begun, moment := range begins {
		for over < len(ends) && ends[over] < moment {
			over++
		}
		if begun+1-over > l.permits {
			return moment, true
		}
	}
	return 0, false
}

// crowd are the operations of all holds at a moment.
func (l *lock) crowd(ops []object.Op, holds []hold, moment int) []int {
	var places []int
	for _, h := range holds {
		if h.from(ops) <= moment && moment <= h.until(ops) {
			places = append(places, h.places()...)
		}
	}
	slices.Sort(places)
	return places
}

// Shrink lets go what an owner held from acquire to release: the others have one
// more permit in between. Of an owner who did several things at a time it is not
// known which release belongs to which acquire, so that all or nothing of him goes.
// A release without a hold stays.
func (l *lock) Shrink(ops []object.Op, going []bool) {
	b := l.ledger(ops)
	whole := make([]bool, len(l.owners))
	for i := range ops {
		if who := ownerOf(ops[i].Class); !b.orderly[who] && going[i] {
			whole[who] = true
		}
	}
	for i := range ops {
		if who := ownerOf(ops[i].Class); !b.orderly[who] {
			going[i] = whole[who]
		}
	}
	for _, h := range b.holds {
		if h.release != none {
			together := going[h.acquire] || going[h.release]
			going[h.acquire], going[h.release] = together, together
		}
	}
	for _, i := range b.wrong {
		going[i] = false
	}
}
