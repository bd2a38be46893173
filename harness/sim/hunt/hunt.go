// Package hunt says by which simulations each of the demo's deliberate mistakes
// is found, and looks for them. It promises that every mistake is in its table.
package hunt

import (
	"context"
	"iter"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/protocols/raft"
	"github.com/assaykit/assay/harness/sim"
	"github.com/assaykit/assay/harness/sim/world"
)

// Quarry is a mistake with what reveals it.
type Quarry struct {
	raft.Mistake
	// plan has everything but the seed and what follows from it.
	plan sim.Plan
}

// All are the quarries, in the order of raft.Mistakes: workload and nemesis are
// those of the real runs, everything is over sooner.
func All() []Quarry {
	var all []Quarry
	for _, m := range raft.Mistakes() {
		p := sim.Plan{
			Target: "demo", Workload: m.Workload, Nemesis: m.Nemesis, Settings: map[string]string{"bug": string(m.Bug)},
			Time: 6 * time.Second, Hold: 800 * time.Millisecond, Quiet: 500 * time.Millisecond,
		}
		adjust(m.Bug, &p)
		all = append(all, Quarry{Mistake: m, plan: p})
	}
	return all
}

// adjust is for mistakes that take more than the workload and the nemesis.
func adjust(bug raft.Bug, p *sim.Plan) {
	switch bug {
	case raft.CommitPreviousTerm:
		// A leader has to fall just when it has copied what an older one left.
		p.Time, p.Hold, p.Quiet, p.Rate = 10*time.Second, 400*time.Millisecond, 0, 60
		p.WorkloadSettings = map[string]string{"read-share": "70"}
	case raft.ForgetVote:
		// All have to die in the middle of an election.
		p.Hold, p.Quiet, p.Rate = 50*time.Millisecond, 600*time.Millisecond, 400
	case raft.LostDequeue:
		p.Hold, p.Quiet = 400*time.Millisecond, 400*time.Millisecond
	}
}

// Find is the quarry with that bug.
func Find(bug string) (Quarry, bool) {
	for _, q := range All() {
		if string(q.Bug) == bug {
			return q, true
		}
	}
	return Quarry{}, false
}

// Plan is that of a seed.
func (q Quarry) Plan(seed int64) sim.Plan {
	p := q.plan
	p.Seed, p.Weather = seed, sim.WeatherOf(seed)
	return p
}

// Catch is how a hunt ended.
type Catch struct {
	Quarry
	// Tried is how many seeds it took, the last one included.
	Tried int
	Took  time.Duration
	// Outcome is the invalid run; nil if there was none.
	Outcome *sim.Outcome
	// Err is the first error of a run, if there was one.
	Err error
}

// Hunt tries seeds from one on until a run is invalid, so many at most.
func (q Quarry) Hunt(ctx context.Context, target world.Target, first int64, most, workers int) Catch {
	c := Catch{Quarry: q}
	began := time.Now()
	campaign := sim.Campaign{Target: target, Plan: q.Plan, Workers: workers}
	campaign.Run(ctx, upTo(first, most), func(r sim.Result) bool {
		c.Tried++
		if r.Err != nil && c.Err == nil {
			c.Err = r.Err
		}
		if r.Outcome == nil || r.Outcome.Verdict.Validity != checkers.Invalid {
			return true
		}
		c.Outcome = r.Outcome
		return false
	})
	c.Took = time.Since(began)
	return c
}

func upTo(first int64, most int) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for i := range int64(most) {
			if !yield(first + i) {
				return
			}
		}
	}
}
