package sim

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/sim/world"
)

// Campaign is many runs that differ in their seeds.
type Campaign struct {
	Target world.Target
	// Plan is the plan of a seed.
	Plan func(seed int64) Plan
	// Workers is how many runs happen at the same time; 1 if it is 0. It changes
	// nothing but how long it takes.
	Workers int
	Options Options
	// CheckDeterminism repeats every so many-th run, and every one that is not
	// valid, to see that it happens the same way; 0 is never.
	CheckDeterminism int
}

// Result is what became of a seed.
type Result struct {
	Seed int64
	// Outcome is nil if there was an error.
	Outcome *Outcome
	// Err is why there is no verdict. ErrNondeterministic says so of a run that has
	// one.
	Err error
	// Repeated says that the run was compared with another one of the same plan.
	Repeated bool
	Took     time.Duration
}

// Validity is that of the verdict; a run without one is Unknown.
func (r Result) Validity() checkers.Validity {
	if r.Outcome == nil {
		return checkers.Unknown
	}
	return r.Outcome.Verdict.Validity
}

// Run tries seeds in their order and hands over the results in the same order,
// until there are no more, the context ends, or handle returns false. It returns
// when all runs that had begun have ended; the results of those that come after
// the last that was handled are dropped.
func (c Campaign) Run(ctx context.Context, seeds iter.Seq[int64], handle func(Result) bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	places := make(chan place)
	ordered := make(chan chan Result, 4*max(1, c.Workers))
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() {
		defer close(ordered)
		defer close(places)
		for seed := range seeds {
			p := place{seed, make(chan Result, 1)}
			select {
			case <-ctx.Done():
				return
			case ordered <- p.result:
			}
			// Whoever is in line gets a result.
			places <- p
		}
	})
	var tried atomic.Int64
	for range max(1, c.Workers) {
		all.Go(func() {
			for p := range places {
				p.result <- c.try(ctx, p.seed, tried.Add(1))
			}
		})
	}
	handling := true
	for result := range ordered {
		r := <-result
		if handling && !errors.Is(r.Err, context.Canceled) {
			if handling = handle(r); !handling {
				cancel()
			}
		}
	}
}

type place struct {
	seed   int64
	result chan Result
}

// try runs one seed. A context that ends does not end the run halfway: it would
// be another one then.
func (c Campaign) try(ctx context.Context, seed int64, number int64) (r Result) {
	r.Seed = seed
	if r.Err = ctx.Err(); r.Err != nil {
		return r
	}
	began := time.Now()
	defer func() { r.Took = time.Since(began) }()
	defer func() {
		if p := recover(); p != nil {
			r.Outcome, r.Err = nil, fmt.Errorf("seed %d: the simulation panicked: %v", seed, p)
		}
	}()
	plan := c.Plan(seed)
	if r.Outcome, r.Err = Run(context.WithoutCancel(ctx), c.Target, plan, c.Options); r.Err != nil {
		return r
	}
	due := c.CheckDeterminism > 0 && number%int64(c.CheckDeterminism) == 0
	if c.CheckDeterminism > 0 && (due || r.Validity() != checkers.Valid) {
		r.Repeated = true
		r.Err = CheckDeterminism(context.WithoutCancel(ctx), c.Target, plan, r.Outcome)
	}
	return r
}

// WeatherOf is the weather of a seed: half of them are quiet; the others lose,
// repeat and delay messages, each of it more or less.
func WeatherOf(seed int64) world.Weather {
	chance := chanceOf(seed)
	if chance.IntN(2) == 0 {
		return world.Weather{}
	}
	shares := []float64{0, 0.01, 0.05, 0.1}
	pick := func() float64 { return shares[chance.IntN(len(shares))] }
	w := world.Weather{Loss: pick(), Repeat: pick(), Late: pick()}
	if chance.IntN(3) == 0 {
		w.Slowest = time.Duration(2+chance.IntN(20)) * time.Millisecond
	}
	if chance.IntN(3) == 0 {
		w.SlowestSync = time.Duration(5+chance.IntN(20)) * time.Millisecond
	}
	return w
}
