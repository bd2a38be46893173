package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/sim"
	"github.com/assaykit/assay/harness/sim/shrink/runs"
	"github.com/assaykit/assay/harness/sim/world"
	"github.com/assaykit/assay/results"
)

// shrinkFlags say whether a failing run is made smaller, and what that may cost.
type shrinkFlags struct {
	not    bool
	budget time.Duration
}

func (f *shrinkFlags) declare(flags *pflag.FlagSet) {
	flags.BoolVar(&f.not, "no-shrink", false, "do not look for a smaller run that fails like the first failing one")
	flags.DurationVar(&f.budget, "shrink-budget", 30*time.Second, "how long to look for a smaller run, by the machine's clock")
}

// shrinkFirst looks for a smaller run that fails as one that was kept does, keeps it
// inside of that one's directory, and shows it in that one's report.
func (f *shrinkFlags) shrinkFirst(ctx context.Context, out io.Writer, target world.Target, failed *sim.Outcome, kept harness.Outcome) error {
	if f.not || failed == nil || failed.Verdict.Validity != checkers.Invalid {
		return nil
	}
	r, err := runs.Shrink(ctx, target, failed, runs.Options{Budget: f.budget})
	if err != nil {
		return fmt.Errorf("make the run of seed %d smaller: %w", failed.Plan.Seed, err)
	}
	dir, err := keepShrunk(r, kept.Dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nthe same anomaly, %s, in a smaller run: %s instead of %s (runs tried: %d, in %s%s)\n",
		r.Anomaly, r.After, r.Before, r.Tries, r.Took.Round(time.Millisecond), unfinished(r))
	fmt.Fprintf(out, "  %s\n  %s\n", dir+"/"+results.ReportFile, assay("sim", "replay", dir, "--step"))
	return nil
}

func unfinished(r *runs.Result) string {
	if r.Ended {
		return ", where the budget ended: --shrink-budget"
	}
	return ""
}

func keepShrunk(r *runs.Result, parent string) (string, error) {
	dir, err := results.Open(parent)
	if err != nil {
		return "", err
	}
	shrunk, err := dir.CreateShrunk()
	if err != nil {
		return "", err
	}
	line := append(invocation(), "sim", "replay", shrunk.Path())
	if _, err := r.Outcome.KeepIn(shrunk, line); err != nil {
		return "", err
	}
	_, err = harness.Rerender(parent)
	return shrunk.Path(), err
}

// column is how small a failing run can be made, as a column of a table; empty if that
// is not asked for.
func (f *shrinkFlags) column(ctx context.Context, target world.Target, failed *sim.Outcome) string {
	if f.not {
		return ""
	}
	if failed == nil {
		return " | "
	}
	r, err := runs.Shrink(ctx, target, failed, runs.Options{Budget: f.budget})
	if err != nil {
		return err.Error() + " | "
	}
	return fmt.Sprintf("%s: %s (from %s, in %s) | ", r.Anomaly, r.After,
		checkers.Count(r.Before.Operations, "operation"), r.Took.Round(10*time.Millisecond))
}
