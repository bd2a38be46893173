package runs

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/protocols/raft"
	"github.com/assaykit/assay/harness/sim"
	"github.com/assaykit/assay/harness/sim/hunt"
	"github.com/assaykit/assay/harness/sim/trace"
	"github.com/assaykit/assay/harness/targets/demo"
)

func plan(bug raft.Bug, workload, nemesis string, seed int64) sim.Plan {
	p := sim.Plan{
		Target: "demo", Workload: workload, Nemesis: nemesis, Seed: seed,
		Time: 5 * time.Second, Hold: 700 * time.Millisecond, Quiet: 300 * time.Millisecond,
	}
	if bug != "" {
		p.Settings = map[string]string{"bug": string(bug)}
	}
	return p
}

func run(t testing.TB, p sim.Plan, o sim.Options) *sim.Outcome {
	t.Helper()
	out, err := sim.Run(t.Context(), demo.New(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// figure8 is a run in which what an older leader left is committed by counting, which
// takes three leaders in a row.
func figure8(t *testing.T) sim.Plan {
	q, known := hunt.Find(string(raft.CommitPreviousTerm))
	if !known {
		t.Fatal("no such mistake")
	}
	found := q.Hunt(t.Context(), demo.New(), 1, 40, 1).Outcome
	if found == nil {
		t.Fatal("none of forty seeds fails")
	}
	return found.Plan
}

// A smaller run must be smaller, fail by the same, and be repeatable from its file.
func TestSmallerRuns(t *testing.T) {
	for _, p := range []sim.Plan{
		plan(raft.StaleReads, "register", "partition:leader", 1),
		plan(raft.EarlyAck, "set", "partition:leader", 1),
		plan(raft.NoFsync, "register", "kill:all", 1),
		figure8(t),
	} {
		t.Run(p.Settings["bug"], func(t *testing.T) {
			t.Parallel()
			failed := run(t, p, sim.Options{})
			// A busy machine needs more than the default.
			r, err := Shrink(t.Context(), demo.New(), failed, Options{Budget: 5 * time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %s, from %s, in %d tries and %s", r.Anomaly, r.After, r.Before, r.Tries, r.Took)
			if r.After.Operations > 12 || r.After.Faults > 3 {
				t.Errorf("there is still much to follow: %s", r.After)
			}
			if r.Anomaly != Anomaly(failed.Verdict) || r.Anomaly != Anomaly(r.Outcome.Verdict) {
				t.Errorf("%s before, %s said, %s after", Anomaly(failed.Verdict), r.Anomaly, Anomaly(r.Outcome.Verdict))
			}
			repeatable(t, r.Outcome)
			if err := r.Outcome.Trace.Verify(); err != nil {
				t.Error(err)
			}
			if at, ok := r.Outcome.Trace.Violated(); !ok || r.Outcome.Trace.Events[at-1].Kind != trace.Complete {
				t.Errorf("the violation is not where an operation ends: %d, %v", at, ok)
			}
		})
	}
}

func repeatable(t *testing.T, o *sim.Outcome) {
	t.Helper()
	var file bytes.Buffer
	if err := o.Plan.Write(&file); err != nil {
		t.Fatal(err)
	}
	p, err := sim.Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	again := run(t, p, sim.Options{Trace: true})
	Mark(again)
	if !bytes.Equal(traceText(t, again.Trace), traceText(t, o.Trace)) {
		t.Error("the plan in its file is another run")
	}
}

func traceText(t *testing.T, tr *trace.Trace) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tr.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Sketches are small, and their faults are some of the run's, at the nodes that there
// are.
func TestSketches(t *testing.T) {
	p := run(t, plan("", "register", "partition:leader,kill:one", 3), sim.Options{}).Explicit()
	chance := rand.New(rand.NewPCG(1, 1))
	seen := make(map[int]bool)
	for range 40 {
		s := sketch(p, 20, chance)
		some := faults(s)
		seen[len(some)] = true
		if s.Nodes != 3 || len(some) > 3 || len(some) > 0 && some[0].At > 300*time.Millisecond {
			t.Errorf("%d nodes, faults %v", s.Nodes, some)
		}
		for i, f := range some {
			if end := f.At + f.Hold; end > s.Time || i+1 < len(some) && some[i+1].At < end {
				t.Errorf("fault %d of %v, %s in all", i, some, s.Time)
			}
			for _, planned := range f.Faults {
				order := slices.Sorted(slices.Values(planned.Order))
				if !slices.Equal(order, []string{"n1", "n2", "n3"}) || planned.Family != "partition" && planned.Family != "kill" {
					t.Errorf("%+v", planned)
				}
			}
		}
		if done := len(run(t, s, sim.Options{}).Explicit().Operations); done < 5 || done > 40 {
			t.Errorf("%d operations of about 20", done)
		}
	}
	if len(seen) != 4 {
		t.Errorf("numbers of faults: %v", seen)
	}
}

func TestAValidRunIsNotMadeSmaller(t *testing.T) {
	valid := run(t, plan("", "register", "partition", 1), sim.Options{})
	if _, err := Shrink(t.Context(), demo.New(), valid, Options{}); !errors.Is(err, ErrNotFailing) {
		t.Error(err)
	}
}

// Without a budget the failing run itself is what there is.
func TestBudget(t *testing.T) {
	failed := run(t, plan(raft.StaleReads, "register", "partition:leader", 1), sim.Options{})
	r, err := Shrink(t.Context(), demo.New(), failed, Options{Budget: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Ended || r.Tries != 0 || r.After.Operations != r.Before.Operations {
		t.Errorf("%+v", r)
	}
}

// Faults written as steps and back are the same faults at the same moments.
func TestFaultsKeepTheirTimes(t *testing.T) {
	p := run(t, plan("", "register", "partition,kill,pause", 3), sim.Options{}).Explicit()
	all := faults(p)
	if len(all) < 3 {
		t.Fatalf("%d faults", len(all))
	}
	kept := faults(withFaults(p, []fault{all[0], all[2]}))
	if len(kept) != 2 || kept[0].At != all[0].At || kept[1].At != all[2].At || kept[1].Hold != all[2].Hold {
		t.Errorf("%v of %v", kept, all)
	}
	fewer := withNodes(p, 2)
	for _, f := range faults(fewer) {
		for _, planned := range f.Faults {
			if len(planned.Order) != 2 {
				t.Errorf("an order of 2 nodes: %v", planned.Order)
			}
		}
	}
}
