// Package virtual is time that passes only when nobody has anything left to do
// in the present moment: a Time is a clock.Clock, a list of what will happen,
// and the tasks that wait for it, of which exactly one runs at a time. The same
// calls always lead to the same order; nothing here looks at the machine's
// clock, starts a goroutine that runs by itself, or iterates over a map.
package virtual

import (
	"context"
	"errors"
	"time"
)

// Epoch is the moment at which virtual time begins: some morning.
var Epoch = time.Date(2020, time.January, 1, 9, 0, 0, 0, time.UTC)

// Time is one line of virtual time. It is used by one goroutine at a time: the
// one in Run, and the tasks to which that hands over.
type Time struct {
	now     time.Duration
	future  future
	planned uint64
	current *task
	// alive are the tasks that have not ended.
	alive int
	// asleep are those that wait, in the order in which they began to.
	asleep []*Waiter
	// happened counts events.
	happened uint64
	over     bool
	// unwinding is set while the tasks are ended before their time.
	unwinding bool
}

// New begins a line of time.
func New() *Time { return &Time{} }

// Elapsed is the time since the epoch.
func (t *Time) Elapsed() time.Duration { return t.now }

// Now implements clock.Clock.
func (t *Time) Now() time.Time { return Epoch.Add(t.now) }

// Events is how many have happened.
func (t *Time) Events() uint64 { return t.happened }

// Action is what happens at a moment.
type Action interface{ Act() }

// Func is an Action.
type Func func()

// Act implements Action.
func (f Func) Act() { f() }

// After plans what happens later. Simultaneous events happen in the order in
// which they were planned.
func (t *Time) After(d time.Duration, a Action) {
	t.planned++
	t.future.push(event{at: t.now + max(0, d), order: t.planned, action: a})
}

// ErrStandstill means that tasks wait for something that will never happen.
var ErrStandstill = errors.New("virtual time stands still: tasks wait, and nothing is going to happen")

// Run runs a function as the first task, and lets time pass until it has
// returned. What is still planned then never happens; tasks that it did not
// wait for are ended. A panic of any task becomes one of Run.
func (t *Time) Run(first func()) error {
	defer t.end()
	t.start(func() {
		first()
		t.over = true
	})
	for !t.over {
		next, some := t.future.pop()
		if !some {
			return ErrStandstill
		}
		t.now = next.at
		t.happened++
		next.action.Act()
	}
	return nil
}

// Sleep implements clock.Clock.
func (t *Time) Sleep(ctx context.Context, d time.Duration) bool {
	if d > 0 && ctx.Err() == nil {
		w := t.NewWaiter()
		w.WaitFor(ctx, d)
	}
	return ctx.Err() == nil
}

// event is something that happens at a time.
type event struct {
	at     time.Duration
	order  uint64
	action Action
}

func (e *event) before(other *event) bool {
	return e.at < other.at || e.at == other.at && e.order < other.order
}

// future is a heap of events: package container/heap would box each of them.
type future struct{ list []event }

func (f *future) push(e event) {
	f.list = append(f.list, e)
	at := len(f.list) - 1
	for at > 0 {
		parent := (at - 1) / 2
		if !e.before(&f.list[parent]) {
			break
		}
		f.list[at] = f.list[parent]
		at = parent
	}
	f.list[at] = e
}

func (f *future) pop() (first event, some bool) {
	last := len(f.list) - 1
	if last < 0 {
		return event{}, false
	}
	first = f.list[0]
	e := f.list[last]
	f.list[last] = event{}
	f.list = f.list[:last]
	if last > 0 {
		f.sink(e)
	}
	return first, true
}

// sink finds the place of an event that takes that of the first.
func (f *future) sink(e event) {
	at := 0
	for {
		child := 2*at + 1
		if child >= len(f.list) {
			break
		}
		if right := child + 1; right < len(f.list) && f.list[right].before(&f.list[child]) {
			child = right
		}
		if !f.list[child].before(&e) {
			break
		}
		f.list[at] = f.list[child]
		at = child
	}
	f.list[at] = e
}
