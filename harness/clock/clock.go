// Package clock is where everything that waits while a run lasts gets its time
// from: a context carries a clock, and without one it is that of the machine.
// In virtual time (harness/sim/virtual) nothing may wait in any other way, and
// nothing may start a goroutine but through a Group: that is what makes a run
// the same each time.
package clock

import (
	"context"
	"sync"
	"time"
)

// Clock is a way for time to pass.
type Clock interface {
	Now() time.Time
	// Sleep waits for a time; false means that the context has ended. What takes
	// no time is over at once.
	Sleep(ctx context.Context, d time.Duration) bool
	// WithTimeout and WithCancel are those of package context.
	WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)
	WithCancel(ctx context.Context) (context.Context, context.CancelFunc)
	NewGroup() Group
}

// Group is functions that run at the same time.
type Group interface {
	Go(do func())
	// Wait waits until all of them have returned.
	Wait()
	// WaitFor does so too, but not beyond the end of the context, which it tells
	// by false.
	WaitFor(ctx context.Context) bool
}

type key struct{}

// With gives a context a clock.
func With(ctx context.Context, c Clock) context.Context { return context.WithValue(ctx, key{}, c) }

// From is the context's clock.
func From(ctx context.Context) Clock {
	if c, ok := ctx.Value(key{}).(Clock); ok {
		return c
	}
	return machine{}
}

// Now is what time it is.
func Now(ctx context.Context) time.Time { return From(ctx).Now() }

// Until is how long it takes until a moment.
func Until(ctx context.Context, t time.Time) time.Duration { return t.Sub(Now(ctx)) }

// Sleep waits for a time; false means that the context has ended.
func Sleep(ctx context.Context, d time.Duration) bool { return From(ctx).Sleep(ctx, d) }

// WithTimeout is context.WithTimeout by the context's clock.
func WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return From(ctx).WithTimeout(ctx, d)
}

// WithCancel is context.WithCancel for contexts that carry a clock.
func WithCancel(ctx context.Context) (context.Context, context.CancelFunc) {
	return From(ctx).WithCancel(ctx)
}

// NewGroup begins a group of functions.
func NewGroup(ctx context.Context) Group { return From(ctx).NewGroup() }

// IsVirtual says that time does not pass by itself.
func IsVirtual(ctx context.Context) bool {
	_, real := From(ctx).(machine)
	return !real
}

// machine is the clock of this machine.
type machine struct{}

func (machine) Now() time.Time { return time.Now() }

func (machine) Sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (machine) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

func (machine) WithCancel(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func (machine) NewGroup() Group { return &group{} }

// group is a Group of goroutines.
type group struct{ sync.WaitGroup }

func (g *group) WaitFor(ctx context.Context) bool {
	done := make(chan struct{})
	// It ends with the group, for which somebody waits after all.
	go func() {
		defer close(done)
		g.Wait()
	}()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
