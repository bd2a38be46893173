// Package generator says which operation comes next. A generator is a pure
// function of its seed: the n-th operation is the same in every run, whoever
// executes it and whenever. It knows neither clocks nor clients: how fast
// operations are executed, and by whom, is the harness's concern.
//
// A workload is built from a few Funcs, each of which makes one kind of
// operation and keeps what it must remember in its closure, and from the
// combinators that arrange them:
//
//	random := generator.Random(seed, "register")
//	load := generator.Mix(random,
//		generator.Weighted{Weight: 50, Of: generator.Func(read)},
//		generator.Weighted{Weight: 50, Of: generator.Func(write)})
//	final := generator.Sequence(generator.Limit(10, load), generator.Ops(last...))
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
