// Package identifiers decides whether identifiers that were given out are unique,
// and, where that was promised, whether they grow. It is exact: of an identifier
// that nobody was told, nothing is known, and all others are compared.
//
// It does not judge what identifiers look like, or whether there are gaps.
package identifiers

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// Duplicated: an identifier was given out more than once.
	Duplicated = "duplicated"
	// OutOfOrder: an identifier is smaller than one that had been given out before.
	OutOfOrder = "out-of-order"
)

// Order is a promise that identifiers grow.
type Order uint8

const (
	// Unordered promises nothing.
	Unordered Order = iota
	// PerProcess promises that each process is given greater and greater ones.
	PerProcess
	// RealTime promises that each is greater than all whose calls were over before
	// its call began.
	RealTime
)

// New is a checker of identifiers, with generators of their own for each key. The
// operation is
//
//   - generate: Ok with an identifier, which is a number, a string, or any other JSON
//     but null.
//
// Other outcomes tell nothing. Integers are ordered by number, and strings by their
// bytes; whether others grow, or integers among strings, is unknown.
func New(order Order) checkers.Checker { return checker{order} }

type checker struct{ order Order }

func (checker) Name() string { return "identifiers" }
func (c checker) About() string {
	return "no identifier is given out twice" + [...]string{"", ", and those of a process grow", ", and they grow"}[c.order]
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	a := account{order: c.order}
	for _, k := range history.ByKey(h.Calls()) {
		g, err := parse(k)
		if err != nil {
			v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
			return v, nil
		}
		a.add(g)
	}
	return a.conclude(v), nil
}
