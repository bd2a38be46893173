package register_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/internal/brute"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/register"
	"github.com/assaykit/assay/harness/history"
)

func opened(t testing.TB, k history.KeyCalls) object.Object {
	t.Helper()
	o, err := register.Type().Open(k)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// What Shrink takes away from a legal history leaves a legal one: only then does
// an illegal part prove anything.
func TestRandomPartsOfLegalHistoriesAreLegal(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 5_000, 2, func(t *testing.T, random *rand.Rand) bool {
		system := &reg{random: random, lies: 0.1, values: []int{0, 2, 3}[random.IntN(3)], adds: []float64{0, 0.3}[random.IntN(2)], blind: 0.3}
		c := script.Clients{Random: random, System: system, Trouble: []float64{0, 0.2}[random.IntN(2)]}
		h := c.Work(2+random.IntN(4), 3+random.IntN(9))
		o := opened(t, history.KeyCalls{Calls: h.Calls()})
		ops := o.(object.Normalizer).Normal(o.Ops())
		if !brute.Legal(o, ops) {
			return true
		}
		going := make([]bool, len(ops))
		for i := range going {
			going[i] = random.IntN(2) == 0
		}
		o.(object.Shrinker).Shrink(ops, going)
		var part []object.Op
		for i := range ops {
			if !going[i] {
				part = append(part, ops[i])
			}
		}
		if len(part) < len(ops) {
			tally.Count("smaller")
		}
		if !brute.Legal(o, part) {
			t.Errorf("%+v has no order, of\n%s", part, script.String(h))
			return false
		}
		return true
	})
	tally.Log(t)
}

// Of reads and writes, two values are enough to contradict each other, each with
// its write, the first to be done with it and the last to begin.
func TestWitnessesAreSmall(t *testing.T) {
	for _, clients := range []int{5, 30} {
		k := load{kinds: "rw", clients: clients, operations: 20_000, info: 0.02, stale: true}.calls()
		o := opened(t, k)
		outcome, witness := o.(object.Monitor).Monitor(o.(object.Normalizer).Normal(o.Ops()))
		if outcome != object.Illegal || len(witness) > 8 || len(slices.Compact(witness)) != len(witness) {
			t.Errorf("%d clients: outcome %d, witness %v", clients, outcome, witness)
		}
	}
}
