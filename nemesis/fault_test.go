package nemesis

import (
	"context"
	"errors"
	"testing"
	"time"
)

// What was wrong is told, and not that there was no time left to look again.
func TestTheLastComplaintIsNotThatTimeIsUp(t *testing.T) {
	cut := errors.New("n1->n2 is cut")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	first := true
	err := until(ctx, func(ctx context.Context) error {
		if first {
			first = false
			return cut
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, cut) {
		t.Errorf("got %v, want %v", err, cut)
	}
	err = until(ctx, func(ctx context.Context) error { return ctx.Err() })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nobody saw anything: got %v", err)
	}
}
