package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/baseline"
	"github.com/assaykit/assay/results/report"
)

// conclude prints how a run ended, and tells a CI system. What it returns becomes the
// exit code.
func conclude(out io.Writer, o harness.Outcome, k *known, failed error) error {
	if failed != nil {
		if o.Verdict.Validity == checkers.Invalid { // found all the same, perhaps nowhere written
			failed = errors.Join(tell(out, o, k.judge(o)), failed)
		}
		leave(out, o.Dir)
		return errors.Join(failed, publish(out, o, nil, failed))
	}
	j := k.judge(o)
	if err := errors.Join(tell(out, o, j), publish(out, o, j, nil)); err != nil {
		return err
	}
	return exit.Judged(remaining(o, j))
}

// tell prints the verdict and what is accepted of it.
func tell(out io.Writer, o harness.Outcome, j *baseline.Judgement) error {
	unmute, err := mute(out)
	if err != nil {
		return err
	}
	defer unmute()
	fmt.Fprintln(out)
	in := report.Input{Run: o.Run, Verdict: o.Verdict, History: recorded(o.Dir), Dir: o.Dir}
	if err := report.Text(printable{out}, in); err != nil {
		return err
	}
	if o.Notice != "" {
		fmt.Fprintf(out, "note    %s\n", o.Notice)
	}
	tellKnown(out, o, j)
	return nil
}

// leave says what a run has left that could not be brought to its end.
func leave(out io.Writer, dir string) {
	switch h := recorded(dir); {
	case dir == "":
	case h == nil || len(h.Ops) == 0:
		fmt.Fprintf(out, "\nno operation was recorded; what else there is of the run is in %s\n", dir)
	default:
		fmt.Fprintf(out, "\nthe run did not come to its end; '%s' judges what was recorded\n", assay("check", dir))
	}
}

// recorded is the history of a run. Without one the verdict is told all the
// same, only without the operations behind it.
func recorded(path string) *history.History {
	dir, err := results.Open(path)
	if err != nil {
		return nil
	}
	h, _, err := history.Read(dir.HistoryPath())
	if err != nil {
		return nil
	}
	return h
}

// assay is a command line of this program, as one types it.
func assay(args ...string) string {
	return results.Command(append(invocation(), args...)...)
}
