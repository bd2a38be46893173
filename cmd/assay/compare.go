package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/results/certificate"
	"github.com/assaykit/assay/results/compare"
)

const aboutCompare = `Compare says what got worse from OLD to NEW: promises that are broken now, anomalies
that were not found before, throughput and latency. Each is a run, or a directory with
several runs, such as those of several seeds, whose scenarios are compared one by one.
Two certificates are compared claim by claim.

A promise that is broken and was not seen broken before is always worse. Figures differ
from run to run anyway: one is worse only if it is so by a share that somebody would
care about, and if chance does not explain it. One run knows little of how much runs
differ; several on each side know it. Figures of runs under different load, on other
machines or under other faults are shown, and not judged.

Exit codes:
  0    nothing got worse
  1    a regression: something got worse, and it is listed
  3    no run of OLD or of NEW has a verdict
  4    usage: wrong arguments`

// compareFlags are what 'assay compare' can be told.
type compareFlags struct {
	results                   string
	options                   compare.Options
	minLatency, minThroughput percentage
	json                      bool
}

func newCompareCmd() *cobra.Command {
	f := &compareFlags{minLatency: 0.25, minThroughput: 0.10}
	c := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "Say what got worse from some runs to others",
		Long:  aboutCompare,
		Example: `  assay compare results/etcd-register/20260102T150405Z latest
  assay compare results-of-main results-of-this-branch
  assay compare OLD NEW --json > comparison.json`,
		Args:              cobra.MatchAll(between(2, 2), positive),
		ValidArgsFunction: completeRuns,
	}
	resultsFlag(c, &f.results)
	c.Flags().Float64Var(&f.options.Alpha, "alpha", 0.05, "probability of a false alarm among all figures together, below 0.5")
	c.Flags().Var(&f.minLatency, "min-latency-change", "the least growth of a latency that counts")
	c.Flags().Var(&f.minThroughput, "min-throughput-change", "the least loss of throughput that counts")
	c.Flags().BoolVar(&f.json, "json", false, "print the comparison as JSON")
	c.RunE = func(c *cobra.Command, args []string) error { return f.run(c, args) }
	return c
}

func (f *compareFlags) run(c *cobra.Command, args []string) error {
	if f.options.Alpha >= 0.5 {
		return exit.Misuse("--alpha %g: has to be a probability below 0.5, such as 0.05", f.options.Alpha)
	}
	f.options.MinLatency, f.options.MinThroughput = float64(f.minLatency), float64(f.minThroughput)
	limitGarbage(mostMemory)
	if isCertificate(args[0]) || isCertificate(args[1]) {
		return f.certificates(c, args[0], args[1])
	}
	old, err := f.load(args[0])
	if err != nil {
		return err
	}
	new, err := f.load(args[1])
	if err != nil {
		return err
	}
	comparison, err := compare.Compare(old, new, f.options)
	if err != nil {
		return exit.Misuse("compare: %w", err)
	}
	return f.conclude(c, comparison)
}

// certificates compares two certificates with each other.
func (f *compareFlags) certificates(c *cobra.Command, old, new string) error {
	for _, path := range []string{old, new} {
		if !isCertificate(path) {
			return exit.Misuse("%s is no certificate, and the other one is: compare two of a kind", path)
		}
	}
	comparison, err := compare.CompareCertificates(old, new)
	if err != nil {
		return exit.Misuse("compare: %w", err)
	}
	return f.conclude(c, comparison)
}

// isCertificate says that a path is a certificate's file or its folder.
func isCertificate(path string) bool {
	if filepath.Base(path) == certificate.JSONFile {
		return true
	}
	_, err := os.Stat(filepath.Join(path, certificate.JSONFile))
	return err == nil
}

// compared is a comparison of either kind.
type compared interface {
	Text(w io.Writer) error
	Regressed() bool
}

// conclude prints a comparison, also onto the page of a CI job. What it returns becomes
// the exit code.
func (f *compareFlags) conclude(c *cobra.Command, comparison compared) error {
	if err := errors.Join(f.print(c, comparison), publishComparison(comparison)); err != nil {
		return err
	}
	if comparison.Regressed() {
		return exit.As(exit.Invalid)
	}
	return nil
}

// load finds a side. That it does not exist is a usage error; that none of its runs was
// judged is not.
func (f *compareFlags) load(name string) (compare.Side, error) {
	path := name
	if _, err := os.Lstat(name); name == "latest" && err != nil {
		path = filepath.Join(f.results, name)
	}
	side, err := compare.Load(path)
	if err != nil && !errors.Is(err, compare.ErrUnjudged) {
		return side, exit.Misuse("%w", err)
	}
	return side, err
}

func (f *compareFlags) print(c *cobra.Command, comparison compared) error {
	if !f.json {
		unmute, err := mute(c.OutOrStdout())
		if err != nil {
			return err
		}
		defer unmute()
		return comparison.Text(printable{c.OutOrStdout()})
	}
	encoder := json.NewEncoder(c.OutOrStdout())
	encoder.SetIndent("", "  ")
	return encoder.Encode(comparison)
}

func completeRuns(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return completeRun(c, nil, typed)
}
