// Package oracle asks somebody else whether a history is linearizable: brute
// force for a handful of operations, porcupine for more. Neither shares any code
// with Assay's own monitors and engine, so that what they say can be confirmed.
package oracle

import (
	"context"
	"math"

	"github.com/anishathalye/porcupine"

	"github.com/assaykit/assay/checkers/linearizability/internal/brute"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

const (
	// few is how many operations brute force is quick with.
	few = 12
	// memory is what one question may cost, in bytes.
	memory = 256 << 20
)

// Ask decides about operations. It is Undecided when the context ends first.
func Ask(ctx context.Context, spec object.Spec, ops []object.Op) object.Outcome {
	if len(ops) > few {
		return Porcupine(ctx, spec, ops, memory)
	}
	if brute.Legal(spec, ops) {
		return object.Legal
	}
	return object.Illegal
}

// Porcupine decides about operations by porcupine's search. It stops the search
// from within when the context ends, for porcupine's own timeout would leave a
// goroutine behind, and when the table of visited configurations has grown to about
// so many bytes: each has a bit for every operation.
func Porcupine(ctx context.Context, spec object.Spec, ops []object.Op, bytes int) object.Outcome {
	s := &search{ctx: ctx, spec: spec, mostSteps: bytes / (bytesPerEntry + len(ops)/8)}
	for i := range ops {
		if !ops[i].Maybe {
			s.certain++
		}
	}
	legal := porcupine.CheckOperations(s.model(), operations(ops))
	switch {
	case legal:
		return object.Legal
	case s.steps > s.mostSteps:
		return object.TooBig
	case s.stopped:
		return object.Undecided
	}
	return object.Illegal
}

// bytesPerEntry is what a configuration costs porcupine beside its bits.
const bytesPerEntry = 200

func operations(ops []object.Op) []porcupine.Operation {
	all := make([]porcupine.Operation, len(ops))
	for i := range ops {
		end := int64(ops[i].End)
		if ops[i].Maybe {
			end = math.MaxInt64
		}
		all[i] = porcupine.Operation{ClientId: i, Input: &ops[i], Call: int64(ops[i].Start), Return: end}
	}
	return all
}

type search struct {
	ctx     context.Context
	spec    object.Spec
	certain int
	// steps that succeed make an entry in porcupine's table, at most.
	steps, mostSteps int
	asked            int
	stopped          bool
}

// place is a state together with how much of what is certain was done: porcupine
// has to place every operation, and what may never have happened does nothing
// once all that is certain was done.
type place struct {
	state object.State
	done  int
}

func (s *search) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return place{s.spec.Initial(), 0} },
		Step: func(from, input, _ any) (bool, any) {
			if s.exhausted() {
				return false, from
			}
			return s.step(from.(place), input.(*object.Op))
		},
		Equal: func(a, b any) bool { return a.(place) == b.(place) },
		Hash: func(a any) uint64 {
			p := a.(place)
			return (uint64(p.state)<<32 | uint64(uint32(p.done))) * 0x9e3779b97f4a7c15
		},
	}
}

func (s *search) step(from place, op *object.Op) (bool, any) {
	if from.done == s.certain {
		return true, from
	}
	to, ok := s.spec.Step(from.state, op.Class)
	if !ok {
		return false, from
	}
	s.steps++
	next := place{to, from.done}
	if !op.Maybe {
		next.done++
	}
	return true, next
}

// exhausted says whether the budget is spent. From then on no operation can take
// place any more, so that porcupine runs out of choices; it is not believed.
func (s *search) exhausted() bool {
	if s.asked++; s.steps > s.mostSteps || s.asked%512 == 1 && s.ctx.Err() != nil {
		s.stopped = true
	}
	return s.stopped
}
