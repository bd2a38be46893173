package main

import (
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/checkers/models"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/harness"
)

const aboutCheck = `Check judges the stored history of a run again, also of a run that was killed,
writes verdict and report anew, and ends with the verdict's exit code. It needs
neither the cluster nor the machine on which the run took place. It demands what
the run demanded, unless flags demand something else.

` + aboutRun + `

With --model it judges the history in a FILE, whoever has recorded it, and writes
nothing: Assay's own, Jepsen's as EDN or JSON, or the lines of its console log, also
compressed by zstd. 'assay list models' says what it can be a history of.

`

// checkFlags are what 'assay check' can be told.
type checkFlags struct {
	results string
	budget  time.Duration
	demands availability.Demands
	known   known
	file    fileFlags
}

func newCheckCmd() *cobra.Command {
	f := &checkFlags{}
	c := &cobra.Command{
		Use:   "check RUN|FILE",
		Short: "Judge the stored history of a run again, or a history from elsewhere",
		Long:  aboutCheck + exit.Table,
		Example: `  assay check latest
  assay check results/etcd-register/20260102T150405Z
  assay check history.edn --model register
  assay check history.edn --model list-append --expect snapshot-isolation`,
		Args:              cobra.MatchAll(between(1, 1), positive, f.fit),
		ValidArgsFunction: completeRun,
	}
	resultsFlag(c, &f.results)
	c.Flags().DurationVar(&f.budget, "budget", time.Minute, "how long the checkers may take")
	declareDemands(c.Flags(), &f.demands)
	f.known.declare(c)
	f.file.declare(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		limitGarbage(mostMemory)
		if err := f.known.open(); err != nil {
			return err
		}
		ctx, stop := watch(c.Context(), progress.Plain(c.ErrOrStderr()), "stopping the checkers")
		defer stop()
		if f.file.model != "" {
			return f.file.check(ctx, c, args[0], f)
		}
		path, err := findRun(args[0], f.results)
		if err != nil {
			return wantsModel(args[0], err)
		}
		outcome, err := harness.Recheck(ctx, path, f.budget, f.demands)
		return conclude(c.OutOrStdout(), outcome, &f.known, err)
	}
	return c
}

// mostMemory is what judging a history of a million operations stays below, and
// mostRendered what making its report does. With what the limit does not count, the
// program itself, that is less than 1 GiB, and 750 MiB.
const (
	mostMemory   = 960 << 20
	mostRendered = 700 << 20
)

// limitGarbage lets the collector run more often rather than let garbage grow past
// the limit, as it would do up to the size of what is in use. Whoever has set another
// limit by GOMEMLIMIT keeps it. What is in use may be more than the limit: the collector
// then takes half of the processor at most.
func limitGarbage(limit int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
}

// fit rejects flags of runs with a file, and the other way round: they would not
// be obeyed.
func (f *checkFlags) fit(c *cobra.Command, _ []string) error {
	ofRuns := []string{"min-availability", "min-availability-under-faults", "max-recovery", "max-latency", "baseline"}
	ofFiles := []string{"keyed", "failed-cas", "expect", "set", "json"}
	if f.file.model != "" {
		return without(c, ofRuns, "--%s is for runs: leave out --model")
	}
	return without(c, ofFiles, "--%s is for the history in a file: say what it is a history of, by --model")
}

func without(c *cobra.Command, flags []string, complaint string) error {
	for _, name := range flags {
		if c.Flags().Changed(name) {
			return exit.Misuse(complaint, name)
		}
	}
	return nil
}

func modelNames() []string {
	var names []string
	for _, m := range models.All() {
		names = append(names, m.Name)
	}
	return names
}
