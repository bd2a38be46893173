package harness

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/live"
	"github.com/assaykit/assay/workloads"
)

// Bounds of the phases that wait for somebody else.
const (
	readyWithin    = 2 * time.Minute
	finalWithin    = 60 * time.Second
	tearDownWithin = 60 * time.Second
)

// Run runs a test from nothing to its report. An error is an infrastructure
// error, which is no verdict; Outcome.Dir is set even then if the run got as
// far as having a directory, and the history in it can be checked.
//
// When ctx is cancelled while the load runs, the run ends early but in order:
// it heals, does the final reads, checks and reports.
func Run(ctx context.Context, t Test) (Outcome, error) {
	t = t.withDefaults()
	r, err := newRun(t)
	if err != nil {
		return Outcome{}, err
	}
	defer r.live.Close()
	stop := r.watch()
	err = r.execute(ctx)
	stop()
	return r.finish(ctx, err)
}

// run is a run in progress.
type run struct {
	test Test
	id   string
	// now is the time since the run began.
	now func() time.Duration
	// dir is nil if the run is simulated.
	dir      *results.Dir
	record   results.Run
	recorder *history.Recorder
	// live is nil if the file could not be made; the run goes on without it.
	live *live.Writer

	cluster cluster.Cluster
	nemesis *nemesis.Nemesis
	workers []*worker
	tally   tally
	// closing are the connections that are being closed.
	closing sync.WaitGroup
	// active and loading are read by the progress reporter.
	active  atomic.Pointer[nemesis.Nemesis]
	loading atomic.Int64
}

func newRun(t Test) (*run, error) {
	began := time.Now()
	dir, err := results.Create(t.Results, t.Target.Name(), t.Workload.Name(), began)
	if err != nil {
		return nil, err
	}
	r := &run{test: t, now: func() time.Duration { return time.Since(began) }, dir: dir, id: runID(t, began)}
	r.record = t.provenance(began)
	if err := dir.WriteRun(r.record); err != nil {
		return nil, err
	}
	if r.recorder, err = history.Create(dir.HistoryPath(), r.clock); err != nil {
		return nil, err
	}
	r.live, _ = live.Create(dir.Path())
	return r, nil
}

// clock is the run's one monotonic clock.
func (r *run) clock() time.Duration { return r.now() }

func runID(t Test, began time.Time) string {
	return fmt.Sprintf("%s-%s-%d", t.Target.Name(), t.Workload.Name(), began.UnixNano())
}

// execute does everything that needs the cluster.
func (r *run) execute(ctx context.Context) error {
	defer r.tearDown(ctx)
	if err := r.setUp(ctx); err != nil {
		return err
	}
	r.load(ctx)
	if r.record.Interrupted = ctx.Err() != nil; r.record.Interrupted {
		ctx = context.WithoutCancel(ctx)
	}
	if err := r.recorder.Err(); err != nil {
		return r.unrecorded(err)
	}
	if r.quiesce(ctx) {
		r.finalReads(ctx)
	}
	r.collect(ctx)
	return r.unrecorded(r.recorder.Err())
}

func (r *run) unrecorded(err error) error {
	if err == nil {
		return nil
	}
	if r.dir == nil {
		return fmt.Errorf("record the history: %w", err)
	}
	return fmt.Errorf("record the history: %w; what was recorded before is kept in %s", err, r.dir.Path())
}

// setUp starts the cluster and waits until clients can use it.
func (r *run) setUp(ctx context.Context) error {
	defer r.phase("set up")()
	options := cluster.Options{Run: r.id, Target: r.test.Target, Config: r.targetConfig(), Log: r.test.log(), Disks: r.test.Nemesis.Needs(cluster.CanDisk)}
	made, err := r.test.Start(ctx, options)
	if err != nil {
		return fmt.Errorf("start the cluster: %w", err)
	}
	r.cluster = made
	r.describeCluster()
	r.test.Nemesis = r.test.Nemesis.Fit(r.capabilities())
	r.record.Nemesis = r.test.Nemesis.String()
	// Should this process be killed, the run can still be understood.
	if err := r.keepRecord(); err != nil {
		return err
	}
	if err := r.test.Nemesis.Supports(r.capabilities()); err != nil {
		return fmt.Errorf("nemesis %s: %w", r.test.Nemesis, err)
	}
	ctx, cancel := clock.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := r.test.Target.Ready(ctx, made, r.targetConfig()); err != nil {
		return r.notReady(ctx, err)
	}
	return r.prepare(ctx)
}

