// Package series runs a test several times: over seeds, again and again, until it
// fails, or for as long as a budget lasts. Every run is told, and the gravest result
// is that of the whole: a valid run never hides one that is not. It knows runs only
// through the function that executes one.
package series

import (
	"context"
	"slices"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness"
)

// Series says which runs there are to be. Its zero value is one run with seed 0.
type Series struct {
	// Seeds are tried in this order. If there are none, each round has a seed of its
	// own: First, First+1 and so on.
	Seeds []int64
	First int64
	// Repeat is how often each seed is tried; 0 means once. Real systems do not do the
	// same twice.
	Repeat int
	// UntilFailure goes on until a run is invalid or could not take place. Without
	// Seeds and Repeat only that, the budget or the context ends the series.
	UntilFailure bool
	// Budget ends it before the first run that would probably not fit; 0 is none. The
	// first run always takes place.
	Budget time.Duration
	// Expected is how long one run takes, until one has shown it.
	Expected time.Duration
}

// Runner executes the test with a seed.
type Runner func(ctx context.Context, seed int64) (harness.Outcome, error)

// Run executes the series, and calls each after every run. It ends early when the context
// does: the run that is cut short counts with the verdict that it has.
func (s Series) Run(ctx context.Context, run Runner, each func(Result)) Summary {
	began := time.Now()
	longest := s.Expected
	var sum Summary
	for n := 0; ; n++ {
		seed, more := s.seed(n)
		switch {
		case !more:
			sum.End = "all runs were made"
			return sum
		case ctx.Err() != nil:
			sum.End, sum.Interrupted = "it was interrupted", true
			return sum
		case n > 0 && s.Budget > 0 && time.Since(began)+longest > s.Budget:
			sum.End = "the budget of " + s.Budget.String() + " has no room for another run"
			return sum
		}
		result := execute(ctx, run, seed)
		if n == 0 {
			longest = 0 // what was expected is known now
		}
		longest = max(longest, result.Took)
		sum.Results = append(sum.Results, result)
		each(result)
		if s.UntilFailure && result.Failed() {
			sum.End = "a run failed"
			return sum
		}
	}
}

// seed is that of the nth run, counted from 0, if there is one.
func (s Series) seed(n int) (seed int64, more bool) {
	repeat := max(1, s.Repeat)
	if len(s.Seeds) > 0 {
		if n >= len(s.Seeds)*repeat {
			return 0, false
		}
		return s.Seeds[n/repeat], true
	}
	if s.Repeat == 0 && (s.UntilFailure || s.Budget > 0) {
		return s.First + int64(n), true
	}
	return s.First, n < repeat
}

func execute(ctx context.Context, run Runner, seed int64) Result {
	began := time.Now()
	outcome, err := run(ctx, seed)
	return Result{Seed: seed, Outcome: outcome, Err: err, Took: time.Since(began)}
}

// Result is one run of a series.
type Result struct {
	Seed    int64
	Outcome harness.Outcome
	// Err is an infrastructure error, which is no verdict.
	Err  error
	Took time.Duration
}

// Failed says that a promise was broken or that the run could not take place. A run that
// proves nothing has not failed.
func (r Result) Failed() bool {
	return r.Err != nil || r.Outcome.Verdict.Validity == checkers.Invalid
}

// Grade is how grave a result is.
type Grade int

// The grades, the least grave first.
const (
	Valid Grade = iota
	Unknown
	Infrastructure
	Invalid
)

// String is the grade's word.
func (g Grade) String() string {
	return [...]string{"valid", "unknown", "infrastructure", "invalid"}[g]
}

// Grade is that of the run.
func (r Result) Grade() Grade {
	switch {
	case r.Err == nil && r.Outcome.Verdict.Validity == checkers.Valid:
		return Valid
	case r.Outcome.Verdict.Validity == checkers.Invalid:
		return Invalid
	case r.Err != nil:
		return Infrastructure
	}
	return Unknown
}

// Anomalies are the names of what was found, each once, in the verdict's order.
func (r Result) Anomalies() []string {
	var names []string
	for _, f := range r.Outcome.Verdict.Findings {
		if !slices.Contains(names, f.Anomaly) {
			names = append(names, f.Anomaly)
		}
	}
	return names
}

// Summary is a series after it happened.
type Summary struct {
	Results []Result
	// End says why there were no more runs.
	End string
	// Interrupted is set if the context ended it.
	Interrupted bool
}

// Grade is the gravest of all results; that of none is Unknown.
func (s Summary) Grade() Grade {
	if len(s.Results) == 0 {
		return Unknown
	}
	gravest := Valid
	for _, r := range s.Results {
		gravest = max(gravest, r.Grade())
	}
	return gravest
}

// Count says how many results have the grade.
func (s Summary) Count(g Grade) int {
	n := 0
	for _, r := range s.Results {
		if r.Grade() == g {
			n++
		}
	}
	return n
}
