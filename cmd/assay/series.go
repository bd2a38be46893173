package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/series"
)

// seriesFlags ask for more runs than one.
type seriesFlags struct {
	seeds        string
	repeat       int
	untilFailure bool
	budget       time.Duration
}

func (f *seriesFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&f.seeds, "seeds", "", "several runs, one for each seed, as in 1..20 or 3,5,8")
	flags.IntVar(&f.repeat, "repeat", 1, "how often to run with each seed")
	flags.BoolVar(&f.untilFailure, "until-failure", false, "run until a run is invalid or cannot take place; without --seeds and --repeat with ever new seeds")
	flags.DurationVar(&f.budget, "budget", 0, "run for as long as another run fits in; without --seeds and --repeat with ever new seeds (default one run)")
}

// ofSeries are the flags that are no part of the command that repeats one run.
var ofSeries = []string{"seeds", "repeat", "until-failure", "budget"}

// asked says whether there are to be several runs.
func (f *seriesFlags) asked(flags *pflag.FlagSet) bool {
	for _, name := range ofSeries {
		if flags.Changed(name) {
			return true
		}
	}
	return false
}

// of makes the series; first is its first seed where none are named.
func (f *seriesFlags) of(flags *pflag.FlagSet, first int64, expected time.Duration) (series.Series, error) {
	s := series.Series{First: first, UntilFailure: f.untilFailure, Budget: f.budget, Expected: expected}
	if flags.Changed("repeat") {
		s.Repeat = f.repeat
	}
	if f.seeds == "" {
		return s, nil
	}
	if flags.Changed("seed") {
		return s, exit.Misuse("--seeds %s names the seeds; leave out --seed", f.seeds)
	}
	seeds, err := parseSeeds(f.seeds)
	if err != nil {
		return s, exit.Misuse("--seeds %s: %w", f.seeds, err)
	}
	s.Seeds = seeds
	return s, nil
}

// runSeries runs the test several times and tells of each run, of those that are not
// valid in full.
func (f *testFlags) runSeries(ctx context.Context, c *cobra.Command, test harness.Test, several series.Series, display *progress.Display) error {
	out := c.OutOrStdout()
	run := func(ctx context.Context, seed int64) (harness.Outcome, error) {
		fmt.Fprintf(out, "seed %d\n", seed)
		test.Seed = seed
		test.Provenance.CommandLine = commandLine(c.Flags(), test, test.Provenance.Runtime)
		outcome, err := harness.Run(ctx, test)
		display.Close()
		return outcome, explained(ctx, err)
	}
	each := func(r series.Result) { tellResult(out, r, &f.known) }
	sum := several.Run(ctx, run, each)
	if err := tellSummary(out, sum); err != nil {
		return err
	}
	return exit.As(gradeCode(f.known.grade(sum)))
}

func tellResult(out io.Writer, r series.Result, k *known) {
	if r.Grade() == series.Valid {
		fmt.Fprintf(out, "valid after %s: %s\n", r.Took.Round(time.Second), r.Outcome.Verdict.Reason)
		if err := publish(out, r.Outcome, k.judge(r.Outcome), nil); err != nil {
			fmt.Fprintln(out, exit.Message(err))
		}
		return
	}
	err := conclude(out, r.Outcome, k, r.Err)
	if message := exit.Message(err); message != "" {
		fmt.Fprintln(out, message)
	}
	fmt.Fprintln(out)
}

// tellSummary lists all runs, so that none is forgotten over the others.
func tellSummary(out io.Writer, sum series.Summary) error {
	fmt.Fprintln(out)
	lines := [][]string{{"seed", "result", "took", "found", "directory"}}
	for _, r := range sum.Results {
		lines = append(lines, []string{fmt.Sprint(r.Seed), r.Grade().String(), r.Took.Round(time.Second).String(),
			strings.Join(r.Anomalies(), ", "), r.Outcome.Dir})
	}
	if err := table(out, lines); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s  %s: %s; %s\n", strings.ToUpper(sum.Grade().String()), checkers.Count(len(sum.Results), "run"), counts(sum), sum.End)
	return err
}

// counts is "1 invalid, 19 valid", the gravest first.
func counts(sum series.Summary) string {
	var parts []string
	for g := series.Invalid; g >= series.Valid; g-- {
		if n := sum.Count(g); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, g))
		}
	}
	if len(parts) == 0 {
		return "nothing was tried"
	}
	return strings.Join(parts, ", ")
}

func gradeCode(g series.Grade) int {
	switch g {
	case series.Invalid:
		return exit.Invalid
	case series.Infrastructure:
		return exit.Infrastructure
	case series.Valid:
		return exit.Valid
	}
	return exit.Unknown
}
