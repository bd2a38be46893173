package main

import (
	"fmt"
	"io"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/report"
)

// conclude prints how a run ended. What it returns becomes the exit code.
func conclude(out io.Writer, o harness.Outcome, err error) error {
	if err != nil {
		leave(out, o.Dir)
		return err
	}
	fmt.Fprintln(out)
	in := report.Input{Run: o.Run, Verdict: o.Verdict, History: recorded(o.Dir), Dir: o.Dir}
	if err := report.Text(printable{out}, in); err != nil {
		return err
	}
	if o.Notice != "" {
		fmt.Fprintf(out, "note    %s\n", o.Notice)
	}
	return exit.Judged(o.Verdict.Validity)
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
