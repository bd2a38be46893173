package targets_test

import (
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/workloads"
)

// Whatever a target claims can be put to the test: with a workload that it supports and
// settings that exist.
func TestClaimsCanBeTested(t *testing.T) {
	claimers := 0
	for _, target := range targets.All() {
		claimer, ok := target.(cluster.Claimer)
		if !ok {
			continue
		}
		claimers++
		for _, claim := range claimer.Claims() {
			t.Run(target.Name()+" "+claim.Workload+" "+claim.Promise, func(t *testing.T) { requireTestable(t, target, claim) })
		}
	}
	if claimers == 0 {
		t.Error("nothing is claimed of any target")
	}
}

func requireTestable(t *testing.T, target cluster.Target, claim cluster.Claim) {
	t.Helper()
	if claim.Promise == "" || claim.Page == "" {
		t.Errorf("%+v says not what is promised, or not where", claim)
	}
	w, err := workloads.Find(claim.Workload)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Supports(target.Prototype()); err != nil {
		t.Error(err)
	}
	requireChoices(t, target.Settings(), claim.Settings)
	requireChoices(t, w.Settings(), claim.Check)
	config := workloads.Config{Settings: claim.Check, Workers: 6, Duration: time.Second}
	if _, err := w.Checker(config); err != nil {
		t.Error(err)
	}
	for _, faults := range slices.Concat(claim.Under, claim.Except) {
		if _, err := nemesis.Parse(faults); err != nil {
			t.Error(err)
		}
	}
}

func TestTradesAreSettings(t *testing.T) {
	for _, target := range targets.All() {
		trader, ok := target.(cluster.Trader)
		if !ok {
			continue
		}
		for _, trade := range trader.Trades() {
			if len(trade.Values) < 2 || trade.For == "" {
				t.Errorf("%s %s: there is nothing to choose", target.Name(), trade.Setting)
			}
			for _, value := range trade.Values {
				requireChoices(t, target.Settings(), map[string]string{trade.Setting: value})
			}
			requireChoices(t, target.Settings(), trade.Settings)
		}
	}
}

func requireChoices(t *testing.T, known []cluster.Setting, chosen map[string]string) {
	t.Helper()
	for key, value := range chosen {
		at := slices.IndexFunc(known, func(s cluster.Setting) bool { return s.Key == key })
		if at < 0 {
			t.Errorf("there is no setting %s", key)
			continue
		}
		choices := known[at].Choices
		if len(choices) > 0 && !slices.ContainsFunc(choices, func(c cluster.Choice) bool { return c.Value == value }) {
			t.Errorf("%s cannot be %s", key, value)
		}
	}
}
