package linearizability

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/trial"
	"github.com/assaykit/assay/harness/history"
)

// New is a checker of objects of a data type: every operation took effect at one
// moment between its invocation and its completion. A Fail had no effect; what
// else it tells is up to the data type. An Info may have happened at any later
// time, or never.
func New(t object.Type) checkers.Checker {
	return promise{of: t, memory: memoryBudget, workers: runtime.GOMAXPROCS(0)}
}

const (
	// memoryBudget is how much the searches may fill at the same time, in bytes.
	// The garbage collector may let it grow to twice as much.
	memoryBudget = 512 << 20
	// timeBudget is for a context without a deadline.
	timeBudget = time.Minute
	// mostToExplain is how much of the budget may go into explanations.
	mostToExplain = 15 * time.Second
	// mostFindings is how many objects' contradictions are put into words.
	mostFindings = 10
)

type promise struct {
	of      object.Type
	memory  int
	workers int
}

func (p promise) Name() string { return "linearizable " + p.of.Name }
func (p promise) About() string {
	return "every operation took effect at one moment between its invocation and its completion: " + p.of.About
}

func (p promise) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(timeBudget)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	verdict := checkers.Verdict{Checker: p.Name()}
	trials, err := p.open(h)
	if err != nil {
		verdict.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
		return verdict, nil
	}
	toExplain := min(time.Until(deadline)/4, mostToExplain)
	p.decide(ctx, deadline.Add(-toExplain), trials)
	p.explain(ctx, toExplain, trials)
	return judgement{of: p.of, trials: trials, history: h}.conclude(verdict), nil
}

// open splits a history into its objects.
func (p promise) open(h *history.History) ([]*trial.Trial, error) {
	var trials []*trial.Trial
	for _, k := range p.of.Objects(h.Calls()) {
		o, err := p.of.Open(k)
		if err != nil {
			return nil, err
		}
		if len(o.Ops()) > 0 {
			trials = append(trials, trial.New(k.Key, k.Calls, o))
		}
	}
	return trials, nil
}

// decide decides the trials. Each gets a little time first, and the hard ones
// more and more of it: so the easy ones are decided even if the hard ones never
// are.
func (p promise) decide(ctx context.Context, until time.Time, trials []*trial.Trial) {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	p.each(trials, (*trial.Trial).Prepare)
	const first, growth = 250 * time.Millisecond, 8
	for slice := first; ctx.Err() == nil; slice *= growth {
		open := slices.DeleteFunc(slices.Clone(trials), func(t *trial.Trial) bool { return !t.Open() })
		if len(open) == 0 {
			return
		}
		p.each(open, func(t *trial.Trial) {
			ctx, cancel := context.WithTimeout(ctx, slice)
			defer cancel()
			t.Search(ctx, p.memory/p.workers)
		})
	}
}

// explain puts contradictions into words, first those that need no search.
func (p promise) explain(ctx context.Context, within time.Duration, trials []*trial.Trial) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	guilty := slices.DeleteFunc(slices.Clone(trials), func(t *trial.Trial) bool { return t.Outcome != object.Illegal })
	slices.SortStableFunc(guilty, func(a, b *trial.Trial) int { return cmp.Compare(a.Reached, b.Reached) })
	p.each(guilty[:min(len(guilty), mostFindings)], func(t *trial.Trial) { t.Explain(ctx) })
}

// each does something with each trial, a few at a time. A panic ends up with the
// caller, as it would without the goroutines.
func (p promise) each(trials []*trial.Trial, do func(*trial.Trial)) {
	next := make(chan *trial.Trial)
	panics := make(chan any, len(trials))
	var working sync.WaitGroup
	for range min(p.workers, len(trials)) {
		working.Go(func() {
			for t := range next {
				guarding(t, do, panics)
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

func guarding(t *trial.Trial, do func(*trial.Trial), panics chan<- any) {
	defer func() {
		if p := recover(); p != nil {
			panics <- fmt.Sprintf("%v, judging key %q, at %s", p, t.Key, debug.Stack())
		}
	}()
	do(t)
}
