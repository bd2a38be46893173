package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/cmd/assay/internal/step"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/sim"
	"github.com/assaykit/assay/harness/sim/shrink/runs"
	"github.com/assaykit/assay/harness/sim/trace"
	"github.com/assaykit/assay/harness/sim/world"
	"github.com/assaykit/assay/results"
)

// replayFlags are the flags of 'assay sim replay'.
type replayFlags struct {
	results string
	step    bool
	trace   string
	budget  time.Duration
}

func newReplayCmd() *cobra.Command {
	var f replayFlags
	c := &cobra.Command{
		Use:   "replay RUN|FILE",
		Short: "Repeat a simulated run from its plan, byte for byte, or event by event",
		Long: `Replay repeats a simulated run from the plan that was kept with it, and compares
the history with the stored one: they are the same, byte for byte, or it is an
error. It ends with the verdict's exit code and writes nothing, unless told to.

` + aboutRun + `
FILE is a plan, also one that was edited, or, for --step, a trace.

--step goes through the run event by event: Enter for the next one, a number for
so many, o to the next operation, v to the violation, s for the state, q to leave. It reads its orders
from standard input, one a line.

` + exit.Table,
		Example: `  assay sim replay latest
  assay sim replay results/demo-register/20260102T150405Z/shrunk --step
  assay sim replay plan.json --trace trace.txt`,
		Args:              between(1, 1),
		ValidArgsFunction: completeRun,
	}
	resultsFlag(c, &f.results)
	c.Flags().BoolVar(&f.step, "step", false, "go through it event by event")
	c.Flags().StringVar(&f.trace, "trace", "", "write what happened between the nodes to this file")
	c.Flags().DurationVar(&f.budget, "budget", time.Minute, "how long the checkers may take")
	c.RunE = func(c *cobra.Command, args []string) error {
		ctx, stop := watch(c.Context(), progress.Plain(c.ErrOrStderr()), "stopping the simulation")
		defer stop()
		return f.run(ctx, c, args[0])
	}
	return c
}

func (f *replayFlags) run(ctx context.Context, c *cobra.Command, name string) error {
	if f.step {
		if t, ok, err := traceIn(name); ok {
			if err != nil {
				return err
			}
			return step.Through(t, c.InOrStdin(), printable{c.OutOrStdout()})
		}
	}
	plan, stored, err := f.find(name)
	if err != nil {
		return err
	}
	o, err := f.repeat(ctx, plan)
	if err != nil {
		return err
	}
	return f.tell(c, o, stored)
}

// traceIn is the trace in a file, if that is what it is.
func traceIn(name string) (*trace.Trace, bool, error) {
	data, err := os.ReadFile(name)
	if err != nil || !bytes.HasPrefix(data, []byte("assay trace ")) {
		return nil, false, nil
	}
	t, err := trace.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, true, exit.Misuse("%s: %w", name, err)
	}
	return t, true, nil
}

// find is the plan that was named, and the directory of its run, "" for a plan
// without one.
func (f *replayFlags) find(name string) (sim.Plan, string, error) {
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() && filepath.Base(name) != results.RunFile {
		plan, err := readPlan(name)
		return plan, "", err
	}
	run, err := findRun(name, f.results)
	if err != nil {
		return sim.Plan{}, "", err
	}
	plan, err := readPlan(filepath.Join(run, results.PlanFile))
	if errors.Is(err, fs.ErrNotExist) {
		return plan, "", exit.Misuse("%s has no %s: only simulated runs can be replayed; '%s' judges its history again", run, results.PlanFile, assay("check", run))
	}
	return plan, run, err
}

func readPlan(path string) (sim.Plan, error) {
	file, err := os.Open(path)
	if err != nil {
		return sim.Plan{}, err
	}
	defer file.Close()
	plan, err := sim.Read(file)
	if err != nil {
		return plan, exit.Misuse("%s: %w", path, err)
	}
	return plan, nil
}

func (f *replayFlags) repeat(ctx context.Context, plan sim.Plan) (*sim.Outcome, error) {
	target, err := findSimulated(plan.Target)
	if err == nil {
		err = usable(plan, target)
	}
	if err != nil {
		return nil, err
	}
	o, err := sim.Run(ctx, target, plan, sim.Options{Trace: f.step || f.trace != "", Budget: f.budget})
	if err != nil {
		return nil, err
	}
	runs.Mark(o)
	return o, nil
}

// usable says what of a plan, which may have been edited, cannot be.
func usable(plan sim.Plan, target world.Target) error {
	if _, err := findWorkload(plan.Workload, target); err != nil {
		return err
	}
	if _, err := parseNemesis(plan.WithDefaults().Nemesis); err != nil {
		return err
	}
	if plan.Nodes < 0 || plan.Clients < 0 || plan.Time < 0 || plan.Rate < 0 {
		return exit.Misuse("the plan has less than no nodes, clients, time or rate")
	}
	return nil
}

// tell compares with what is stored, and says how the run ended.
func (f *replayFlags) tell(c *cobra.Command, o *sim.Outcome, stored string) error {
	out := printable{c.OutOrStdout()}
	if f.trace != "" {
		if err := writeTrace(f.trace, o.Trace); err != nil {
			return err
		}
	}
	if stored != "" {
		if err := sameHistory(o.History, stored); err != nil {
			return err
		}
		fmt.Fprintf(out, "the same history, byte for byte: %s\n", checkers.Count(len(o.History.Ops), "line"))
	}
	fmt.Fprintf(out, "%s  %s\n%s\n", o.Verdict.Validity, o.Verdict.Reason, runs.SizeOf(o))
	if f.step {
		if err := step.Through(o.Trace, c.InOrStdin(), out); err != nil {
			return err
		}
	}
	return exit.Judged(o.Verdict.Validity)
}

// writeTrace writes a file of its own; one that is there is replaced.
func writeTrace(path string, t *trace.Trace) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(t.Encode(file), file.Close())
}

// sameHistory says where a history differs from the stored one.
func sameHistory(h *history.History, run string) error {
	dir, err := results.Open(run)
	if err != nil {
		return err
	}
	stored, _, err := history.Read(dir.HistoryPath())
	if err != nil {
		return err
	}
	for i := range max(len(h.Ops), len(stored.Ops)) {
		now, before := lineOf(h, i), lineOf(stored, i)
		if now != before {
			return fmt.Errorf("the replay is another run, from line %d of the history on:\n  stored %s\n  now    %s\nthe program that made it was another one, or is not deterministic", i+1, before, now)
		}
	}
	return nil
}

func lineOf(h *history.History, i int) string {
	if i >= len(h.Ops) {
		return "(nothing)"
	}
	line, err := h.Ops[i].MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return string(line)
}
