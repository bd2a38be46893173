package harness

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/results"
)

// claims are what the target's vendor says of that which the workload puts to the
// test: first what is said of the settings of this run.
func (t Test) claims() []results.Claim {
	target, ok := t.Target.(cluster.Claimer)
	if !ok {
		return nil
	}
	var all []results.Claim
	for _, c := range target.Claims() {
		if c.Workload == t.Workload.Name() && !(c.Alone && t.Nodes > 1) {
			all = append(all, results.Claim{Promise: c.Promise, Page: c.Page, Settings: c.Settings, Applies: t.has(c), Check: c.Check})
		}
	}
	slices.SortStableFunc(all, func(a, b results.Claim) int {
		return cmp.Compare(rank(b), rank(a))
	})
	return all
}

// rank puts what applies first, and of that what is said of the very settings.
func rank(c results.Claim) int {
	if !c.Applies {
		return -1
	}
	return len(c.Settings)
}

// has says whether the target runs under the settings of a claim; what was not set has
// its default.
func (t Test) has(c cluster.Claim) bool {
	for key, value := range c.Settings {
		set, given := t.TargetSettings[key]
		if !given {
			set = t.byDefault(key)
		}
		if set != value {
			return false
		}
	}
	return c.WeakenedBy(t.Target.Settings(), t.TargetSettings) == ""
}

func (t Test) byDefault(key string) string {
	for _, s := range t.Target.Settings() {
		if s.Key == key {
			return s.Default
		}
	}
	return ""
}
