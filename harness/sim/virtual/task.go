package virtual

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/clock"
)

// task is a function that can stand still in the middle: a coroutine.
type task struct {
	time   *Time
	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
}

// unwound is the panic by which a task ends that nobody waits for any more.
type unwound struct{}

// start lets a function run as a task of its own, from now on but not at once.
func (t *Time) start(do func()) {
	k := &task{time: t}
	t.alive++
	k.resume, k.stop = iter.Pull(func(yield func(struct{}) bool) {
		defer func() {
			t.alive--
			if p := recover(); p != nil && p != (unwound{}) {
				panic(p)
			}
		}()
		k.yield = yield
		do()
	})
	t.After(0, k)
}

// Act implements Action: the task goes on.
func (k *task) Act() {
	before := k.time.current
	k.time.current = k
	k.resume()
	k.time.current = before
}

// park stands still until somebody lets the task go on.
func (k *task) park() {
	if k.time.unwinding || !k.yield(struct{}{}) {
		panic(unwound{})
	}
}

// end ends the tasks that still wait or have not begun, so that none is left
// behind.
func (t *Time) end() {
	t.unwinding = true
	for len(t.asleep) > 0 {
		t.unwind(t.asleep[0].task)
	}
	for {
		e, some := t.future.pop()
		if !some {
			return
		}
		if k, ok := e.action.(*task); ok {
			t.unwind(k)
		}
	}
}

// unwind ends a task; what it has deferred may still try to wait.
func (t *Time) unwind(k *task) {
	t.current = k
	k.stop()
}

// Waiter is a task's wait for something.
type Waiter struct {
	task  *task
	ctx   context.Context
	scope *scope
	// parked is set while the task stands still.
	parked, woken bool
}

// NewWaiter is a wait of the task that runs. It can be woken before it waits.
func (t *Time) NewWaiter() *Waiter {
	if t.current == nil {
		panic("virtual: something waits that is no task")
	}
	return &Waiter{task: t.current}
}

// Wake lets the task go on, after whatever else happens at this moment.
func (w *Waiter) Wake() {
	if w.woken {
		return
	}
	w.woken = true
	if w.parked {
		w.task.time.After(0, w.task)
	}
}

// Act implements Action: the time is over.
func (w *Waiter) Act() {
	if w.woken {
		return
	}
	w.woken = true
	w.task.Act()
}

// WaitFor waits until it is woken, but no longer than for a time, and not beyond
// the end of the context.
func (w *Waiter) WaitFor(ctx context.Context, d time.Duration) {
	t := w.task.time
	until := t.now + d
	if deadline, some := ctx.Deadline(); some {
		until = min(until, deadline.Sub(Epoch))
	}
	if !w.woken && ctx.Err() == nil {
		t.After(until-t.now, w)
		w.wait(ctx)
	}
}

// Wait waits until it is woken or the context ends.
func (w *Waiter) Wait(ctx context.Context) {
	if deadline, some := ctx.Deadline(); some {
		w.WaitFor(ctx, deadline.Sub(Epoch)-w.task.time.now)
		return
	}
	if !w.woken && ctx.Err() == nil {
		w.wait(ctx)
	}
}

func (w *Waiter) wait(ctx context.Context) {
	t := w.task.time
	w.ctx, w.parked = ctx, true
	w.scope, _ = ctx.Value(scopeKey{}).(*scope)
	w.scope.count(1)
	t.asleep = append(t.asleep, w)
	defer func() {
		w.scope.count(-1)
		w.parked = false
		at := slices.Index(t.asleep, w)
		t.asleep = slices.Delete(t.asleep, at, at+1)
	}()
	w.task.park()
}

// NewGroup implements clock.Clock.
func (t *Time) NewGroup() clock.Group { return &group{time: t} }

// group is a Group of tasks.
type group struct {
	time    *Time
	running int
	waiting []*Waiter
}

func (g *group) Go(do func()) {
	g.running++
	g.time.start(func() {
		defer g.done()
		do()
	})
}

func (g *group) done() {
	if g.running--; g.running > 0 {
		return
	}
	for _, w := range g.waiting {
		w.Wake()
	}
	g.waiting = nil
}

func (g *group) Wait() { g.WaitFor(context.Background()) }

func (g *group) WaitFor(ctx context.Context) bool {
	if g.running > 0 {
		w := g.time.NewWaiter()
		g.waiting = append(g.waiting, w)
		w.Wait(ctx)
	}
	return g.running == 0
}
