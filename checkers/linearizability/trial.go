package linearizability

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// trial is the case of one register.
type trial struct {
	register *register
	// ops are the register's operations after refinement, and values how many
	// values there are to them.
	ops    []operation
	values int

	outcome outcome
	// contradiction is set if it is illegal for a reason that needed no search.
	contradiction *contradiction
	explanation   *explanation
}

func newTrial(r *register) *trial { return &trial{register: r} }

// prepare makes a trial ready for the search, or decides it without one.
func (t *trial) prepare(ctx context.Context, search engine) {
	parsed := len(t.register.values)
	t.ops, t.values = refine(t.register.ops, parsed), parsed+1
	found := detect(t.register, t.ops, t.values)
	if found == nil {
		return
	}
	// A contradiction is believed when its few operations have no order by
	// themselves. It always is; but so nothing rests on the detection alone. That
	// takes no time worth counting, so that the end of the budget does not hide
	// what was found.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if search(ctx, alone(t.ops, found.witness(), t.values)) == illegal {
		t.contradiction, t.outcome = found, illegal
	}
}

// decide decides the trials. Each gets a little time first, and the hard ones
// more and more of it: so the easy ones are decided even if the hard ones
// never are.
func (c checker) decide(ctx context.Context, until time.Time, trials []*trial) {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	c.each(trials, func(t *trial) { t.prepare(ctx, c.search) })
	const first, growth = 250 * time.Millisecond, 8
	for slice := first; ctx.Err() == nil; slice *= growth {
		open := slices.DeleteFunc(slices.Clone(trials), func(t *trial) bool { return t.outcome != undecided })
		if len(open) == 0 {
			return
		}
		c.each(open, func(t *trial) {
			ctx, cancel := context.WithTimeout(ctx, slice)
			defer cancel()
			t.outcome = c.search(ctx, t.ops)
		})
	}
}

// explain puts the gravest contradictions into words.
func (c checker) explain(ctx context.Context, within time.Duration, trials []*trial) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	guilty := slices.DeleteFunc(slices.Clone(trials), func(t *trial) bool { return t.outcome != illegal })
	slices.SortStableFunc(guilty, func(a, b *trial) int { return cmp.Compare(a.gravity(), b.gravity()) })
	c.each(guilty[:min(len(guilty), mostExplained)], func(t *trial) { t.explain(ctx, c.search) })
}

// explain finds words for why a register is illegal.
func (t *trial) explain(ctx context.Context, search engine) {
	ops, found, minimal := t.ops, t.contradiction, true
	if found == nil {
		ops, minimal = shrink(ctx, search, ops, t.values)
		// With fewer operations a value may have been left by one alone, so that
		// there is a simple reason after all.
		found = detect(t.register, ops, t.values)
	}
	told := account{t.register, ops}
	var e explanation
	if found != nil {
		e = told.explain(found, withProducers(ops, found.witness(), t.values))
	} else {
		e = told.explainPart(minimal)
	}
	t.explanation = &e
}

// gravity orders contradictions, the gravest first: those of the data itself,
// then those of a single answer, then those without a simple reason.
func (t *trial) gravity() int {
	order := []string{DirtyRead, PhantomRead, LostWrite, SplitBrain, StaleRead, WrongMismatch}
	if t.contradiction == nil {
		return len(order)
	}
	return slices.Index(order, t.contradiction.anomaly)
}

// each does something with each trial, a few at a time. A panic ends up with the
// caller, as it would without the goroutines.
func (c checker) each(trials []*trial, do func(*trial)) {
	next := make(chan *trial)
	panics := make(chan any, len(trials))
	var working sync.WaitGroup
	for range min(c.workers, len(trials)) {
		working.Go(func() {
			for t := range next {
				guarded(t, do, panics)
			}
		})
	}
	for _, t := range trials {
		next <- t
	}
	close(next)
	working.Wait()
	if len(panics) > 0 {
		panic(<-panics)
	}
}

func guarded(t *trial, do func(*trial), panics chan<- any) {
	defer func() {
		if p := recover(); p != nil {
			panics <- fmt.Sprintf("%v, judging key %q, at %s", p, t.register.key, debug.Stack())
		}
	}()
	do(t)
}
