package harness

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/workloads"
)

// worker is one client at a time: it executes operations on its node, one after
// another, and records them.
type worker struct {
	// number is its own, process that under which it acts.
	number, process, stride int
	// at is the place among the nodes of the one that it works on.
	at       int
	nodes    []cluster.Node
	dial     func(context.Context, cluster.Node) (cluster.Client, error)
	invoke   func(context.Context, cluster.Client, history.Op) (history.Value, error)
	memory   workloads.Memory // nil if the workload needs none
	recorder *history.Recorder
	timeout  time.Duration
	tally    *tally
	closing  *sync.WaitGroup

	client cluster.Client
}

// run executes operations until there are no more or the context ends. An
// operation that has begun is finished all the same.
func (w *worker) run(ctx context.Context, from Feed) {
	for {
		op, ok := from.Take(ctx, w.number)
		if !ok {
			return
		}
		done := w.do(ctx, op)
		w.breathe(ctx, done)
	}
}

// exhaust executes a generator of the final phase to its end. One that drains asks for
// the same again when it was refused, and gives up after so many times: the longer that
// goes on the longer is the wait, so that a node which is ready, but refuses a while
// longer, is waited for.
func (w *worker) exhaust(ctx context.Context, g generator.Generator) {
	var (
		last    *history.Op
		wish    history.Op
		refused int
	)
	for ctx.Err() == nil {
		op, ok := g.Next(last)
		if !ok {
			return
		}
		op.Final = true
		if op.F != wish.F || op.Key != wish.Key {
			refused = 0
		}
		wish = op
		done := w.do(ctx, op)
		last = &done
		if answered(done) {
			refused = 0
			continue
		}
		refused++
		clock.Sleep(ctx, min(time.Duration(refused)*breath, longestBreath))
	}
}

// breath is the wait after an operation that failed, and longestBreath that after many.
const (
	breath        = 50 * time.Millisecond
	longestBreath = time.Second
)

// breathe waits a little after an operation that failed at once because the node is
// away: it would otherwise eat up the operations of the others.
func (w *worker) breathe(ctx context.Context, done history.Op) {
	if done.Type == history.Fail && !answered(done) {
		clock.Sleep(ctx, breath)
	}
}

// answered says that the system did what it was asked, or said no.
func answered(done history.Op) bool {
	return done.Type == history.OK || done.Type == history.Fail && done.Error == history.Mismatch
}

// do executes one operation and records both halves of it. The deadline counts
// from the invocation and includes making a connection. An operation that has begun
// outlives the context.
func (w *worker) do(ctx context.Context, wish history.Op) history.Op {
	return w.perform(ctx, w.prepare(ctx, wish))
}

// part lets a client end on record what it holds.
func (w *worker) part(ctx context.Context) {
	if parting, does := w.memory.(workloads.Parting); does {
		if step, holds := parting.Part(); holds {
			w.perform(ctx, step)
		}
	}
}

func (w *worker) perform(ctx context.Context, step workloads.Step) history.Op {
	op, call := step.Op, step.Call
	op.Process, op.Node = w.process, w.nodes[w.at].Name()
	ctx, cancel := clock.WithTimeout(cluster.WithClient(context.WithoutCancel(ctx), w.number), w.timeout)
	defer cancel()
	invoked := w.recorder.Invoke(op)
	value, note, err := w.attempt(ctx, call)
	outcome, text := classify(err)
	done := w.recorder.Complete(invoked, outcome, value, text)
	if note != nil && outcome != history.Info {
		note()
	}
	w.tally.count(outcome)
	if outcome == history.OK {
		w.tally.latencies.add(done.Time - invoked.Time)
	}
	if outcome == history.OK && !op.Value.IsNil() {
		w.tally.writes.Add(1)
	}
	if outcome == history.Info {
		w.hangUp(ctx)
		w.process += w.stride
	}
	return done
}

// prepare says which operation comes of the generator's, and how it is executed.
// A client that remembers may want another connection for it.
func (w *worker) prepare(ctx context.Context, wish history.Op) workloads.Step {
	if w.memory == nil {
		return workloads.Step{Op: wish, Call: func(ctx context.Context, c cluster.Client) (history.Value, func(), error) {
			v, err := w.invoke(ctx, c, wish)
			return v, nil, err
		}}
	}
	step := w.memory.Next(ctx, wish)
	if step.Fresh || step.Move {
		w.hangUp(ctx)
	}
	if step.Move {
		w.at = (w.at + 1) % len(w.nodes)
	}
	return step
}

// attempt makes sure of a connection and executes the operation. Without a
// connection it was never sent.
func (w *worker) attempt(ctx context.Context, call workloads.Call) (history.Value, func(), error) {
	if w.client == nil {
		client, err := w.dial(ctx, w.nodes[w.at])
		if err != nil {
			return history.Value{}, nil, workloads.NoEffect(fmt.Errorf("no connection: %w", err))
		}
		w.client = client
	}
	return w.bounded(ctx, call)
}

// hung is how much longer than its deadline a client may take to notice it.
const hung = 500 * time.Millisecond

// bounded keeps a client that ignores its deadline from hanging the run: it is
// left behind, and its connection closed under it.
func (w *worker) bounded(ctx context.Context, call workloads.Call) (history.Value, func(), error) {
	if clock.IsVirtual(ctx) { // where nobody waits in another way
		return guarded(ctx, w.client, call)
	}
	type result struct {
		value history.Value
		note  func()
		err   error
	}
	done := make(chan result, 1)
	client := w.client
	go func() {
		value, note, err := guarded(ctx, client, call)
		done <- result{value, note, err}
	}()
	select {
	case r := <-done:
		return r.value, r.note, r.err
	case <-ctx.Done():
	}
	grace := time.NewTimer(hung)
	defer grace.Stop()
	select {
	case r := <-done:
		return r.value, r.note, r.err
	case <-grace.C:
		return history.Value{}, nil, errors.New("no answer within the deadline, and the client does not notice")
	}
}

// guarded turns a panic of a client into an unknown outcome.
func guarded(ctx context.Context, c cluster.Client, call workloads.Call) (v history.Value, note func(), err error) {
	defer func() {
		if p := recover(); p != nil {
			v, note, err = history.Value{}, nil, fmt.Errorf("the client panicked: %v at %s", p, debug.Stack())
		}
	}()
	return call(ctx, c)
}

// classify is rule 1: unknown is not fail.
func classify(err error) (history.Type, string) {
	switch {
	case err == nil:
		return history.OK, ""
	case errors.Is(err, workloads.ErrMismatch) && workloads.IsNoEffect(err): // not beside a doubt
		return history.Fail, history.Mismatch
	case workloads.IsNoEffect(err):
		return history.Fail, clip(err.Error())
	}
	return history.Info, clip(err.Error())
}

// clip cuts a text that came from a system under test to a size that a line
// of history can bear.
func clip(text string) string {
	const most = 400
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

// hangUp drops the connection. Closing may take as long as the network likes,
// so the worker does not wait for it; the run does, for a while.
func (w *worker) hangUp(ctx context.Context) {
	if w.client == nil {
		return
	}
	client := w.client
	w.client = nil
	if w.memory != nil {
		w.memory.Disconnected()
	}
	if clock.IsVirtual(ctx) {
		closeLeftBehind(client)
		return
	}
	w.closing.Go(func() { closeLeftBehind(client) })
}

// closeLeftBehind closes a client that may still be in an operation which ignored its
// deadline, and so be in any state: that it panics is no reason to end the run.
func closeLeftBehind(client cluster.Client) {
	defer func() { _ = recover() }()
	_ = client.Close()
}
