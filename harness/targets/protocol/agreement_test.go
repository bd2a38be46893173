package protocol

import (
	"context"
	"iter"
	"maps"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/sim"
	"github.com/assaykit/assay/harness/sim/world"
)

// rare are the mistakes that need more than few seeds, and unseen the ones that no
// client of a cluster can notice: exploration finds them by what else there is.
var (
	rare   = map[string]int64{"paxos accept-any": 400}
	unseen = map[string]bool{"lease-lock no-fencing": true}
)

// few is how many seeds show most mistakes: nearly all of them with the first.
const few = 30

// TestSimulationAgreesWithExploration: what exploration calls correct is valid in every
// simulated run, and each mistake that it finds a shortest way to (see the tests of
// harness/protocols) shows in one of a few.
func TestSimulationAgreesWithExploration(t *testing.T) {
	for _, target := range All() {
		for bug := range mistakesOf(target) {
			t.Run(target.Name()+" "+bug, func(t *testing.T) {
				t.Parallel()
				name := target.Name() + " " + bug
				correct := bug == "none"
				seeds := max(few, rare[name])
				if given, err := strconv.ParseInt(os.Getenv("ASSAY_SEEDS"), 10, 64); err == nil {
					if seeds = min(seeds, given); !correct && seeds < few {
						t.Skipf("%d seeds are too few to find a mistake for certain", seeds)
					}
				}
				found := simulate(t, target, bug, seeds, !correct)
				if want := !correct && !unseen[name]; (found > 0) != want {
					t.Errorf("invalid with seed %d of %d, want %v", found, seeds, want)
				}
			})
		}
	}
}

// mistakesOf are the values of a target's setting of bug, "none" among them.
func mistakesOf(target cluster.Target) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, s := range target.Settings() {
			for _, choice := range s.Choices {
				if s.Key == "bug" && !yield(choice.Value) {
					return
				}
			}
		}
	}
}

// simulate returns the first seed of an invalid run, or 0, and fails the test if a run has
// no verdict.
func simulate(t *testing.T, target cluster.Target, bug string, seeds int64, untilFound bool) (found int64) {
	t.Helper()
	workload := workloadOf(target)
	restrictions := maps.Clone(target.(cluster.Restricted).Restrictions(workload))
	campaign := sim.Campaign{Target: target.(world.Target), Plan: func(seed int64) sim.Plan {
		return sim.Plan{
			Target: target.Name(), Workload: workload, WorkloadSettings: restrictions,
			Settings: map[string]string{"bug": bug}, Seed: seed, Nodes: nodesOf(target),
			Time: 5 * time.Second, Hold: 800 * time.Millisecond, Quiet: 500 * time.Millisecond,
			Nemesis: nemesisOf(target), Weather: sim.WeatherOf(seed),
		}
	}}
	valid := int64(0)
	campaign.Run(context.Background(), upTo(seeds), func(r sim.Result) bool {
		if r.Err != nil {
			t.Errorf("seed %d: %v", r.Seed, r.Err)
		}
		if r.Validity() == checkers.Valid {
			valid++
		}
		if r.Validity() == checkers.Invalid && found == 0 {
			found = r.Seed
			t.Logf("seed %d: %s", found, r.Outcome.Verdict.Reason)
		}
		return found == 0 || !untilFound
	})
	if !untilFound && valid < seeds/2 {
		t.Errorf("only %d of %d runs are valid: the others prove nothing", valid, seeds)
	}
	return found
}

func upTo(seeds int64) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for seed := int64(1); seed <= seeds && yield(seed); seed++ {
		}
	}
}

func workloadOf(target cluster.Target) string {
	return map[string]string{"Register": "register", "Consensus": "consensus", "Queue": "queue", "Lease": "lock", "Lock": "lock"}[target.(Target).protocol.Service.Types[0]]
}

// nemesisOf leaves out partitions where there is one node.
func nemesisOf(target cluster.Target) string {
	if nodesOf(target) == 1 {
		return "kill,pause,clock"
	}
	return "partition,kill,pause,packets,clock"
}
