package models

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// answered finds nothing wrong, but says that nothing is proved where kinds of
// operations were never once answered, and none that tells something of the object
// was. A comparison that failed is an answer; another failure is not.
type answered struct{}

// telling are the kinds whose answers can contradict others.
var telling = []string{
	"read", "get", "contains", "cas", "put-if", "add-and-get", "receive", "poll", "pop", "take-min",
	"acquire", "generate", "txn", "watch", "learn", "propose", "leads", "increment",
}

func (answered) Name() string  { return "answered" }
func (answered) About() string { return "whether every kind of operation was answered at least once" }

func (a answered) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: a.Name()}
	all, never, told := kinds(h.Calls())
	switch {
	case len(all) == 0:
		v.Reason = "no client did anything"
	case len(never) > 0 && !told:
		v.Reason = fmt.Sprintf("no %s was ever answered: nothing is proved about it", strings.Join(never, " and no "))
	case len(never) > 0:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("no %s was ever answered, but others were that tell of it", strings.Join(never, " and no "))
	default:
		v.Validity, v.Reason = checkers.Valid, "every kind of operation ("+strings.Join(all, ", ")+") was answered"
	}
	return v, nil
}

// kinds are all kinds of operations, those that were never answered, and whether one
// that tells something was answered with success.
func kinds(calls []history.Call) (all, never []string, told bool) {
	known := map[string]bool{}
	for i := range calls {
		call := &calls[i]
		known[call.F] = known[call.F] || call.Type == history.OK || call.Type == history.Fail && call.Error == history.Mismatch
		told = told || call.Type == history.OK && slices.Contains(telling, call.F)
	}
	for kind, ok := range known {
		all = append(all, kind)
		if !ok {
			never = append(never, kind)
		}
	}
	slices.Sort(all)
	slices.Sort(never)
	return all, never, told
}
