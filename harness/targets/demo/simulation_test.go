package demo

import (
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/sim"
)

// What reads promise is set for simulated nodes as for processes: local reads behind a
// partition are stale, those that a majority confirms are not.
func TestSimulatedNodesReadAsTheyAreTold(t *testing.T) {
	for reads, want := range map[string]checkers.Validity{localReads: checkers.Invalid, linearizableReads: checkers.Valid} {
		t.Run(reads, func(t *testing.T) {
			out, err := sim.Run(t.Context(), New(), sim.Plan{
				Target: "demo", Workload: "register", Nemesis: "partition", Seed: 1,
				Time: 5 * time.Second, Hold: time.Second, Quiet: 300 * time.Millisecond,
				Settings: map[string]string{readsSetting: reads},
			}, sim.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if out.Verdict.Validity != want {
				t.Errorf("%s: %s", out.Verdict.Validity, out.Verdict.Reason)
			}
		})
	}
}

// Local reads are a mistake of their own: another one beside them is refused, by
// simulated nodes too.
func TestLocalReadsExcludeOtherMistakes(t *testing.T) {
	cfg := cluster.Config{Nodes: 3, Settings: map[string]string{readsSetting: localReads, bugSetting: "early-ack"}}
	if _, err := New().Program(cfg); err == nil {
		t.Error("a program with both")
	}
	if _, err := New().Nodes(cfg, paper{"n1", "n2", "n3"}); err == nil {
		t.Error("nodes with both")
	}
}
