package docker

import (
	"context"
	"errors"
	"time"
)

// poll is how often something is tried again.
const poll = 20 * time.Millisecond

// eventually tries until it is done or the context ends; the error is that of
// the last attempt, of the one before if that was cut off.
func eventually(ctx context.Context, try func() (done bool, err error)) error {
	var last error
	for {
		done, err := try()
		if done {
			return err
		}
		if ctx.Err() == nil || last == nil { // a question that was cut off tells nothing
			last = err
		}
		select {
		case <-ctx.Done():
			return errors.Join(last, context.Cause(ctx))
		case <-time.After(poll):
		}
	}
}

// The limits of requests that must not be cut short. An engine that is busy takes
// its time to make things.
const (
	makingTakes   = 2 * time.Minute
	removingTakes = 30 * time.Second
)

// uninterrupted is a context for requests that must not be cut short: those that
// make something, which the engine would go on making when nobody waits for it
// any more, and those that take something back.
func uninterrupted(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), limit)
}
