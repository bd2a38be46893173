// Package appendlist decides from the appends and whole reads of append-only lists
// whether an element was lost, missing for a time, made up, there twice, or in an
// order that contradicts another read or real time: whether every append and read
// can have taken effect at one moment between its invocation and its completion.
// It is exact in both directions, and needs no search: all reads must be
// beginnings of the longest one. Only where an element may have been appended
// twice to one list it judges no list to be right, and what it finds is certain.
package appendlist

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// Phantom: an element was read that nobody had appended.
	Phantom = "phantom"
	// Lost: an element was there, or acknowledged, and is gone from then on.
	Lost = "lost"
	// Duplicated: an element was more often in one read than it was appended.
	Duplicated = "duplicated"
	// Diverged: of two reads neither is the beginning of the other.
	Diverged = "diverged"
	// Reordered: an element stands before one that was acknowledged before it was
	// appended.
	Reordered = "reordered"
	// Stale: an element was there, or acknowledged, missing, and there again.
	Stale = "stale"
)

// New is a checker of lists of integers, one for each key, that only grow at their
// end. Operations are
//
//   - append: of an integer;
//   - read: Ok with a list of integers, all elements in their order; null is the
//     empty list.
//
// A Fail had no effect, and an Info append may have had one at any later time, or
// never.
//
// An element is known to be there once its append was acknowledged or a read that
// has it was done. It has to be in every read that takes effect after that: those
// invoked later, and those which have another element that was appended only
// later. It is lost if it is missing from a read that was invoked after it was
// known and after every read that has it was done; otherwise, if it is missing from
// a read that should have it, it is stale. If no element is lost, made up or
// there twice, every read has to be a beginning of the longest one, and of that no
// element may have been acknowledged before one in front of it was invoked.
//
// These are all the ways in which a list can go wrong. What it held when its n-th
// element was there everybody agrees on, so that appends and reads fall into
// classes whose order is known: the first element, reads of one element, the second
// element, and so on, and after all reads the appends that nobody saw. Such classes
// have an order in real time if and only if no operation of a later one was done
// before one of an earlier one was invoked, and each such pair has a name above.
//
// The figures are those of Jepsen's set-full, in its terms: the stable latency of
// an element is the time from when it was known until the last read without it was
// invoked, 0 if there is none; that of a lost element, its lost latency, the time
// until the last read with it was. Elements that no read followed have none.
func New() checkers.Checker { return checker{} }

type checker struct{}

func (checker) Name() string { return "append-list" }
func (checker) About() string {
	return "no element that was appended is lost, missing for a time, made up, there twice or out of order"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	a := &account{elements: map[string]int{}, findings: map[string][]checkers.Finding{}}
	for _, k := range history.ByKey(h.Calls()) {
		l, err := parse(k)
		if err != nil {
			v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
			return v, nil
		}
		a.add(l)
	}
	return a.conclude(v), nil
}
