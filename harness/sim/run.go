package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/sim/trace"
	"github.com/assaykit/assay/harness/sim/virtual"
	"github.com/assaykit/assay/harness/sim/world"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/workloads"
)

// Options are what does not change how a run goes.
type Options struct {
	// Trace asks for everything that happens, message by message.
	Trace bool
	// Budget is how long the checkers may take, by the machine's clock; a minute.
	Budget time.Duration
	// Provenance holds what only the caller knows for run.json.
	Provenance results.Run
}

// Outcome is a run that happened.
type Outcome struct {
	Plan    Plan
	History *history.History
	Verdict checkers.Verdict
	// Trace is nil if it was not asked for.
	Trace *trace.Trace
	// Events is how many there were, Elapsed how much virtual time passed, and Sum a
	// hash of all that happened.
	Events  uint64
	Elapsed time.Duration
	Sum     uint64

	simulation *harness.Simulation
	journal    *journal
	strange    []world.Strange
}

// Run executes a plan and judges its history. An error means that there could be
// no run, or that it came to no end: no verdict. If the context ends, the load
// ends early but in order.
func Run(ctx context.Context, target world.Target, p Plan, o Options) (*Outcome, error) {
	s, err := prepare(target, p, o)
	if err != nil {
		return nil, err
	}
	if err := s.simulate(ctx); err != nil {
		return nil, fmt.Errorf("seed %d: %w", p.Seed, err)
	}
	out := s.outcome
	if out.Verdict, err = out.simulation.Judge(context.WithoutCancel(ctx)); err != nil {
		return nil, fmt.Errorf("seed %d: %w", p.Seed, err)
	}
	return out, nil
}

// simulation is a run that happens.
type simulation struct {
	plan    Plan
	test    harness.Test
	program world.Program
	time    *virtual.Time
	world   *world.World
	outcome *Outcome
	// recorded has, for each op of the history, how long the trace was before it and
	// when that was.
	recorded []mark
}

type mark struct {
	at     int
	moment time.Duration
}

func prepare(target world.Target, p Plan, o Options) (*simulation, error) {
	p = p.WithDefaults()
	workload, err := workloads.Find(p.Workload)
	if err != nil {
		return nil, err
	}
	faults, err := nemesis.Parse(p.Nemesis)
	if err != nil {
		return nil, err
	}
	s := &simulation{plan: p, time: virtual.New(), outcome: &Outcome{Plan: p, journal: &journal{}}}
	if o.Trace {
		s.outcome.Trace = newTrace(p)
	}
	s.test = harness.Test{
		Target: target, Workload: workload, Nemesis: faults, Start: s.start,
		Nodes: p.Nodes, Concurrency: p.Clients, Rate: p.Rate, Duration: p.Time,
		OpTimeout: p.OpTimeout, Hold: p.Hold, Quiet: p.Quiet, Fixed: p.Fixed, Overlap: p.Overlap, Settle: p.Settle,
		Budget: o.Budget, Seed: p.Seed, Demands: p.Demands,
		TargetSettings: p.Settings, WorkloadSettings: p.WorkloadSettings,
		Steps: p.Faults, Feed: s.feed, Final: s.final, Provenance: o.Provenance,
	}
	s.program, err = target.Program(cluster.Config{Nodes: p.Nodes, Settings: p.Settings, Seed: p.Seed, Workload: p.Workload})
	return s, err
}

// start implements cluster.Starter.
func (s *simulation) start(context.Context, cluster.Options) (cluster.Cluster, error) {
	s.world = world.New(world.Config{
		Time: s.time, Seed: s.plan.Seed, Nodes: s.plan.Nodes, Program: s.program, Weather: s.plan.Weather,
		Fated: s.plan.Messages != nil, Fates: fates(s.plan.Messages), Trace: s.outcome.Trace,
	})
	return s.world, nil
}

func fates(messages []world.Strange) map[world.Message]world.Fate {
	all := make(map[world.Message]world.Fate, len(messages))
	for _, m := range messages {
		all[m.Message] = m.Fate
	}
	return all
}

// simulate lets the run happen.
func (s *simulation) simulate(ctx context.Context) error {
	ctx = clock.With(ctx, s.time)
	var simulated *harness.Simulation
	var failed error
	stood := s.time.Run(func() { simulated, failed = harness.Simulate(ctx, s.test, s.recording) })
	if err := errors.Join(stood, failed); err != nil {
		return err
	}
	out := s.outcome
	out.simulation, out.History = simulated, simulated.History
	out.Events, out.Elapsed, out.Sum = s.time.Events(), s.time.Elapsed(), s.world.Sum()
	out.strange = s.world.Strange()
	s.mergeHistory()
	return nil
}

// Explicit is the plan with everything in it that was left to chance but for how
// long things took: the same run, to be changed piece by piece.
func (o *Outcome) Explicit() Plan {
	p := o.Plan
	if p.Faults == nil {
		p.Faults = o.simulation.Steps()
	}
	p.Operations, p.Final = o.journal.operations, o.journal.final
	if p.Messages == nil {
		p.Messages = append([]world.Strange{}, o.strange...)
	}
	return p
}

// Keep writes the run's directory, as that of any other run, with the explicit
// plan and, if there is one, the trace. The command line is the one that repeats
// the run.
func (o *Outcome) Keep(root string, commandLine []string) (harness.Outcome, error) {
	o.simulation.RepeatedBy(commandLine)
	return o.simulation.Keep(root, o.Verdict, o.files())
}

// KeepIn is Keep for a directory that is there and empty.
func (o *Outcome) KeepIn(dir *results.Dir, commandLine []string) (harness.Outcome, error) {
	o.simulation.RepeatedBy(commandLine)
	return o.simulation.KeepIn(dir, o.Verdict, o.files())
}

// files are those that a kept run has beside the files of any other.
func (o *Outcome) files() map[string]func(io.Writer) error {
	files := map[string]func(io.Writer) error{results.PlanFile: o.Explicit().Write}
	if o.Trace != nil {
		files[results.TraceFile] = o.Trace.Encode
	}
	return files
}
