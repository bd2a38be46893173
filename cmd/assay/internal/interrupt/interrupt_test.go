package interrupt_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/cmd/assay/internal/interrupt"
)

func TestFirstSignalStopsAndSecondLeaves(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			first, second := make(chan struct{}, 1), make(chan struct{}, 1)
			ctx, stop := interrupt.Watch(context.Background(),
				func() { first <- struct{}{} }, func() { second <- struct{}{} })
			defer stop()

			raise(t, sig)
			await(t, first, "the first reaction")
			await(t, ctx.Done(), "the end of the context")
			if len(second) > 0 {
				t.Fatal("one signal was taken for two")
			}
			raise(t, sig)
			await(t, second, "the second reaction")
		})
	}
}

func TestStopWithoutSignalEndsTheContext(t *testing.T) {
	ctx, stop := interrupt.Watch(context.Background(), func() { t.Error("called") }, func() { t.Error("called") })
	if ctx.Err() != nil {
		t.Fatal("ended before any signal")
	}
	stop()
	if ctx.Err() == nil {
		t.Fatal("goes on after stop")
	}
}

func raise(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(syscall.Getpid(), sig); err != nil {
		t.Fatal(err)
	}
}

func await(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(time.Minute):
		t.Fatalf("waited a minute for %s", what)
	}
}
