// Package set decides from the adds and whole reads of grow-only sets whether an
// element was lost, missing for a time, made up, or there twice: whether every
// add and read can have taken effect at one moment between its invocation and its
// completion. It is exact in both directions, and needs no search: the reads of a
// set must stand in one order, each with all that the one before it had.
package set

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// Lost: an element was there, or acknowledged, and is gone from then on.
	Lost = "lost"
	// Stale: an element was there, or acknowledged, missing, and there again.
	Stale = "stale"
	// Phantom: an element was read that nobody had added.
	Phantom = "phantom"
	// Duplicated: an element was twice in one read.
	Duplicated = "duplicated"
	// Diverged: of two reads each lacks an element that the other one has.
	Diverged = "diverged"
)

// New is a checker of sets of integers, one for each key, that only grow.
// Operations are
//
//   - add: of an integer;
//   - read: Ok with a list of integers, all elements of the set; null is the empty
//     set.
//
// A Fail had no effect, and an Info add may have had one at any later time, or
// never.
//
// An element is known to be there once its add was acknowledged or a read that
// has it was done. It has to be in every read that takes effect after that: those
// invoked later, and those which have another element that was added only later.
// It is lost if it is missing from a read that was invoked after it was known and
// after every read that has it was done; otherwise, if it is missing from a read
// that should have it, it is stale. Both contradict linearizability.
//
// The figures are those of Jepsen's set-full, in its terms: the stable latency of
// an element is the time from when it was known until the last read without it was
// invoked, 0 if there is none; that of a lost element, its lost latency, the time
// until the last read with it was. Elements that no read followed have none.
func New() checkers.Checker { return checker{} }

type checker struct{}

func (checker) Name() string { return "set" }
func (checker) About() string {
	return "no element that was added is lost, missing for a time, made up or there twice"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	a := &account{findings: map[string][]checkers.Finding{}}
	for _, k := range history.ByKey(h.Calls()) {
		s, err := parse(k)
		if err != nil {
			v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
			return v, nil
		}
		a.add(s)
	}
	return a.conclude(v), nil
}
