package harness

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/workloads"
)

// worker is one client at a time: it executes operations on its node, one after
// another, and records them.
type worker struct {
	process, stride int
	node            cluster.Node
	dial            func(context.Context, cluster.Node) (cluster.Client, error)
	invoke          func(context.Context, cluster.Client, history.Op) (history.Value, error)
	recorder        *history.Recorder
	timeout         time.Duration
	tally           *tally
	closing         *sync.WaitGroup

	client cluster.Client
}

// run executes operations until there are no more or the context ends. An
// operation that has begun is finished all the same.
func (w *worker) run(ctx context.Context, from *dispenser) {
	for {
		op, ok := from.take(ctx)
		if !ok {
			return
		}
		done := w.do(context.WithoutCancel(ctx), op)
		w.breathe(ctx, done)
	}
}

// exhaust executes a generator of the final phase to its end.
func (w *worker) exhaust(ctx context.Context, g generator.Generator) {
	var last *history.Op
	for ctx.Err() == nil {
		op, ok := g.Next(last)
		if !ok {
			return
		}
		op.Final = true
		done := w.do(context.WithoutCancel(ctx), op)
		w.breathe(ctx, done)
		last = &done
	}
}

// breathe waits a little after an operation that failed at once because the
// node is away: it would otherwise eat up the operations of the others.
func (w *worker) breathe(ctx context.Context, done history.Op) {
	if done.Type == history.Fail && done.Error != history.Mismatch {
		sleep(ctx, 50*time.Millisecond)
	}
}

// do executes one operation and records both halves of it. The deadline counts
// from the invocation and includes making a connection.
func (w *worker) do(ctx context.Context, op history.Op) history.Op {
	op.Process, op.Node = w.process, w.node.Name()
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	invoked := w.recorder.Invoke(op)
	value, err := w.attempt(ctx, op)
	outcome, text := classify(err)
	done := w.recorder.Complete(invoked, outcome, value, text)
	w.tally.count(outcome)
	if outcome == history.OK && !op.Value.IsNil() {
		w.tally.writes.Add(1)
	}
	if outcome == history.Info {
		w.hangUp()
		w.process += w.stride
	}
	return done
}

// attempt makes sure of a connection and executes the operation. Without a
// connection it was never sent.
func (w *worker) attempt(ctx context.Context, op history.Op) (history.Value, error) {
	if w.client == nil {
		client, err := w.dial(ctx, w.node)
		if err != nil {
			return history.Value{}, workloads.NoEffect(fmt.Errorf("no connection: %w", err))
		}
		w.client = client
	}
	return w.bounded(ctx, op)
}

// hung is how much longer than its deadline a client may take to notice it.
const hung = 500 * time.Millisecond

// bounded keeps a client that ignores its deadline from hanging the run: it is
// left behind, and its connection closed under it.
func (w *worker) bounded(ctx context.Context, op history.Op) (history.Value, error) {
	type result struct {
		value history.Value
		err   error
	}
	done := make(chan result, 1)
	client := w.client
	go func() {
		value, err := guarded(ctx, client, op, w.invoke)
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
	}
	grace := time.NewTimer(hung)
	defer grace.Stop()
	select {
	case r := <-done:
		return r.value, r.err
	case <-grace.C:
		return history.Value{}, errors.New("no answer within the deadline, and the client does not notice")
	}
}

// guarded turns a panic of a client into an unknown outcome.
func guarded(ctx context.Context, c cluster.Client, op history.Op, invoke func(context.Context, cluster.Client, history.Op) (history.Value, error)) (v history.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			v, err = history.Value{}, fmt.Errorf("the client panicked: %v at %s", p, debug.Stack())
		}
	}()
	return invoke(ctx, c, op)
}

// classify is rule 1: unknown is not fail.
func classify(err error) (history.Type, string) {
	switch {
	case err == nil:
		return history.OK, ""
	case errors.Is(err, workloads.ErrMismatch):
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
func (w *worker) hangUp() {
	if w.client == nil {
		return
	}
	client := w.client
	w.client = nil
	w.closing.Go(func() { _ = client.Close() })
}
