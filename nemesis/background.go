package nemesis

import (
	"context"

	"github.com/assaykit/assay/harness/clock"
)

// background is a part of a fault that goes on while the fault holds. Its owner ends
// it, and waits for that. The zero value has ended.
type background struct {
	cancel context.CancelFunc
	group  clock.Group
	ended  error
}

// begin starts it. The function ends soon after its context.
func (b *background) begin(ctx context.Context, do func(context.Context) error) {
	ctx, b.cancel = clock.WithCancel(context.WithoutCancel(ctx))
	b.group = clock.NewGroup(ctx)
	b.group.Go(func() { b.ended = do(ctx) })
}

// end stops it, and returns the error that it has ended with, once.
func (b *background) end() error {
	if b.cancel == nil {
		return nil
	}
	b.cancel()
	b.cancel = nil
	b.group.Wait()
	return b.ended
}

// finish waits until it ends by itself, or stops it when the context ends.
func (b *background) finish(ctx context.Context) error {
	if b.cancel == nil {
		return nil
	}
	b.group.WaitFor(ctx)
	return b.end()
}
