package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/baseline"
)

const aboutAccept = `Accept notes in a file that findings of a run are known: what, where, why, and until
when. With --baseline and that file, 'assay test' and 'assay check' exit with 0 if
nothing else is wrong; the verdict stays invalid all the same. Once the day has passed,
or when anything else is found, they exit with 1 again.

A finding is accepted in runs of the same target and workload, under the same nemesis,
with the same settings: the same anomaly elsewhere is another problem. Edit the file to
accept more: leave out "nemesis" or "settings", or give a setting the value "*".

` + aboutRun

// acceptFlags are what 'assay accept' can be told.
type acceptFlags struct {
	results, file, reason, until string
	findings                     []string
}

func newAcceptCmd() *cobra.Command {
	f := &acceptFlags{}
	c := &cobra.Command{
		Use:   "accept RUN --reason WHY --until DAY",
		Short: "Accept findings of a run for a while, so that they do not hide new ones",
		Long:  aboutAccept,
		Example: `  assay accept latest --finding stale-read --reason "reads are serializable on purpose" --until 2027-01-31
  assay test etcd --set reads=serializable --baseline .assay-baseline.json`,
		Args:              between(1, 1),
		ValidArgsFunction: completeRun,
	}
	resultsFlag(c, &f.results)
	c.Flags().StringVar(&f.file, "file", baseline.DefaultFile, "file of accepted findings")
	c.Flags().StringArrayVar(&f.findings, "finding", nil, "`name` of what is accepted, such as stale-read; may be repeated (default all of the run)")
	c.Flags().StringVar(&f.reason, "reason", "", "why it can be lived with")
	c.Flags().StringVar(&f.until, "until", "", "last `day` on which it is accepted, such as 2027-01-31")
	c.RunE = func(c *cobra.Command, args []string) error { return f.run(c, args[0]) }
	return c
}

func (f *acceptFlags) run(c *cobra.Command, name string) error {
	until, err := f.check(time.Now())
	if err != nil {
		return err
	}
	path, err := findRun(name, f.results)
	if err != nil {
		return err
	}
	run, anomalies, err := findingsOf(path)
	if err != nil {
		return err
	}
	if anomalies, err = f.choose(anomalies, path); err != nil {
		return err
	}
	b, err := baseline.Open(f.file)
	if errors.Is(err, baseline.ErrInvalid) {
		return exit.Misuse("--file: %w", err)
	}
	if err != nil {
		return err
	}
	for _, anomaly := range anomalies {
		a := baseline.For(anomaly, run)
		a.Reason, a.Until, a.On, a.Run = f.reason, until, baseline.DateOf(time.Now()), path
		what := "accepted"
		if b.Accept(a) {
			what = "accepted anew"
		}
		fmt.Fprintf(printable{c.OutOrStdout()}, "%s until %s: %s of %s %s\n", what, until, anomaly, run.Target, run.Workload)
	}
	return b.Write(f.file)
}

// check rejects what would accept for no reason, for ever, or not at all.
func (f *acceptFlags) check(now time.Time) (baseline.Date, error) {
	if strings.TrimSpace(f.reason) == "" {
		return baseline.Date{}, exit.Misuse("--reason is missing: say why this can be lived with")
	}
	if f.until == "" {
		return baseline.Date{}, exit.Misuse("--until is missing: nothing is accepted for ever; name the last day, such as %s", now.AddDate(0, 3, 0).UTC().Format(time.DateOnly))
	}
	until, err := baseline.ParseDate(f.until)
	if err != nil {
		return until, exit.Misuse("--until %w", err)
	}
	if until.Before(baseline.DateOf(now).Time) {
		return until, exit.Misuse("--until %s: that day has passed", until)
	}
	return until, nil
}

// findingsOf is a run and the names of its findings.
func findingsOf(path string) (results.Run, []string, error) {
	dir, err := results.Open(path)
	if err != nil {
		return results.Run{}, nil, err
	}
	run, err := dir.ReadRun()
	if err != nil {
		return run, nil, err
	}
	verdict, err := dir.ReadVerdict()
	if errors.Is(err, fs.ErrNotExist) {
		return run, nil, fmt.Errorf("%w; '%s' judges the run first", err, assay("check", path))
	}
	var names []string
	for _, f := range verdict.Findings {
		if !slices.Contains(names, f.Anomaly) {
			names = append(names, f.Anomaly)
		}
	}
	return run, names, err
}

func (f *acceptFlags) choose(anomalies []string, path string) ([]string, error) {
	if len(anomalies) == 0 {
		return nil, exit.Misuse("%s has no findings; there is nothing to accept", path)
	}
	for _, name := range f.findings {
		if !slices.Contains(anomalies, name) {
			return nil, exit.Misuse("--finding: %s in %s", suggest.Unknown("finding", name, anomalies), path)
		}
	}
	if len(f.findings) > 0 {
		return f.findings, nil
	}
	return anomalies, nil
}
