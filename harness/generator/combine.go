package generator

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/assaykit/assay/harness/history"
)

// Random is the source of chance for one purpose of a run. Different purposes
// draw from independent streams of the run's seed, so that a workload which
// draws once more does not change the schedule of faults.
func Random(seed int64, purpose string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}

// Func makes operations by a function.
type Func func(done *history.Op) (history.Op, bool)

// Next calls the function.
func (f Func) Next(done *history.Op) (history.Op, bool) { return f(done) }

// Forever makes operations by a function that neither ends nor looks at what was
// done.
func Forever(next func() history.Op) Generator {
	return Func(func(*history.Op) (history.Op, bool) { return next(), true })
}

// Ops gives the operations one after another.
func Ops(ops ...history.Op) Generator {
	return Func(func(*history.Op) (op history.Op, ok bool) {
		if len(ops) == 0 {
			return op, false
		}
		op, ops = ops[0], ops[1:]
		return op, true
	})
}

// Limit ends a generator after n operations.
func Limit(n int, g Generator) Generator {
	return Func(func(done *history.Op) (history.Op, bool) {
		if n <= 0 {
			return history.Op{}, false
		}
		n--
		return g.Next(done)
	})
}

// Sequence exhausts one generator after the other. A generator's first Next does
// not see what the one before it did.
func Sequence(gs ...Generator) Generator {
	fresh := false
	return Func(func(done *history.Op) (history.Op, bool) {
		for len(gs) > 0 {
			if fresh {
				done = nil
			}
			op, ok := gs[0].Next(done)
			if fresh = !ok; ok {
				return op, true
			}
			gs = gs[1:]
		}
		return history.Op{}, false
	})
}

// Weighted is one of the generators of a Mix.
type Weighted struct {
	Weight int
	Of     Generator
}

// Mix draws one of the generators for every operation, each as often as its
// weight says; a weight of 0 means never. It ends when the one that was drawn
// has ended, or when no weight is above 0.
func Mix(random *rand.Rand, choices ...Weighted) Generator {
	total := 0
	for _, c := range choices {
		total += max(0, c.Weight)
	}
	return Func(func(done *history.Op) (history.Op, bool) {
		if total == 0 {
			return history.Op{}, false
		}
		return drawn(random.IntN(total), choices).Next(done)
	})
}

// drawn is the generator whose share of the weights holds the number.
func drawn(number int, choices []Weighted) Generator {
	for _, c := range choices {
		if number -= max(0, c.Weight); number < 0 {
			return c.Of
		}
	}
	panic("generator: a number beyond the sum of the weights was drawn")
}
