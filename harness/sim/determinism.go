package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/assaykit/assay/harness/sim/trace"
	"github.com/assaykit/assay/harness/sim/world"
)

// ErrNondeterministic means that two runs of one plan went different ways: an
// actor looks at something that is not its own, such as the order of a map, the
// machine's clock, or a random source.
var ErrNondeterministic = errors.New("nondeterministic")

// CheckDeterminism runs a plan again and compares. The error says at which event
// the two runs part, and what was done just before.
func CheckDeterminism(ctx context.Context, target world.Target, p Plan, first *Outcome) error {
	again, err := Run(ctx, target, p, Options{})
	if err != nil {
		return fmt.Errorf("%w: seed %d, run again: %w", ErrNondeterministic, p.Seed, err)
	}
	if first.Sum == again.Sum && first.Events == again.Events && sameHistory(first, again) {
		return nil
	}
	return fmt.Errorf("%w: seed %d: %s", ErrNondeterministic, p.Seed, parting(ctx, target, p))
}

func sameHistory(a, b *Outcome) bool {
	if len(a.History.Ops) != len(b.History.Ops) {
		return false
	}
	for i := range a.History.Ops {
		one, errOne := a.History.Ops[i].MarshalJSON()
		other, errOther := b.History.Ops[i].MarshalJSON()
		if errOne != nil || errOther != nil || string(one) != string(other) {
			return false
		}
	}
	return true
}

// attempts is how many pairs of runs are compared to find where they part: what
// is left to chance may by chance be the same.
const attempts = 5

// parting compares runs event by event.
func parting(ctx context.Context, target world.Target, p Plan) string {
	first, err := Run(ctx, target, p, Options{Trace: true})
	if err != nil {
		return err.Error()
	}
	for range attempts {
		again, err := Run(ctx, target, p, Options{Trace: true})
		if err != nil {
			return err.Error()
		}
		if where, found := part(first.Trace, again.Trace); found {
			return where
		}
	}
	return fmt.Sprintf("two runs went different ways, %d more did not", attempts+1)
}

func part(a, b *trace.Trace) (where string, found bool) {
	for i := range max(len(a.Events), len(b.Events)) {
		one, other := line(a, i), line(b, i)
		if one != other {
			return fmt.Sprintf("event %d is %q in one run and %q in another%s", i+1, one, other, cause(a.Events[:min(i, len(a.Events))])), true
		}
	}
	return "", false
}

func line(t *trace.Trace, i int) string {
	if i >= len(t.Events) {
		return "the end"
	}
	return t.Events[i].At.String() + " " + t.Events[i].String()
}

// cause is the last thing that an actor reacted to: what it sent since is
// different.
func cause(before []trace.Event) string {
	reactions := []trace.Kind{trace.Deliver, trace.Timer, trace.Restart}
	for _, e := range slices.Backward(before) {
		if slices.Contains(reactions, e.Kind) {
			return fmt.Sprintf("; the last reaction before was to: %s %s", e.At, e.String())
		}
	}
	return ""
}

// chanceOf is the source of what a plan leaves to its seed.
func chanceOf(seed int64) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 0x706c616e)) }
