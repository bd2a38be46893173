// Package shrink makes a failing plan smaller while it keeps failing in the same
// way, so that a person can follow what is left. A plan is a value, to run it gives
// the same outcome every time, and what is smaller is said by passes: functions that
// try smaller plans. What comes out fails as what went in did; that nothing smaller
// would is not promised.
package shrink

import (
	"context"
	"slices"
)

// Search is the hunt for a smaller plan P, whose run gives an outcome O.
type Search[P, O any] struct {
	// Best is the smallest plan found so far that fails, Outcome what it led to.
	Best    P
	Outcome O
	// Tries is how many plans were run.
	Tries int
	// Variants are plans that are as good as one, to be tried in its place should it
	// not fail: where chance is at work, something smaller may fail by another chance
	// only. Nil is none.
	Variants func(P) []P

	ctx  context.Context
	run  Run[P, O]
	name func(P) string
	// tried are the names of all plans that were run, and of those that need not be.
	tried map[string]bool
}

// Run runs a plan and says whether it fails in the way in question. A run that the
// context has ended does not count as failing.
type Run[P, O any] func(ctx context.Context, plan P) (outcome O, fails bool)

// Pass tries smaller plans. It ends when it knows no more, or when the search is
// over.
type Pass[P, O any] func(*Search[P, O])

// New begins with a plan that fails and its outcome. The name of a plan says all of
// it: two of the same name are not run twice. The context is the budget.
func New[P, O any](ctx context.Context, plan P, outcome O, run Run[P, O], name func(P) string) *Search[P, O] {
	return &Search[P, O]{
		Best: plan, Outcome: outcome,
		ctx: ctx, run: run, name: name, tried: map[string]bool{name(plan): true},
	}
}

// Try runs a plan, and then its variants, and makes the first that fails the best
// one.
func (s *Search[P, O]) Try(plan P) bool {
	if s.try(plan) {
		return true
	}
	if s.Variants == nil {
		return false
	}
	return slices.ContainsFunc(s.Variants(plan), s.try)
}

func (s *Search[P, O]) try(plan P) bool {
	name := s.name(plan)
	if s.Over() || s.tried[name] {
		return false
	}
	s.tried[name] = true
	s.Tries++
	outcome, fails := s.run(s.ctx, plan)
	if !fails || s.ctx.Err() != nil {
		return false
	}
	s.Best, s.Outcome = plan, outcome
	return true
}

// Over says that the budget is used up.
func (s *Search[P, O]) Over() bool { return s.ctx.Err() != nil }

// Shrink goes through the passes in their order, again and again until none of them
// finds anything: what one has removed may be what another one needed to be there.
func (s *Search[P, O]) Shrink(passes ...Pass[P, O]) {
	for before := ""; before != s.name(s.Best) && !s.Over(); {
		before = s.name(s.Best)
		for _, pass := range passes {
			pass(s)
		}
	}
}
