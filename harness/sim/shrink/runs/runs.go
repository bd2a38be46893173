// Package runs makes failing simulated runs smaller: fewer nodes, clients, operations,
// faults and disturbed messages, and simpler times and values, until a person can
// follow what is left. What comes out fails by the same anomaly as what went in, as
// the same checkers judge, and can be repeated byte for byte.
package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/sim"
	"github.com/assaykit/assay/harness/sim/shrink"
	"github.com/assaykit/assay/harness/sim/world"
)

// Options say how much the search for a smaller run may cost.
type Options struct {
	// Budget is how long it may take, by the machine's clock; 30 s.
	Budget time.Duration
	// Progress is told of every smaller run; nil is nobody.
	Progress func(Size)
}

// Result is the smallest run that was found.
type Result struct {
	// Outcome has happened with a trace, in which the violation is marked.
	Outcome *sim.Outcome
	// Anomaly is what the run fails by, and did before.
	Anomaly string
	// Before and After are the sizes, Tries how many runs were made to get there.
	Before, After Size
	Tries         int
	// Ended says that the budget had an end before the passes had.
	Ended bool
	// Took is how long it took, by the machine's clock.
	Took time.Duration
}

// ErrNotFailing says that a run gives nothing to look for.
var ErrNotFailing = errors.New("the run does not fail: there is nothing to make smaller")

// search is a search for a smaller run.
type search = shrink.Search[sim.Plan, *sim.Outcome]

// Shrink looks for a smaller run that fails as one did. If the context ends, or the
// budget, the smallest so far is the result. An error means that the failing run
// could not even be repeated.
func Shrink(ctx context.Context, target world.Target, failed *sim.Outcome, o Options) (*Result, error) {
	began := time.Now()
	anomaly := Anomaly(failed.Verdict)
	if anomaly == "" {
		return nil, ErrNotFailing
	}
	run := func(ctx context.Context, p sim.Plan) (*sim.Outcome, bool) {
		out, err := sim.Run(ctx, target, p, sim.Options{Budget: judging})
		if err != nil || Anomaly(out.Verdict) != anomaly {
			return nil, false
		}
		if o.Progress != nil {
			o.Progress(SizeOf(out))
		}
		return out, true
	}
	plan := failed.Explicit()
	out, fails := run(ctx, plan)
	if !fails {
		return nil, fmt.Errorf("the run of seed %d does not fail by %s again when all its choices are given", plan.Seed, anomaly)
	}
	budget := o.Budget
	if budget == 0 {
		budget = defaultBudget
	}
	bounded, stop := context.WithTimeout(ctx, budget)
	defer stop()
	s := shrink.New(bounded, plan, out, run, nameOf)
	s.Variants = otherSeeds
	s.Shrink(passes()...)
	return finish(context.WithoutCancel(ctx), target, s, &Result{Anomaly: anomaly, Before: SizeOf(failed), Took: time.Since(began)})
}

const (
	defaultBudget = 30 * time.Second
	// judging is how long the checkers may take for one of many small runs.
	judging = 10 * time.Second
)

// finish lets the smallest run happen once more, with a trace.
func finish(ctx context.Context, target world.Target, s *search, r *Result) (*Result, error) {
	out, err := sim.Run(ctx, target, s.Best, sim.Options{Trace: true, Budget: judging})
	if err != nil {
		return nil, fmt.Errorf("repeat the smallest run: %w", err)
	}
	if out.Sum != s.Outcome.Sum {
		return nil, fmt.Errorf("the smallest run is another one when it is repeated: hash %x, then %x", s.Outcome.Sum, out.Sum)
	}
	Mark(out)
	r.Outcome, r.After, r.Tries, r.Ended = out, SizeOf(out), s.Tries, s.Over()
	return r, nil
}

// Anomaly is what a verdict fails by: the name of its first finding. It is empty if
// it does not fail.
func Anomaly(v checkers.Verdict) string {
	if f, ok := firstFinding(v); ok {
		return f.Anomaly
	}
	return ""
}

func firstFinding(v checkers.Verdict) (checkers.Finding, bool) {
	if v.Validity != checkers.Invalid {
		return checkers.Finding{}, false
	}
	if len(v.Findings) > 0 {
		return v.Findings[0], true
	}
	for _, part := range v.Parts {
		if f, ok := firstFinding(part); ok {
			return f, true
		}
	}
	return checkers.Finding{}, false
}

// nameOf says all of a plan.
func nameOf(p sim.Plan) string {
	var b strings.Builder
	if err := p.Write(&b); err != nil {
		panic(fmt.Sprintf("a plan that cannot be written: %v", err)) // it was, when it was explicit
	}
	return b.String()
}

// otherSeeds are a small plan with other chances: how long messages take, and what
// actors draw. Of a large plan one try costs as much as many of a small one.
func otherSeeds(p sim.Plan) []sim.Plan {
	const seeds, small = 8, 60
	if len(p.Operations)+len(p.Final) > small {
		return nil
	}
	var all []sim.Plan
	for seed := range int64(seeds) {
		other := p
		other.Seed = seed + 1
		all = append(all, other)
	}
	return slices.DeleteFunc(all, func(other sim.Plan) bool { return other.Seed == p.Seed })
}
