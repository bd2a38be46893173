package liar

import (
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/internal/brute"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Shrink takes operations away at random, as far as the type allows, and fails if a
// legal history becomes an illegal one: nobody may be convicted by a part of what he
// did. It also tries parts that end at some moment, in which what was under way is
// uncertain.
func Shrink(t *testing.T, rounds int, of object.Type, k Kind) {
	var seen script.Tally
	script.Try(t, rounds, 1, func(t *testing.T, random *rand.Rand) bool {
		c := script.Clients{Random: random, System: New(k, random), Trouble: 0.3 * random.Float64()}
		h := c.Work(2+random.IntN(4), 2+random.IntN(9))
		o, err := of.Open(history.KeyCalls{Calls: h.Calls()})
		if err != nil {
			t.Error(err)
			return false
		}
		ops := until(o, o.Ops(), random.IntN(2*len(h.Ops)))
		rest := shrunk(o.(object.Shrinker), ops, random)
		before, after := brute.Legal(o, ops), brute.Legal(o, rest)
		if len(rest) < len(ops) {
			seen.Count(map[bool]string{true: "legal", false: "illegal"}[after])
		}
		if before && !after {
			t.Errorf("%v are legal, but not %v, of\n%s", ops, rest, script.String(h))
		}
		return !before || after
	})
	seen.Log(t)
}

// until is what was known at a moment.
func until(o object.Object, all []object.Op, moment int) (ops []object.Op) {
	for _, op := range all {
		if op.End > moment {
			op.End, op.Maybe = object.Never, true
		}
		if op.Start < moment && !(op.Maybe && o.Observer(op.Class)) {
			ops = append(ops, op)
		}
	}
	return ops
}

func shrunk(s object.Shrinker, ops []object.Op, random *rand.Rand) (rest []object.Op) {
	going := make([]bool, len(ops))
	for i := range going {
		going[i] = random.IntN(3) == 0
	}
	s.Shrink(ops, going)
	for i := range ops {
		if !going[i] {
			rest = append(rest, ops[i])
		}
	}
	return rest
}

// Parts compares the monitor with brute force on longer histories than Try does, cut
// off at some moment, with more operations of unknown outcome.
func Parts(t *testing.T, rounds int, of object.Type, k Kind) {
	var seen script.Tally
	script.Try(t, rounds, 4, func(t *testing.T, random *rand.Rand) bool {
		c := script.Clients{Random: random, System: New(k, random), Trouble: 0.5 * random.Float64()}
		h := c.Work(2+random.IntN(4), 6+random.IntN(9))
		o, err := of.Open(history.KeyCalls{Calls: h.Calls()})
		if err != nil {
			t.Error(err)
			return false
		}
		ops := until(o, o.Ops(), len(h.Ops)/2+random.IntN(len(h.Ops)))
		normal := o.(object.Normalizer).Normal(ops)
		got, witness := o.(object.Monitor).Monitor(normal)
		legal := brute.Legal(o, normal)
		seen.Count(map[bool]string{true: "legal", false: "illegal"}[legal])
		if got == object.Undecided {
			seen.Count("undecided")
			return true
		}
		if (got == object.Legal) != legal || brute.Legal(o, ops) != legal {
			t.Errorf("outcome %v %v of %v: legal %v", got, witness, normal, legal)
			return false
		}
		return true
	})
	seen.Log(t)
}
