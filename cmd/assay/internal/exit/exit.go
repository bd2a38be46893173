// Package exit says how the program ends: it is the one place where errors
// become exit codes. It prints nothing.
package exit

import (
	"errors"
	"fmt"

	"github.com/assaykit/assay/checkers"
)

// Exit codes.
const (
	Valid          = 0
	Invalid        = 1
	Unknown        = 2
	Infrastructure = 3
	Usage          = 4
	// Abandoned is the code after a second interrupt: nothing was healed, checked
	// or removed. It is what a shell reports for a program that SIGINT ended.
	Abandoned = 130
)

// Table explains the codes in the help text.
const Table = `Exit codes:
  0    valid: the promises were kept
  1    invalid: a promise was broken, the report shows where
  2    unknown: the run proves nothing, the reason is printed
  3    infrastructure: the run could not take place
  4    usage: wrong arguments
  130  interrupted twice; 'assay clean' removes what was left`

// ErrUsage is wrapped by errors that a user mends by other arguments.
var ErrUsage = errors.New("usage")

// Misuse is a usage error. Its text is the formatted one alone.
func Misuse(format string, args ...any) error {
	return &misuse{fmt.Errorf(format, args...)}
}

type misuse struct{ error }

func (m *misuse) Unwrap() []error { return []error{ErrUsage, m.error} }

// silent is the "error" of a command that has printed everything itself.
type silent int

func (s silent) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// Judged ends a command whose verdict was printed.
func Judged(v checkers.Validity) error {
	switch v {
	case checkers.Valid:
		return nil
	case checkers.Invalid:
		return silent(Invalid)
	default:
		return silent(Unknown)
	}
}

// As ends a command with a code that somebody else has chosen.
func As(code int) error {
	if code == 0 {
		return nil
	}
	return silent(code)
}

// Code is the exit code for what a command returned.
func Code(err error) int {
	var s silent
	switch {
	case err == nil:
		return Valid
	case errors.As(err, &s):
		return int(s)
	case errors.Is(err, ErrUsage):
		return Usage
	default:
		return Infrastructure
	}
}

// Message is the line for standard error, or "" if there is nothing to say.
func Message(err error) string {
	var s silent
	if err == nil || errors.As(err, &s) {
		return ""
	}
	return "assay: " + err.Error()
}
