package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/results"
)

const aboutRun = `RUN is a run's directory, any file in it, or "latest".`

func newCheckCmd() *cobra.Command {
	var folder string
	var budget time.Duration
	var demands availability.Demands
	c := &cobra.Command{
		Use:   "check RUN",
		Short: "Judge the stored history of a run again",
		Long: `Check judges the stored history of a run again, also of a run that was killed,
writes verdict and report anew, and ends with the verdict's exit code. It needs
neither the cluster nor the machine on which the run took place. It demands what
the run demanded, unless flags demand something else.

` + aboutRun + "\n\n" + exit.Table,
		Example: `  assay check latest
  assay check results/etcd-register/20260102T150405Z`,
		Args:              cobra.MatchAll(between(1, 1), positive),
		ValidArgsFunction: completeRun,
	}
	resultsFlag(c, &folder)
	c.Flags().DurationVar(&budget, "budget", time.Minute, "how long the checkers may take")
	declareDemands(c.Flags(), &demands)
	c.RunE = func(c *cobra.Command, args []string) error {
		path, err := findRun(args[0], folder)
		if err != nil {
			return err
		}
		ctx, stop := watch(c.Context(), progress.Plain(c.ErrOrStderr()), "stopping the checkers")
		defer stop()
		outcome, err := harness.Recheck(ctx, path, budget, demands)
		return conclude(c.OutOrStdout(), outcome, err)
	}
	return c
}

func newReportCmd() *cobra.Command {
	var folder string
	c := &cobra.Command{
		Use:   "report RUN",
		Short: "Write the report of a stored run again",
		Long: `Report writes the report of a stored run again, with the verdict that it has. It
judges nothing and its exit code is 0 whatever the verdict; 'assay check' judges.

` + aboutRun,
		Example:           "  assay report latest",
		Args:              between(1, 1),
		ValidArgsFunction: completeRun,
	}
	resultsFlag(c, &folder)
	c.RunE = func(c *cobra.Command, args []string) error {
		path, err := findRun(args[0], folder)
		if err != nil {
			return err
		}
		outcome, err := harness.Rerender(path)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w; '%s' judges the run first", err, assay("check", path))
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.OutOrStdout(), filepath.Join(outcome.Dir, results.ReportFile))
		return err
	}
	return c
}

func resultsFlag(c *cobra.Command, folder *string) {
	c.Flags().StringVar(folder, "results", "results", "directory for the runs")
}

// findRun is the path of a run that was named by its directory, by a file in it
// or as the latest. That it cannot be found is a usage error.
func findRun(name, folder string) (string, error) {
	path := name
	if _, err := os.Lstat(name); name == "latest" && err != nil {
		path = filepath.Join(folder, name)
	}
	dir, err := results.Open(path)
	switch {
	case err == nil:
		return dir.Path(), nil
	case name == "latest" && errors.Is(err, fs.ErrNotExist):
		return "", exit.Misuse("there is no run in %s; make one with '%s', or name its directory", folder, assay("test"))
	}
	return "", exit.Misuse("%w", err)
}
