// Package set: first draft by the lead so that the rest compiles; the
// checkers' engineer replaces this file as a whole.
package set

import (
	"context"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

type draft struct{}

func New() checkers.Checker   { return draft{} }
func (draft) Name() string  { return "set" }
func (draft) About() string { return "elements lost, stale or invented" }

func (draft) Check(context.Context, *history.History) (checkers.Verdict, error) {
	return checkers.Verdict{Checker: "set", Validity: checkers.Unknown, Reason: "draft"}, nil
}
