package virtual

import (
	"context"
	"slices"
	"time"
)

// scope is a context that ends in virtual time.
type scope struct {
	context.Context
	time *Time
	// outer is the scope around it, which may not be able to end it.
	outer *scope
	// deadline is a time since the epoch.
	deadline    time.Duration
	hasDeadline bool
	cancelled   bool
	// waiting counts the tasks that wait in this scope, or in one within it.
	waiting int
	done    chan struct{}
}

type scopeKey struct{}

// WithTimeout implements clock.Clock.
func (t *Time) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	s := t.scope(ctx)
	s.deadline, s.hasDeadline = t.now+d, true
	return s, s.cancel
}

// WithCancel implements clock.Clock.
func (t *Time) WithCancel(ctx context.Context) (context.Context, context.CancelFunc) {
	s := t.scope(ctx)
	return s, s.cancel
}

func (t *Time) scope(ctx context.Context) *scope {
	outer, _ := ctx.Value(scopeKey{}).(*scope)
	return &scope{Context: ctx, time: t, outer: outer}
}

func (s *scope) Value(key any) any {
	if key == (scopeKey{}) {
		return s
	}
	return s.Context.Value(key)
}

func (s *scope) Deadline() (time.Time, bool) {
	outer, some := s.Context.Deadline()
	if !s.hasDeadline {
		return outer, some
	}
	own := Epoch.Add(s.deadline)
	if some && outer.Before(own) {
		return outer, true
	}
	return own, true
}

func (s *scope) Err() error {
	switch {
	case s.hasDeadline && s.time.now >= s.deadline:
		return context.DeadlineExceeded
	case s.cancelled:
		return context.Canceled
	}
	return s.Context.Err()
}

// Done is a channel like that of any other context, for contexts of package
// context that are made of this one. No task may wait for it.
func (s *scope) Done() <-chan struct{} {
	if s.done == nil {
		s.done = make(chan struct{})
		if deadline, some := s.Deadline(); some {
			s.time.After(deadline.Sub(Epoch)-s.time.now, Func(s.close))
		}
		if s.Err() != nil {
			s.close()
		}
	}
	return s.done
}

func (s *scope) close() {
	select {
	case <-s.done:
	default:
		close(s.done)
	}
}

// cancel ends the scope, and wakes those who wait in it.
func (s *scope) cancel() {
	if s.cancelled {
		return
	}
	s.cancelled = true
	if s.done != nil {
		s.close()
	}
	if s.waiting == 0 {
		return
	}
	for _, w := range slices.Clone(s.time.asleep) {
		if w.ctx.Err() != nil {
			w.Wake()
		}
	}
}

// count notes that a task waits here, or does not any more.
func (s *scope) count(change int) {
	for ; s != nil; s = s.outer {
		s.waiting += change
	}
}
