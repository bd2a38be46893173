package workloads

import (
	"context"
	"errors"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// sendRetries is how clients of many systems are set: they send again what was not
// acknowledged in time.
var sendRetries = number{key: "retries", otherwise: 0, low: 0, high: 20,
	about: "how often a client sends a message again, within one operation, that was not acknowledged in its share of the operation's time"}

// retrying makes the call send again until it is acknowledged.
func retrying(retries int, call Call) Call {
	if retries == 0 {
		return call
	}
	return func(ctx context.Context, c cluster.Client) (v history.Value, note func(), err error) {
		err = persist(ctx, retries, func(ctx context.Context) error {
			v, note, err = call(ctx, c)
			return err
		})
		return v, note, err
	}
}

// persist tries up to retries times more, each time for an equal share of the time that
// is left. Of a try whose outcome is unknown nobody knows afterwards whether it had an
// effect, however the others ended.
func persist(ctx context.Context, retries int, try func(context.Context) error) error {
	var doubt error
	for left := retries; ; left-- {
		err := tryFor(ctx, share(ctx, left+1), try)
		switch {
		case err == nil:
			return nil
		case !IsNoEffect(err):
			doubt = err
		case doubt != nil:
			err = errors.Join(err, doubt)
		}
		if left == 0 || ctx.Err() != nil {
			return err
		}
	}
}

func tryFor(ctx context.Context, within time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return try(ctx)
}

// share is one of so many of the time that is left.
func share(ctx context.Context, of int) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Second
	}
	return time.Until(deadline) / time.Duration(of)
}

// producer is the memory of a client that sends again.
type producer struct{ retries int }

func (producer) Disconnected() {}

func (p producer) Next(_ context.Context, wish history.Op) Step {
	call := plain(queue{}, wish)
	if wish.F == sendQueue {
		call = retrying(p.retries, call)
	}
	return Step{Op: wish, Call: call}
}
