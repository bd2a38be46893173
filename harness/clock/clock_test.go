package clock_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/clock"
)

func TestTheMachinesClock(t *testing.T) {
	ctx, cancel := clock.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if clock.Sleep(ctx, time.Hour) || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Errorf("an hour passed within a millisecond: %v", ctx.Err())
	}
	if !clock.Sleep(context.Background(), time.Microsecond) {
		t.Error("a context that never ends has ended")
	}
	if clock.IsVirtual(context.Background()) {
		t.Error("a context without a clock is virtual")
	}
}

func TestAGroupOfGoroutines(t *testing.T) {
	ctx, cancel := clock.WithCancel(context.Background())
	g := clock.NewGroup(ctx)
	ended := false
	g.Go(func() { ended = !clock.Sleep(ctx, time.Hour) })
	short, stop := clock.WithTimeout(ctx, time.Millisecond)
	defer stop()
	if g.WaitFor(short) {
		t.Error("waited for the group to its end")
	}
	cancel()
	if g.Wait(); !ended {
		t.Error("the group had not ended")
	}
}
