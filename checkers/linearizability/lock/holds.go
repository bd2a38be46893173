package lock

import "github.com/assaykit/assay/checkers/linearizability/object"

// none is no operation.
const none = -1

// hold is the time from when an owner certainly had a permit, the end of its
// acquire, to when it may have given it back, the start of its release.
type hold struct{ acquire, release int }

// from is when the hold certainly had begun.
func (h hold) from(ops []object.Op) int { return ops[h.acquire].End }

// until is when it may have been over.
func (h hold) until(ops []object.Op) int {
	if h.release == none {
		return object.Never
	}
	return ops[h.release].Start
}

// places are those of the operations of the hold.
func (h hold) places() []int {
	if h.release == none {
		return []int{h.acquire}
	}
	return []int{h.acquire, h.release}
}

// ledger says what each owner did, in order.
type ledger struct {
	// orderly is set for owners who did one thing at a time, and nothing after an
	// operation of unknown outcome. What such an owner did came in the order in
	// which it was done, in every order of all operations.
	orderly []bool
	// holds are those of orderly owners, in the order of their acquires. A release
	// ends the oldest hold of its owner; which one makes no difference, for permits
	// are alike.
	holds []hold
	// wrong are certain releases of orderly owners who held nothing, and idle the
	// uncertain ones, which cannot have happened.
	wrong, idle []int
}

func (l *lock) ledger(ops []object.Op) *ledger {
	b := &ledger{orderly: l.orderly(ops)}
	// Of each owner, its oldest hold that is not over, and of each hold the next
	// one of its owner.
	oldest, newest := filled(len(l.owners)), filled(len(l.owners))
	var next []int
	for i := range ops {
		op := &ops[i]
		who := ownerOf(op.Class)
		switch {
		case !b.orderly[who]:
		case acquires(op) && op.Maybe: // its owner did nothing more
		case acquires(op):
			if oldest[who] == none {
				oldest[who] = len(b.holds)
			} else {
				next[newest[who]] = len(b.holds)
			}
			newest[who] = len(b.holds)
			b.holds, next = append(b.holds, hold{i, none}), append(next, none)
		case oldest[who] != none:
			b.holds[oldest[who]].release = i
			oldest[who] = next[oldest[who]]
		case op.Maybe:
			b.idle = append(b.idle, i)
		default:
			b.wrong = append(b.wrong, i)
		}
	}
	return b
}

func (l *lock) orderly(ops []object.Op) []bool {
	orderly := make([]bool, len(l.owners))
	busyUntil := filled(len(l.owners))
	for who := range orderly {
		orderly[who] = true
	}
	for i := range ops {
		who := ownerOf(ops[i].Class)
		if ops[i].Start <= busyUntil[who] {
			orderly[who] = false
		}
		busyUntil[who] = max(busyUntil[who], ops[i].End)
	}
	return orderly
}

func (b *ledger) allOrderly() bool {
	for _, is := range b.orderly {
		if !is {
			return false
		}
	}
	return true
}

func filled(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = none
	}
	return all
}
