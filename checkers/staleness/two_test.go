package staleness

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
)

// anyOrder tries all orders, from the definition: they respect the times of the
// writes, and of those that were there before the last read of a value, only one
// comes after it, and that at once.
func anyOrder(all, order []candidate) bool {
	if len(order) == len(all) {
		return true
	}
	for _, c := range all {
		if !slices.Contains(order, c) && fits(order, c) && anyOrder(all, append(order[:len(order):len(order)], c)) {
			return true
		}
	}
	return false
}

func fits(order []candidate, c candidate) bool {
	for i, before := range order {
		if c.due < before.start || c.due < before.last && i < len(order)-1 {
			return false
		}
	}
	return true
}

// crowded are a few writes, many of them at the same time.
func crowded(random *rand.Rand) []candidate {
	times := random.Perm(40)
	all := make([]candidate, 1+random.IntN(6))
	for i := range all {
		start := times[3*i]
		all[i] = candidate{write: int32(i), start: start, due: start + 1 + random.IntN(12), last: -1}
		if random.IntN(3) > 0 {
			all[i].last = all[i].start + random.IntN(30)
		}
	}
	return all
}

func TestWritesAreOrderedLikeByTryingAllOrders(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 20_000, 4, func(t *testing.T, random *rand.Rand) bool {
		all := crowded(random)
		contradiction, verdict := inOrder(all)
		got := verdict == checkers.Valid
		want := anyOrder(all, nil)
		tally.Count(fmt.Sprint(want))
		if got != want {
			t.Errorf("%v, want %v: %+v", got, want, all)
			return false
		}
		if got {
			return true
		}
		least := smallest(contradiction)
		tally.Count(fmt.Sprint("smallest of ", len(least)))
		if anyOrder(least, nil) {
			t.Errorf("%+v of %+v have an order", least, all)
			return false
		}
		for i := range least {
			if !anyOrder(slices.Delete(slices.Clone(least), i, i+1), nil) {
				t.Errorf("%+v is not needed in %+v", least[i], least)
				return false
			}
		}
		return true
	})
	tally.Log(t)
}
