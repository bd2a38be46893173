package nemesis

import (
	"context"
	"errors"
	"time"
)

// flapping is a partition that comes and goes. It is verified while it holds for
// the first time, then it begins to flap.
type flapping struct {
	partition
	period time.Duration

	stop context.CancelFunc
	// ended has the error with which the flapping ended.
	ended chan error
}

func (f *flapping) verify(ctx context.Context) error {
	if err := f.partition.verify(ctx); err != nil {
		return err
	}
	ctx, f.stop = context.WithCancel(context.WithoutCancel(ctx))
	f.ended = make(chan error, 1)
	go func() { f.ended <- f.flap(ctx) }()
	return nil
}

func (f *flapping) flap(ctx context.Context) error {
	for cut := false; wait(ctx, f.period); cut = !cut {
		change := f.partition.heal
		if cut {
			change = f.partition.inject
		}
		if err := change(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

func (f *flapping) heal(ctx context.Context) error {
	var flapped error
	if f.stop != nil {
		f.stop()
		flapped = <-f.ended
		f.stop = nil
	}
	return errors.Join(flapped, f.partition.heal(ctx))
}
