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
	background
	period time.Duration
}

func (f *flapping) verify(ctx context.Context) error {
	if err := f.partition.verify(ctx); err != nil {
		return err
	}
	f.begin(ctx, f.flap)
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
	return errors.Join(f.end(), f.partition.heal(ctx))
}
