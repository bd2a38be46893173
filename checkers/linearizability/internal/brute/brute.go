// Package brute decides about very small histories by trying all orders. It is
// the definition of linearizability (Herlihy and Wing, 1990) written down, and
// shares no code with what it is compared to.
package brute

import (
	"fmt"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// Most is how many operations Legal takes: it tries all subsets.
const Most = 20

// Legal says whether operations have an order that respects their times, in which
// each could be answered as it was, and which has all of them but for those that
// may never have happened.
func Legal(spec object.Spec, ops []object.Op) bool {
	if len(ops) > Most {
		panic(fmt.Sprintf("brute force on %d operations", len(ops)))
	}
	b := brute{spec: spec, ops: ops, dead: map[position]bool{}}
	return b.legal(position{0, spec.Initial()})
}

type brute struct {
	spec object.Spec
	ops  []object.Op
	// dead are positions from which there is no way.
	dead map[position]bool
}

// position is what was done so far, as a set of bits, and where that led.
type position struct {
	done  uint32
	state object.State
}

func (b *brute) legal(p position) bool {
	if b.complete(p.done) {
		return true
	}
	if b.dead[p] {
		return false
	}
	for i := range b.ops {
		if !b.next(i, p.done) {
			continue
		}
		if state, ok := b.spec.Step(p.state, b.ops[i].Class); ok && b.legal(position{p.done | 1<<i, state}) {
			return true
		}
	}
	b.dead[p] = true
	return false
}

// complete says whether all that certainly happened was done.
func (b *brute) complete(done uint32) bool {
	for i := range b.ops {
		if done>>i&1 == 0 && !b.ops[i].Maybe {
			return false
		}
	}
	return true
}

// next says whether an operation can be the next one: it was not done yet, and
// nobody who was not done yet either ended before it began.
func (b *brute) next(i int, done uint32) bool {
	if done>>i&1 == 1 {
		return false
	}
	for j := range b.ops {
		if done>>j&1 == 0 && !b.ops[j].Maybe && b.ops[j].End < b.ops[i].Start {
			return false
		}
	}
	return true
}
