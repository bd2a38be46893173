package harness

import (
	"context"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/workloads"
)

// load lets the workers and the nemesis loose for the test's duration.
func (r *run) load(ctx context.Context) {
	defer r.phase("load")()
	r.nemesis = nemesis.New(nemesis.Config{
		Cluster:   r.cluster,
		Leaders:   r.leaders(),
		Time:      r.time(),
		Ready:     r.ready,
		Snapshots: r.snapshots(),
		Roster:    r.roster(),
		Recorder:  r.recorder,
		Script:    r.test.Script.Cast(r.test.Seed, r.record.Nodes),
		Writes:    func() int { return int(r.tally.writes.Load()) },
		Most:      r.test.Nemesis.Most,
		Steps:     r.steps(),
	})
	r.active.Store(r.nemesis)
	r.loading.Store(int64(r.clock()))
	r.workers = r.newWorkers()
	ctx, cancel := clock.WithTimeout(ctx, r.test.Duration)
	defer cancel()
	ctx, stop := r.stopOnRecorderError(ctx)
	defer stop()
	all := clock.NewGroup(ctx)
	all.Go(func() { r.nemesis.Run(ctx) })
	operations := r.feed()
	for _, w := range r.workers[:r.test.Concurrency] {
		all.Go(func() { w.run(ctx, operations) })
	}
	all.Wait()
}

func (t Test) timing() nemesis.Timing {
	return nemesis.Timing{Duration: t.Duration, Hold: t.Hold, Quiet: t.Quiet, Fixed: t.Fixed, Overlap: t.Overlap}
}

// steps are the schedule that the seed stands for, unless a script says what happens.
func (r *run) steps() []nemesis.Step {
	if !r.test.Script.IsZero() {
		return nil
	}
	if r.test.Steps != nil {
		return r.test.Steps
	}
	return r.test.Nemesis.Plan(r.test.Seed, r.record.Nodes, r.test.timing())
}

// ready waits until clients can use the cluster.
func (r *run) ready(ctx context.Context) error {
	return r.test.Target.Ready(ctx, r.cluster, r.targetConfig())
}

// leaders asks the target who leads, if it can tell.
func (r *run) leaders() func(context.Context) ([]string, error) {
	knows, ok := r.test.Target.(cluster.Leaders)
	if !ok {
		return nil
	}
	return func(ctx context.Context) ([]string, error) { return knows.Leaders(ctx, r.cluster, r.targetConfig()) }
}

// time asks a node of the target what time it is, if it can tell.
func (r *run) time() func(context.Context, cluster.Node) (time.Time, error) {
	knows, ok := r.test.Target.(cluster.TimeTeller)
	if !ok {
		return nil
	}
	return func(ctx context.Context, node cluster.Node) (time.Time, error) {
		return knows.Time(ctx, node, r.targetConfig())
	}
}

// snapshots asks a node of the target how many it has saved, if it can tell.
func (r *run) snapshots() func(context.Context, cluster.Node) (int, error) {
	knows, ok := r.test.Target.(cluster.Snapshots)
	if !ok {
		return nil
	}
	return func(ctx context.Context, node cluster.Node) (int, error) {
		return knows.Snapshots(ctx, node, r.targetConfig())
	}
}

// operations is the workload's generator. It was made once before, when the
// test was validated, so that it cannot fail here.
func (r *run) operations() generator.Generator {
	g, err := r.test.Workload.Generator(r.workloadConfig())
	if err != nil {
		panic("harness: the workload's settings were not validated: " + err.Error())
	}
	return g
}

// stopOnRecorderError ends the load when the history can no longer be written:
// what is not recorded proves nothing.
func (r *run) stopOnRecorderError(ctx context.Context) (context.Context, func()) {
	if clock.IsVirtual(ctx) { // and the history in memory only
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(200 * time.Millisecond)
		defer ticker.Stop()
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-ticker.C:
				if r.recorder.Err() != nil {
					cancel()
				}
			}
		}
	}()
	return ctx, func() { cancel(); <-done }
}

