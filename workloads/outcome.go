package workloads

import (
	"errors"

	"github.com/assaykit/assay/harness/history"
)

// ErrMismatch is Invoke's answer to a compare-and-set whose comparison the
// system itself answered with "not equal". It had no effect.
var ErrMismatch = NoEffect(errors.New(history.Mismatch))

// NoEffect states that the operation which ended with this error certainly had
// no effect, now or later. It keeps the error's text and chain. A nil error
// stays nil.
func NoEffect(err error) error {
	if err == nil {
		return nil
	}
	return &noEffect{err}
}

type noEffect struct{ err error }

func (e *noEffect) Error() string { return e.err.Error() }
func (e *noEffect) Unwrap() error { return e.err }

// IsNoEffect says whether the error certainly had no effect: it, or an error that
// it wraps, was made by NoEffect. Where errors were joined, each of them must say
// so: one unknown outcome makes the whole unknown.
func IsNoEffect(err error) bool {
	switch e := err.(type) {
	case *noEffect:
		return true
	case interface{ Unwrap() error }:
		return IsNoEffect(e.Unwrap())
	case interface{ Unwrap() []error }:
		return all(e.Unwrap(), IsNoEffect)
	}
	return false
}

// all says whether there are errors and each of them is so.
func all(errs []error, is func(error) bool) bool {
	for _, err := range errs {
		if !is(err) {
			return false
		}
	}
	return len(errs) > 0
}
