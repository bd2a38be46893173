package harness

import (
	"bufio"
	"context"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/results"
)

// Simulation is a run in virtual time. It has left nothing on disk.
type Simulation struct {
	run     *run
	History *history.History
}

// Simulate runs a test as Run does, but for its report. The context has to carry
// a virtual clock. Whenever something is recorded, recording is called first. An
// error is an infrastructure error, as in Run; the history up to it is there all
// the same.
func Simulate(ctx context.Context, t Test, recording func()) (*Simulation, error) {
	t = t.withDefaults()
	began := clock.Now(ctx)
	r := &run{test: t, id: t.Target.Name() + "-" + t.Workload.Name()}
	r.now = func() time.Duration { return clock.Now(ctx).Sub(began) }
	r.record = t.provenance(time.Now())
	var err error
	stamp := func() time.Duration { recording(); return r.now() }
	if r.recorder, err = history.Create("", stamp); err != nil {
		return nil, err
	}
	err = r.execute(ctx)
	if err != nil {
		r.record.Error = err.Error()
	}
	return &Simulation{run: r, History: r.recorder.Snapshot()}, errors.Join(err, r.recorder.Close())
}

// Judge judges the history, as that of any other run, in the machine's own time.
func (s *Simulation) Judge(ctx context.Context) (checkers.Verdict, error) {
	r := s.run
	return check(ctx, r.test.Workload, r.workloadConfig(), s.History, r.test.Demands, r.test.Budget)
}

// Record is what run.json would hold.
func (s *Simulation) Record() results.Run { return s.run.record }

// RepeatedBy says by which command the run is repeated.
func (s *Simulation) RepeatedBy(commandLine []string) { s.run.record.CommandLine = commandLine }

// Keep writes the run's directory, with its verdict and its report. The extra
// files go there too, by their names, before the report is made.
func (s *Simulation) Keep(root string, verdict checkers.Verdict, extra map[string]func(io.Writer) error) (Outcome, error) {
	dir, err := results.Create(root, s.run.test.Target.Name(), s.run.test.Workload.Name(), time.Now())
	if err != nil {
		return Outcome{}, err
	}
	return s.KeepIn(dir, verdict, extra)
}

// KeepIn is Keep for a directory that is there and empty.
func (s *Simulation) KeepIn(dir *results.Dir, verdict checkers.Verdict, extra map[string]func(io.Writer) error) (Outcome, error) {
	r := s.run
	r.dir = dir
	out := Outcome{Dir: dir.Path(), Run: r.record, Verdict: verdict}
	err := errors.Join(dir.WriteRun(r.record), dir.Write(filepath.Base(dir.HistoryPath()), s.writeHistory))
	for name, content := range extra {
		err = errors.Join(err, dir.Write(name, content))
	}
	if err != nil {
		return out, err
	}
	r.collect(context.Background())
	_, err = history.Compress(dir.HistoryPath())
	return out, errors.Join(err, write(dir, out, s.History))
}

// writeHistory writes the lines that a recorder would have.
func (s *Simulation) writeHistory(w io.Writer) error {
	out := bufio.NewWriter(w)
	for i := range s.History.Ops {
		line, err := s.History.Ops[i].MarshalJSON()
		if err != nil {
			return err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

// Steps are those of the nemesis, as they were planned.
func (s *Simulation) Steps() []nemesis.Step { return append([]nemesis.Step{}, s.run.steps()...) }
