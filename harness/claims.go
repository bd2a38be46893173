package harness

import (
	"cmp"
	"maps"
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
			c.Settings = t.spelledOut(c)
			all = append(all, results.Claim{Promise: c.Promise, Page: c.Page, Settings: c.Settings, Applies: t.has(c.Settings), Check: c.Check})
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

// spelledOut are the settings of a claim, and those that it takes for granted as far as
// others were chosen: whoever is told under what alone it is promised has to see these.
func (t Test) spelledOut(c cluster.Claim) map[string]string {
	for key := c.WeakenedBy(t.Target.Settings(), t.TargetSettings); key != ""; key = c.WeakenedBy(t.Target.Settings(), t.TargetSettings) {
		settings := map[string]string{key: t.byDefault(key)}
		maps.Copy(settings, c.Settings)
		c.Settings = settings
	}
	return c.Settings
}

// has says whether the target runs under all of these settings; what was not set
// has its default.
func (t Test) has(settings map[string]string) bool {
	for key, value := range settings {
		set, given := t.TargetSettings[key]
		if !given {
			set = t.byDefault(key)
		}
		if set != value {
			return false
		}
	}
	return true
}

func (t Test) byDefault(key string) string {
	for _, s := range t.Target.Settings() {
		if s.Key == key {
			return s.Default
		}
	}
	return ""
}
