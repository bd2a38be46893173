package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/results"
)

const aboutRun = `RUN is a run's directory, any file in it, or "latest".`

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
		limitGarbage(mostRendered)
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
	case errors.Is(err, fs.ErrNotExist):
		return "", exit.Misuse("%w; name a run's directory, a file in it, or \"latest\"", err)
	}
	return "", exit.Misuse("%w", err)
}
