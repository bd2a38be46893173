// Package runs finds small simulated runs that fail like large ones: with fewer nodes,
// clients, operations, faults and disturbed messages, and simpler times and values, until
// a person can follow what is left. What comes out fails by the same anomaly as what went
// in, as the same checkers judge, and can be repeated byte for byte.
package runs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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
}

// Result is the smallest run that was found. That is one that fails by the same
// anomaly, and may be another than the failing run made smaller.
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

// undertaking is all that is done to find the smallest run: searches that begin with
// the run that failed, and with small ones that fail in the same way.
type undertaking struct {
	run shrink.Run[sim.Plan, *sim.Outcome]
	// failed is the explicit plan of the run that failed, outcome what it led to again.
	failed  sim.Plan
	outcome *sim.Outcome
	chance  *rand.Rand
	tries   int
	// best is the smallest run so far.
	best *search
}

// Shrink looks for a smaller run that fails as one did. If the context ends, or the
// budget, the smallest so far is the result. An error means that the failing run
// could not even be repeated.
func Shrink(ctx context.Context, target world.Target, failed *sim.Outcome, o Options) (*Result, error) {
	began := time.Now()
	anomaly := Anomaly(failed.Verdict)
	if anomaly == "" {
		return nil, ErrNotFailing
	}
	u := undertaking{run: failing(target, anomaly), failed: failed.Explicit()}
	u.chance = rand.New(rand.NewPCG(uint64(u.failed.Seed), 0x736872696e6b))
	var fails bool
	if u.outcome, fails = u.run(ctx, u.failed); !fails {
		return nil, fmt.Errorf("the run of seed %d does not fail by %s again when all its choices are given", u.failed.Seed, anomaly)
	}
	budget := o.Budget
	if budget == 0 {
		budget = defaultBudget
	}
	bounded, stop := context.WithTimeout(ctx, budget)
	defer stop()
	u.search(bounded)
	r := &Result{Anomaly: anomaly, Before: SizeOf(failed), Tries: u.tries, Ended: bounded.Err() != nil}
	if err := r.finish(context.WithoutCancel(ctx), target, u.best); err != nil {
		return nil, err
	}
	r.Took = time.Since(began)
	return r, nil
}

// failing runs plans and says whether they fail by the anomaly.
func failing(target world.Target, anomaly string) shrink.Run[sim.Plan, *sim.Outcome] {
	return func(ctx context.Context, p sim.Plan) (*sim.Outcome, bool) {
		out, err := sim.Run(ctx, target, p, sim.Options{Budget: judging})
		if err != nil || Anomaly(out.Verdict) != anomaly {
			return nil, false
		}
		return out, true
	}
}

// search makes the failing run smaller if it is small already. Otherwise it makes small
// runs that fail smaller for most of the time, the smallest ones first, and then, for
// half of what is left, the failing run itself, until there is one that a person can
// follow. Where neither is enough, larger ones have their turns.
func (u *undertaking) search(ctx context.Context) {
	u.best = shrink.New(ctx, u.failed, u.outcome, u.run, nameOf)
	if u.small() {
		u.shrink(ctx, u.failed, u.outcome)
		return
	}
	u.within(ctx, 0.8, func(ctx context.Context) { u.begin(ctx, 10, 20, 40, 60, 30, 60) })
	if u.small() {
		return
	}
	u.within(ctx, 0.5, func(ctx context.Context) { u.shrink(ctx, u.failed, u.outcome) })
	if u.small() {
		return
	}
	if u.begin(ctx, 30, 60, 100, 30, 60, 100, 30, 60, 100); u.small() {
		return
	}
	u.shrink(ctx, u.best.Best, u.best.Outcome)
}

// within does something in a part of the time that is left.
func (u *undertaking) within(ctx context.Context, part float64, do func(context.Context)) {
	if deadline, some := ctx.Deadline(); some {
		bounded, stop := context.WithTimeout(ctx, time.Duration(part*float64(time.Until(deadline))))
		defer stop()
		ctx = bounded
	}
	do(ctx)
}

func (u *undertaking) small() bool { return SizeOf(u.best.Outcome).small() }

// begin makes runs of about so many operations smaller, until one is small. What is
// stuck far from that had better make room for another beginning.
func (u *undertaking) begin(ctx context.Context, sizes ...int) {
	for _, operations := range sizes {
		plan, out, found := u.anew(ctx, operations)
		if !found {
			continue
		}
		if u.within(ctx, 0.25, func(ctx context.Context) { u.shrink(ctx, plan, out) }); u.small() {
			return
		}
	}
}

// shrink makes one run smaller, and keeps it if none is smaller yet.
func (u *undertaking) shrink(ctx context.Context, plan sim.Plan, out *sim.Outcome) {
	s := shrink.New(ctx, plan, out, u.run, nameOf)
	s.Variants = usually
	s.Shrink(passes()...)
	u.tries += s.Tries
	if SizeOf(s.Outcome).weight() <= SizeOf(u.best.Outcome).weight() {
		u.best = s
	}
}

const (
	defaultBudget = 30 * time.Second
	// judging is how long the checkers may take for one of many small runs.
	judging = 10 * time.Second
)

// finish lets the smallest run happen once more, with a trace.
func (r *Result) finish(ctx context.Context, target world.Target, s *search) error {
	out, err := sim.Run(ctx, target, s.Best, sim.Options{Trace: true, Budget: judging})
	if err != nil {
		return fmt.Errorf("repeat the smallest run: %w", err)
	}
	if out.Sum != s.Outcome.Sum {
		return fmt.Errorf("the smallest run is another one when it is repeated: hash %x, then %x", s.Outcome.Sum, out.Sum)
	}
	Mark(out)
	r.Outcome, r.After = out, SizeOf(out)
	return nil
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
func otherSeeds(seeds, largest int) func(sim.Plan) []sim.Plan {
	return func(p sim.Plan) []sim.Plan {
		if len(p.Operations)+len(p.Final) > largest {
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
}

// usually are the chances that every plan gets.
var usually = otherSeeds(8, 60)
