package runs

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/assaykit/assay/harness/sim"
	"github.com/assaykit/assay/harness/sim/world"
)

// sketch is a small run by chance that has a few of the faults of a failing one, and
// about so many operations. A mistake for which many things have to come together may
// be far from every run that is left when single things are left out of a large one,
// and still be close to one of a thousand small runs, each of which costs as little as
// one of those tries.
func sketch(p sim.Plan, operations int, chance *rand.Rand) sim.Plan {
	p.Seed = 1 + chance.Int64N(999_999)
	p.Nodes = min(p.Nodes, 3)
	p.Clients = min(p.Clients, 2*p.Nodes)
	p.Weather, p.Messages = world.Weather{}, nil
	some := few(faults(p), chance)
	p = withFaults(p, some)
	p.Time = between(chance, 200*time.Millisecond, 1200*time.Millisecond)
	if len(some) > 0 {
		last := some[len(some)-1]
		p.Time += last.At + last.Hold
	}
	p.Rate = float64(operations) / p.Time.Seconds()
	p.Operations, p.Final = nil, nil
	return p
}

// few are up to three of the faults that follow each other, soon after the beginning,
// at other nodes and for other times.
func few(all []fault, chance *rand.Rand) []fault {
	n := min(chance.IntN(4), len(all))
	from := chance.IntN(len(all) - n + 1)
	some := append([]fault{}, all[from:from+n]...)
	if n == 0 {
		return some
	}
	stretch := 0.25 + 1.75*chance.Float64()
	began, start := some[0].At, between(chance, 0, 300*time.Millisecond)
	for i, f := range some {
		some[i].At = start + scaled(f.At-began, stretch)
		some[i].Hold = scaled(f.Hold, stretch)
		some[i].Faults = elsewhere(f.Faults, chance)
	}
	return some
}

func scaled(d time.Duration, by float64) time.Duration { return time.Duration(float64(d) * by) }

func between(chance *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(chance.Int64N(int64(most-least)))
}

// sketches are how many are tried of one number of operations.
const sketches = 200

// anew looks for a run of about so many operations that fails in the same way.
func (u *undertaking) anew(ctx context.Context, operations int) (sim.Plan, *sim.Outcome, bool) {
	for range sketches {
		if ctx.Err() != nil {
			break
		}
		u.tries++
		out, fails := u.run(ctx, sketch(u.failed, operations, u.chance))
		if !fails || ctx.Err() != nil {
			continue
		}
		// What was left to chance is written down, as in the run that it stands for.
		explicit := out.Explicit()
		if out, fails = u.run(ctx, explicit); fails && ctx.Err() == nil {
			return explicit, out, true
		}
	}
	return sim.Plan{}, nil, false
}
