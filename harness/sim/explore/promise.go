package explore

import (
	"context"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/object"
	engine "github.com/assaykit/assay/checkers/linearizability/search"
	"github.com/assaykit/assay/checkers/sequential"
	"github.com/assaykit/assay/harness/history"
)

// Promise is what is asked of the histories that clients see. It is judged by the
// same checkers as the histories of real clusters.
type Promise struct {
	checker checkers.Checker
	// quick decides without explaining; nil if there is no such way.
	quick func(*history.History) (checkers.Validity, error)
}

// Linearizable asks that every history be linearizable, of objects of a type such as
// those in the packages below checkers/linearizability.
func Linearizable(t object.Type) Promise {
	return Promise{
		checker: linearizability.New(t),
		quick:   func(h *history.History) (checkers.Validity, error) { return linearizable(t, h) },
	}
}

// SequentiallyConsistent asks that every history of registers be sequentially
// consistent.
func SequentiallyConsistent() Promise { return Kept(sequential.New(sequential.Options{})) }

// Kept asks that a checker find no history invalid. The order of operations is all
// that it is told of times.
func Kept(c checkers.Checker) Promise { return Promise{checker: c} }

// Name is that of the checker, under which the Result has the judgement.
func (p Promise) Name() string { return p.checker.Name() }

// mostSearchMemory is for the search for an order of one history, in bytes.
const mostSearchMemory = 256 << 20

// linearizable decides with the checker's engine, without its explanations.
func linearizable(t object.Type, h *history.History) (checkers.Validity, error) {
	all := checkers.Valid
	for _, k := range t.Objects(h.Calls()) {
		o, err := t.Open(k)
		if err != nil {
			return checkers.Unknown, err
		}
		switch engine.Run(context.Background(), o, o.Ops(), mostSearchMemory).Outcome {
		case object.Illegal:
			return checkers.Invalid, nil
		case object.Legal:
		default:
			all = checkers.Unknown
		}
	}
	return all, nil
}

// judge decides about a history. One in which nothing was answered breaks nothing.
func (p Promise) judge(h *history.History) (checkers.Validity, error) {
	if !answered(h) {
		return checkers.Valid, nil
	}
	if p.quick != nil {
		return p.quick(h)
	}
	v, err := p.checker.Check(context.Background(), h)
	return v.Validity, err
}

func answered(h *history.History) bool {
	for _, op := range h.Ops {
		if op.Type == history.OK {
			return true
		}
	}
	return false
}

// explain asks the checker itself.
func (p Promise) explain(h *history.History) *checkers.Verdict {
	v, err := p.checker.Check(context.Background(), h)
	if err != nil {
		v.Reason = err.Error()
	}
	return &v
}
