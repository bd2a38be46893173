package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/checkers/sanity"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/junit"
	"github.com/assaykit/assay/results/report"
	"github.com/assaykit/assay/workloads"
)

// Recheck judges the stored history of a run again, from its directory alone,
// and writes verdict and report anew. What is demanded replaces what was demanded
// of the run, as far as it is not zero.
func Recheck(ctx context.Context, path string, budget time.Duration, demands availability.Demands) (Outcome, error) {
	dir, out, h, err := stored(path)
	if err != nil {
		return Outcome{}, err
	}
	workload, err := workloads.Find(out.Run.Workload)
	if err != nil {
		return Outcome{}, fmt.Errorf("check %s: %w", dir.Path(), err)
	}
	config := workloads.Config{
		Seed: out.Run.Seed, Settings: out.Run.Settings, Workers: out.Run.Concurrency,
		Clients: clients(out.Run.Concurrency, len(out.Run.Nodes)), Duration: out.Run.Duration,
	}
	out.Run.Demands = demands.Or(out.Run.Demands)
	if out.Verdict, err = check(ctx, workload, config, h, out.Run.Demands, budget); err != nil {
		return Outcome{}, err
	}
	return out, write(dir, out, h)
}

// Rerender writes the report of a stored run again, with the verdict that it
// has. The file for a CI stays as it is: it knows which findings were accepted.
func Rerender(path string) (Outcome, error) {
	dir, out, h, err := stored(path)
	if err != nil {
		return Outcome{}, err
	}
	if out.Verdict, err = dir.ReadVerdict(); err != nil {
		return Outcome{}, err
	}
	return out, writeReport(dir, out, h)
}

func stored(path string) (*results.Dir, Outcome, *history.History, error) {
	dir, err := results.Open(path)
	if err != nil {
		return nil, Outcome{}, nil, err
	}
	run, err := dir.ReadRun()
	if err != nil {
		return nil, Outcome{}, nil, err
	}
	h, notice, err := history.Read(dir.HistoryPath())
	return dir, Outcome{Dir: dir.Path(), Run: run, Notice: notice.String()}, h, err
}

// check judges a history: the workload's promise, whether the history proves
// anything, and how available the system was.
func check(ctx context.Context, w workloads.Workload, c workloads.Config, h *history.History, d availability.Demands, budget time.Duration) (checkers.Verdict, error) {
	promise, err := w.Checker(c)
	if err != nil {
		return checkers.Verdict{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	verdict, err := checkers.All(w.Name(), promise, sanity.New(), availability.New(d)).Check(ctx, h)
	verdict.Faults = h.Coverage()
	return verdict, err
}

// write writes everything that is made from a history and its verdict. What cannot be
// written, or made, keeps nothing else from being written.
func write(dir *results.Dir, out Outcome, h *history.History) error {
	return errors.Join(
		dir.WriteVerdict(out.Verdict),
		writeReport(dir, out, h),
		dir.Write(results.JUnitFile, careful(func(w io.Writer) error { return junit.Write(w, out.Run, out.Verdict, nil) })),
	)
}

func writeReport(dir *results.Dir, out Outcome, h *history.History) error {
	in := report.Input{Dir: out.Dir, Run: out.Run, Verdict: out.Verdict, History: h}
	var err error
	in.Sequence, err = report.ReadSequence(dir, out.Verdict)
	return errors.Join(err, dir.Write(results.ReportFile, careful(func(w io.Writer) error { return report.Render(w, in) })))
}

// careful makes an error of a panic: a mistake in drawing a page must not take the
// verdict with it.
func careful(content func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panicked: %v, at %s", p, debug.Stack())
			}
		}()
		return content(w)
	}
}