// finalReads lets one worker a node execute the workload's last phase. The others
// hang up, so that what they have taken and not acknowledged can be had. What any of them
// holds ends on record before: it may have been lost in the faults since the load, and
// whoever gets it must not be quicker than who tells that he lost it.
func (r *run) finalReads(ctx context.Context) {
	defer r.phase("final reads")()
	ctx, cancel := clock.WithTimeout(ctx, finalWithin)
	defer cancel()
	sofar := r.recorder.Snapshot()
	leaving := clock.NewGroup(ctx)
	for i, w := range r.workers {
		leaving.Go(func() {
			w.part(ctx)
			if i >= len(r.record.Nodes) {
				w.hangUp(ctx)
			}
		})
	}
	leaving.Wait()
	all := clock.NewGroup(ctx)
	for i, w := range r.workers[:len(r.record.Nodes)] {
		all.Go(func() { w.exhaust(ctx, r.final(sofar, i)) })
	}
	all.Wait()
}

// clients is how many workers there are: those of the load, and one a node at least.
func clients(concurrency, nodes int) int { return max(concurrency, nodes) }

// newWorkers makes the workers of the load, and more if there are more nodes
// than that, for the final reads reach every node.
func (r *run) newWorkers() []*worker {
	nodes := r.cluster.Nodes()
	workers := make([]*worker, clients(r.test.Concurrency, len(nodes)))
	for i := range workers {
		workers[i] = &worker{
			number:   i,
			process:  i,
			stride:   len(workers),
			at:       i % len(nodes),
			nodes:    nodes,
			dial:     r.dial,
			invoke:   r.test.Workload.Invoke,
			memory:   r.memory(i),
			recorder: r.recorder,
			timeout:  r.test.OpTimeout,
			tally:    &r.tally,
			closing:  &r.closing,
		}
	}
	return workers
}

// memory is that of a client, if the workload's clients remember what they did.
func (r *run) memory(client int) workloads.Memory {
	remembering, ok := r.test.Workload.(workloads.Remembering)
	if !ok {
		return nil
	}
	return remembering.Remember(r.workloadConfig(), r.test.Target.Prototype(), client)
}

func (r *run) dial(ctx context.Context, node cluster.Node) (cluster.Client, error) {
	return r.test.Target.Dial(ctx, node, r.targetConfig())
}

// feed hands out operations: those of the workload's generator, unless others are
// given.
func (r *run) feed() Feed {
	if r.test.Feed != nil {
		return r.test.Feed(r.operations(), r.test.Rate)
	}
	return newDispenser(r.operations(), r.test.Rate)
}

// final are the last operations of a worker.
func (r *run) final(sofar *history.History, worker int) generator.Generator {
	g := r.test.Workload.Final(r.workloadConfig(), sofar, worker)
	if r.test.Final != nil {
		return r.test.Final(g, worker)
	}
	return g
}

// dispenser hands the operations of one generator to many workers, no faster
// than the rate. After a stall it does not make up for more than a tenth of a
// second: a burst would be another load than the one asked for.
type dispenser struct {
	gap time.Duration

	mu   sync.Mutex
	from generator.Generator
	next time.Time
}

// NewFeed hands the operations of one generator to many clients, so many a second.
func NewFeed(g generator.Generator, rate float64) Feed { return newDispenser(g, rate) }

func newDispenser(g generator.Generator, rate float64) *dispenser {
	d := &dispenser{from: g}
	if rate > 0 {
		d.gap = time.Duration(float64(time.Second) / rate)
	}
	return d
}

// Take waits for the next moment and returns the next operation, or false when
// the generator is exhausted or the context has ended. The operation is drawn
// after the wait, so that operations begin in the generator's order.
func (d *dispenser) Take(ctx context.Context, _ int) (history.Op, bool) {
	if !clock.Sleep(ctx, d.slot(clock.Now(ctx))) {
		return history.Op{}, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.from.Next(nil)
}

func (d *dispenser) slot(now time.Time) time.Duration {
	if d.gap == 0 {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if oldest := now.Add(-100 * time.Millisecond); d.next.Before(oldest) {
		d.next = oldest
	}
	d.next = d.next.Add(d.gap)
	return d.next.Sub(now)
}
