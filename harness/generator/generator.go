// Package generator says which operation comes next. A generator is a pure
// function of its seed: the n-th operation is the same in every run, whoever
// executes it and whenever.
package generator

import "github.com/assaykit/assay/harness/history"

// Generator gives operations one after another: F, Key, Value and Final are
// set, the rest is the harness's. It is used by one goroutine at a time.
type Generator interface {
	// Next returns the next operation, or false when there are no more. done is
	// the history's last completion by the worker that asks (nil at first): only
	// the generators of a final phase may look at it, for they end by what they
	// see (a queue that is empty), and what others do must not depend on timing.
	Next(done *history.Op) (history.Op, bool)
}
