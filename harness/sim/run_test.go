package sim_test

import (
	"bytes"
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/sim"
	"github.com/assaykit/assay/harness/sim/world"
	"github.com/assaykit/assay/harness/targets/demo"
)

// rough is a network on which everything happens now and then.
var rough = world.Weather{Loss: 0.02, Repeat: 0.02, Late: 0.02}

func plan(workload, nemesis string, seed int64) sim.Plan {
	return sim.Plan{
		Target: "demo", Workload: workload, Nemesis: nemesis, Seed: seed,
		Time: 5 * time.Second, Hold: 700 * time.Millisecond, Quiet: 300 * time.Millisecond, Weather: rough,
	}
}

func run(t testing.TB, p sim.Plan, o sim.Options) *sim.Outcome {
	t.Helper()
	out, err := sim.Run(context.Background(), demo.New(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// bytesOf is a history as it stands in a file.
func bytesOf(t *testing.T, o *sim.Outcome) []byte {
	t.Helper()
	var all []byte
	for i := range o.History.Ops {
		line, err := o.History.Ops[i].MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, line...), '\n')
	}
	return all
}

// traceOf is a trace as it stands in a file.
func traceOf(t *testing.T, o *sim.Outcome) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := o.Trace.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var cases = []struct{ workload, nemesis string }{
	{"register", "partition,kill,pause,corrupt"},
	{"queue", "packets,kill"},
	{"lock", "partition:leader,pause:leader"},
	{"lease", "clock,process:crash-loop+rolling+stop"},
	{"bank", "partition:one-way+flapping,kill:all"},
	{"messages", "partition,kill"},
}

func TestTheSameSeedIsTheSameRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, c := range cases {
		t.Run(c.workload, func(t *testing.T) {
			runtime.GOMAXPROCS(1)
			first := run(t, plan(c.workload, c.nemesis, 7), sim.Options{Trace: true})
			runtime.GOMAXPROCS(2)
			again := run(t, plan(c.workload, c.nemesis, 7), sim.Options{Trace: true})
			if !bytes.Equal(bytesOf(t, first), bytesOf(t, again)) {
				t.Error("two histories of one seed differ")
			}
			if !bytes.Equal(traceOf(t, first), traceOf(t, again)) {
				t.Error("two traces of one seed differ")
			}
			if first.Sum != again.Sum || first.Events != again.Events {
				t.Errorf("%d events with sum %x, then %d with sum %x", first.Events, first.Sum, again.Events, again.Sum)
			}
			if err := first.Trace.Verify(); err != nil {
				t.Errorf("trace: %v", err)
			}
			if first.Verdict.Validity != checkers.Valid {
				t.Errorf("%s: %s", first.Verdict.Validity, first.Verdict.Reason)
			}
			other := run(t, plan(c.workload, c.nemesis, 8), sim.Options{})
			if other.Sum == first.Sum {
				t.Error("another seed is the same run")
			}
		})
	}
}

func TestAnExplicitPlanIsTheSameRun(t *testing.T) {
	for _, c := range cases {
		t.Run(c.workload, func(t *testing.T) {
			first := run(t, plan(c.workload, c.nemesis, 3), sim.Options{})
			var file bytes.Buffer
			if err := first.Explicit().Write(&file); err != nil {
				t.Fatal(err)
			}
			p, err := sim.Read(&file)
			if err != nil {
				t.Fatal(err)
			}
			again := run(t, p, sim.Options{})
			if !bytes.Equal(bytesOf(t, first), bytesOf(t, again)) {
				t.Error("the plan that says everything is another run")
			}
			if len(p.Operations) == 0 || len(p.Faults) == 0 || len(p.Messages) == 0 {
				t.Errorf("it says %d operations, %d faults, %d messages", len(p.Operations), len(p.Faults), len(p.Messages))
			}
		})
	}
}
