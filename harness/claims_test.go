package harness

import (
	"fmt"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// vendor claims two things of registers, one of them under settings only.
type vendor struct{ cluster.Target }

func (vendor) Settings() []cluster.Setting {
	return []cluster.Setting{{Key: "reads", Default: "fast"}, {Key: "sync", Default: "always", Choices: []cluster.Choice{{Value: "twice", Harmless: true}}}, {Key: "version", Default: "2", Harmless: true}}
}

func (vendor) Claims() []cluster.Claim {
	return []cluster.Claim{
		{Workload: "register", Promise: "eventual", Page: "https://example.com/a"},
		{Workload: "register", Promise: "linearizable", Page: "https://example.com/b", Settings: map[string]string{"reads": "slow", "sync": "always"}},
		{Workload: "register", Promise: "atomic", Page: "https://example.com/d", Alone: true},
		{Workload: "queue", Promise: "exactly once", Page: "https://example.com/c"},
	}
}

func TestClaimsAreThoseOfTheWorkloadAndSayWhetherTheyApply(t *testing.T) {
	for _, c := range []struct {
		nodes    int
		settings map[string]string
		want     string
	}{
		{3, nil, "eventual true, linearizable false, "},
		{1, nil, "eventual true, atomic true, linearizable false, "},
		{3, map[string]string{"reads": "fast", "version": "1"}, "eventual true, linearizable false, "},
		{3, map[string]string{"reads": "slow", "version": "1"}, "linearizable true, eventual false, "},
		{3, map[string]string{"sync": "twice"}, "eventual true, linearizable false, "},
		// What a claim does not name has to have its default, or a value that is harmless.
		{3, map[string]string{"reads": "slow", "sync": "never"}, "eventual false, linearizable false, "},
	} {
		got := ""
		for _, claim := range (Test{Target: vendor{}, Workload: workloads.NewRegister(), Nodes: c.nodes, TargetSettings: c.settings}).claims() {
			got += fmt.Sprint(claim.Promise, " ", claim.Applies, ", ")
		}
		if got != c.want {
			t.Errorf("%v: %s, want %s", c.settings, got, c.want)
		}
	}
}

// A report says under what alone a claim is made that does not apply.
func TestAClaimThatDoesNotApplySaysUnderWhatItIsMade(t *testing.T) {
	for _, c := range []struct {
		chosen map[string]string
		want   string
	}{
		{nil, "eventual map[], linearizable map[reads:slow sync:always], "},
		{map[string]string{"reads": "slow"}, "linearizable map[reads:slow sync:always], eventual map[reads:fast], "},
		{map[string]string{"reads": "slow", "sync": "never"}, "eventual map[reads:fast sync:always], linearizable map[reads:slow sync:always], "},
	} {
		got := ""
		for _, claim := range (Test{Target: vendor{}, Workload: workloads.NewRegister(), Nodes: 3, TargetSettings: c.chosen}).claims() {
			got += fmt.Sprint(claim.Promise, " ", claim.Settings, ", ")
		}
		if got != c.want {
			t.Errorf("%v: %s, want %s", c.chosen, got, c.want)
		}
	}
}

func TestWhoeverClaimsNothingIsTakenAtTheWorkloadsWord(t *testing.T) {
	silent := Test{Target: struct{ cluster.Target }{}, Workload: workloads.NewRegister()}
	if claims := silent.claims(); claims != nil {
		t.Errorf("claims %v", claims)
	}
}
