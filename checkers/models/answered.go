package models

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// answered finds nothing wrong, but says that nothing is proved where some kind of
// operation was never once answered. An answer is OK, or that values differed.
type answered struct{}

func (answered) Name() string  { return "answered" }
func (answered) About() string { return "whether every kind of operation was answered at least once" }

func (a answered) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: a.Name()}
	kinds := map[string]bool{}
	for _, call := range h.Calls() {
		kinds[call.F] = kinds[call.F] || call.Type == history.OK || call.Type == history.Fail && call.Error == history.Mismatch
	}
	var never, all []string
	for kind, ok := range kinds {
		all = append(all, kind)
		if !ok {
			never = append(never, kind)
		}
	}
	slices.Sort(all)
	slices.Sort(never)
	switch {
	case len(all) == 0:
		v.Reason = "no client did anything"
	case len(never) > 0:
		v.Reason = fmt.Sprintf("no %s was ever answered: nothing is proved about it", strings.Join(never, " and no "))
	default:
		v.Validity, v.Reason = checkers.Valid, "every kind of operation ("+strings.Join(all, ", ")+") was answered"
	}
	return v, nil
}