// quiesce heals everything, waits until the cluster is usable and settles. It
// tells whether final reads make sense.
func (r *run) quiesce(ctx context.Context) bool {
	defer r.phase("heal")()
	if err := r.nemesis.HealAll(ctx); err != nil {
		return false
	}
	op := r.recorder.Invoke(history.Op{Process: history.Nemesis, F: history.Ready})
	ready, cancel := clock.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := r.test.Target.Ready(ready, r.cluster, r.targetConfig()); err != nil {
		r.recorder.Complete(op, history.Info, history.Value{}, "the cluster did not become usable again: "+clip(err.Error()))
		return false
	}
	r.recorder.Complete(op, history.OK, history.Value{}, "")
	clock.Sleep(ctx, r.test.Settle)
	return true
}

func (r *run) targetConfig() cluster.Config {
	t := r.test
	return cluster.Config{
		Nodes: t.Nodes, Image: t.Image, Settings: t.TargetSettings, Seed: t.Seed,
		Workload: t.Workload.Name(), Keep: r.clientsFolder(),
	}
}

// clientsFolder is where clients keep what they print.
func (r *run) clientsFolder() string {
	if r.dir == nil {
		return ""
	}
	return filepath.Join(r.dir.Path(), "clients")
}

func (r *run) keepRecord() error {
	if r.dir == nil {
		return nil
	}
	return r.dir.WriteRun(r.record)
}

func (r *run) workloadConfig() workloads.Config {
	t := r.test
	return workloads.Config{
		Seed: t.Seed, Settings: t.WorkloadSettings, Workers: t.Concurrency,
		Clients: clients(t.Concurrency, len(r.record.Nodes)), Duration: t.Duration,
	}
}

// phase notes when a phase begins, and when it ends.
func (r *run) phase(name string) (end func()) {
	start := r.clock()
	r.tally.phase.Store(&name)
	return func() {
		r.record.Phases = append(r.record.Phases, results.Phase{Name: name, Start: start, End: r.clock()})
	}
}

// tearDown removes the cluster. That it failed is told, but does not spoil what
// the run has found out.
func (r *run) tearDown(ctx context.Context) {
	if r.cluster == nil {
		return
	}
	defer r.phase("tear down")()
	r.hangUp(ctx)
	ctx, cancel := clock.WithTimeout(context.WithoutCancel(ctx), tearDownWithin)
	defer cancel()
	if err := r.cluster.Close(ctx); err != nil {
		fmt.Fprintf(r.test.log(), "tear down: %v; `assay clean` removes what is left\n", err)
	}
}

// hangUp closes all connections, and leaves behind those that cannot be closed
// within a moment.
func (r *run) hangUp(ctx context.Context) {
	for _, w := range r.workers {
		w.hangUp(ctx)
	}
	if clock.IsVirtual(ctx) {
		return
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		r.closing.Wait()
	}()
	select {
	case <-closed:
	case <-time.After(2 * time.Second):
		fmt.Fprintln(r.test.log(), "tear down: some connections could not be closed; they are left behind")
	}
}

// finish closes the history, judges it and writes every artefact, also of a run
// that an infrastructure error has ended.
func (r *run) finish(ctx context.Context, failed error) (Outcome, error) {
	ctx = context.WithoutCancel(ctx)
	closed := r.recorder.Close()
	if failed == nil {
		failed = r.unrecorded(closed)
	}
	if failed != nil {
		r.record.Error = failed.Error()
	}
	out, err := r.judge(ctx)
	return out, errors.Join(failed, err)
}

// judge checks and reports under the budget.
func (r *run) judge(ctx context.Context) (Outcome, error) {
	end := r.phase("check")
	r.show(r.progress(&window{}))
	h := r.recorder.Snapshot()
	out := Outcome{Dir: r.dir.Path(), Run: r.record}
	var err error
	if out.Verdict, err = check(ctx, r.test.Workload, r.workloadConfig(), h, r.test.Demands, r.test.Budget); err != nil {
		return out, errors.Join(err, r.dir.WriteRun(r.record))
	}
	end()
	out.Run = r.record
	saved := r.dir.WriteRun(r.record)
	_, packed := history.Compress(r.dir.HistoryPath())
	return out, errors.Join(saved, packed, write(r.dir, out, h))
}
