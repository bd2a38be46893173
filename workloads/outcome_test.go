package workloads

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestNoEffectIsStatedOnPurpose(t *testing.T) {
	refused := NoEffect(errors.New("refused"))
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"nil", nil, false},
		{"NoEffect of nil", NoEffect(nil), false},
		{"any error", io.EOF, false},
		{"deadline", context.DeadlineExceeded, false},
		{"NoEffect", refused, true},
		{"wrapped", fmt.Errorf("write r1 on n2: %w", fmt.Errorf("again: %w", refused)), true},
		{"NoEffect of a deadline", NoEffect(context.DeadlineExceeded), true},
		{"joined, all without effect", errors.Join(refused, NoEffect(io.EOF)), true},
		{"joined with an unknown one", errors.Join(refused, io.EOF), false},
		{"two wrapped, one unknown", fmt.Errorf("%w after %w", refused, io.EOF), false},
		{"mismatch", ErrMismatch, true},
	}
	for _, test := range tests {
		if got := IsNoEffect(test.err); got != test.want {
			t.Errorf("%s: got %v", test.name, got)
		}
	}
	if NoEffect(nil) != nil {
		t.Error("NoEffect made an error of nil")
	}
	if err := NoEffect(fmt.Errorf("read: %w", io.EOF)); !errors.Is(err, io.EOF) || err.Error() != "read: EOF" {
		t.Errorf("NoEffect hides what it wraps: %v", err)
	}
	if !errors.Is(fmt.Errorf("cas r1: %w", ErrMismatch), ErrMismatch) || ErrMismatch.Error() != "mismatch" || errors.Is(refused, ErrMismatch) {
		t.Error("a mismatch is not told from other errors")
	}
}
