package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/baseline"
	"github.com/assaykit/assay/results/junit"
	"github.com/assaykit/assay/results/summary"
)

// onGitHub says that what is printed is read by a runner of GitHub's, which obeys lines
// that begin with ::.
func onGitHub() bool { return os.Getenv("GITHUB_ACTIONS") == "true" }

// mute keeps the runner from obeying what a system under test has said.
func mute(out io.Writer) (unmute func(), err error) {
	if !onGitHub() {
		return func() {}, nil
	}
	return summary.Mute(out)
}

// publish tells a CI system how a run ended: as JUnit XML, as Markdown in the file that
// GITHUB_STEP_SUMMARY names, as other systems can set it too, and as annotations.
func publish(out io.Writer, o harness.Outcome, j *baseline.Judgement, failed error) error {
	in := summary.Input{Run: o.Run, Verdict: o.Verdict, Dir: o.Dir, Known: j, Error: failed, Again: again(o)}
	errs := []error{writeAccepted(o, j)}
	if path := os.Getenv("GITHUB_STEP_SUMMARY"); path != "" {
		errs = append(errs, appendTo(path, func(w io.Writer) error { return summary.Markdown(w, in) }))
	}
	if onGitHub() {
		errs = append(errs, summary.Annotate(out, in))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	return nil
}

// writeAccepted writes the run's JUnit XML again if there is a baseline: with the
// findings that are accepted a CI system need not fail.
func writeAccepted(o harness.Outcome, j *baseline.Judgement) error {
	if j == nil || o.Dir == "" {
		return nil
	}
	dir, err := results.Open(o.Dir)
	if err != nil {
		return err
	}
	return dir.Write(results.JUnitFile, func(w io.Writer) error { return junit.Write(w, o.Run, o.Verdict, j) })
}

func again(o harness.Outcome) []string {
	var all []string
	if o.Dir != "" {
		all = append(all, assay("check", o.Dir))
	}
	if repeat := o.Run.Repeat(); repeat != "" {
		all = append(all, repeat)
	}
	return all
}

func appendTo(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

// publishComparison puts a comparison onto the page of a CI job, as it is printed.
func publishComparison(comparison compared) error {
	path := os.Getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	var text strings.Builder
	if err := comparison.Text(printable{&text}); err != nil {
		return err
	}
	title := "✅ assay compare: no worse"
	if comparison.Regressed() {
		title = "❌ assay compare: worse"
	}
	return appendTo(path, func(w io.Writer) error { return summary.Text(w, title, text.String()) })
}
