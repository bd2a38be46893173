package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/series"
	"github.com/assaykit/assay/results/baseline"
)

// known is the baseline that a command was given, if it was given one.
type known struct {
	file     string
	baseline baseline.Baseline
}

func (k *known) declare(c *cobra.Command) {
	c.Flags().StringVar(&k.file, "baseline", "", "`file` of accepted findings, by 'assay accept'; a run with no others exits with 0")
}

// open reads the file before anything else happens: a run is too long to learn of a
// typing error at its end.
func (k *known) open() error {
	if k.file == "" {
		return nil
	}
	var err error
	k.baseline, err = baseline.Read(k.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return exit.Misuse("--baseline %s: there is no such file; 'assay accept' makes one", k.file)
	case errors.Is(err, baseline.ErrInvalid):
		return exit.Misuse("--baseline: %w", err)
	}
	return err
}

// judge holds a verdict against the baseline; nil if there is none.
func (k *known) judge(o harness.Outcome) *baseline.Judgement {
	if k.file == "" {
		return nil
	}
	j := k.baseline.Judge(o.Run, o.Verdict, time.Now())
	j.File = k.file
	return &j
}

// remaining is what decides the exit code.
func remaining(o harness.Outcome, j *baseline.Judgement) checkers.Validity {
	if j == nil {
		return o.Verdict.Validity
	}
	return j.Remaining
}

// grade is the gravest of a series, in which accepted findings do not count.
func (k *known) grade(sum series.Summary) series.Grade {
	if k.file == "" {
		return sum.Grade()
	}
	left := series.Summary{Results: slices.Clone(sum.Results)}
	for i := range left.Results {
		r := &left.Results[i]
		r.Outcome.Verdict.Validity = remaining(r.Outcome, k.judge(r.Outcome))
	}
	return left.Grade()
}

// tellKnown says what the baseline made of the verdict, and why the exit code is not the
// verdict's if it is not.
func tellKnown(out io.Writer, o harness.Outcome, j *baseline.Judgement) {
	if j == nil {
		return
	}
	lines := j.Lines()
	if len(lines) > 0 {
		fmt.Fprintf(out, "\nby %s\n", j.File)
	}
	for _, line := range lines {
		fmt.Fprintf(printable{out}, "  %s\n", line)
	}
	if j.Remaining != o.Verdict.Validity {
		fmt.Fprintf(printable{out}, "accepted: the verdict stays %s, the exit code is that of %s\n", o.Verdict.Validity, reasonOf(j))
	}
}

func reasonOf(j *baseline.Judgement) string {
	if j.Reason == "" {
		return j.Remaining.String()
	}
	return j.Remaining.String() + ": " + j.Reason
}
