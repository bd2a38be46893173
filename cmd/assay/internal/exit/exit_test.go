package exit_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
)

func TestCodeAndMessage(t *testing.T) {
	tests := []struct {
		name    string
		err     error
		code    int
		message string
	}{
		{"nothing", nil, 0, ""},
		{"valid", exit.Judged(checkers.Valid), 0, ""},
		{"invalid", exit.Judged(checkers.Invalid), 1, ""},
		{"unknown", exit.Judged(checkers.Unknown), 2, ""},
		{"somebody else's", exit.As(7), 7, ""},
		{"somebody else's success", exit.As(0), 0, ""},
		{"infrastructure", errors.New("start n1: no"), 3, "assay: start n1: no"},
		{"usage", exit.Misuse("unknown target %q", "x"), 4, `assay: unknown target "x"`},
		{"wrapped usage", fmt.Errorf("test: %w", exit.Misuse("no")), 4, "assay: test: no"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if code := exit.Code(test.err); code != test.code {
				t.Errorf("code %d, want %d", code, test.code)
			}
			if message := exit.Message(test.err); message != test.message {
				t.Errorf("message %q, want %q", message, test.message)
			}
		})
	}
}
