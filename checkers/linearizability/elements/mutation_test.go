package elements_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/elements"
	"github.com/assaykit/assay/checkers/linearizability/internal/cases"
	"github.com/assaykit/assay/harness/history"
)

// good is a history of a set with so many elements that is valid by construction.
func good(clients, elements, operations int, trouble, silent float64, seed uint64) *history.History {
	random := rand.New(rand.NewPCG(seed, 3))
	c := script.Clients{Random: random, System: &bag{random: random, elements: elements, silent: silent, has: map[int]bool{}}, Trouble: trouble}
	return c.Work(clients, operations)
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(10) {
		for _, trouble := range []float64{0, 0.02, 0.2} {
			for _, elements := range []int{1, 20, 1000} {
				if got := check(t, good(5, elements, 1000, trouble, 0.5, seed)); got.Validity != checkers.Valid {
					t.Errorf("seed %d, trouble %v, %d elements: %v: %s", seed, trouble, elements, got.Validity, got.Reason)
				}
			}
		}
	}
}

// mutations each break a good history by what one more process is told in the end
// about an element that is there, or that is not there, and name what must be found.
var mutations = []struct {
	name, expect string
	there        bool
	f            string
	told         bool
}{
	{"an element is lost", elements.Lost, true, "contains", false},
	{"nothing is removed", elements.Lost, true, "remove", false},
	{"an element is added again", elements.AddedTwice, true, "add", true},
	{"an element is back", elements.Resurrected, false, "contains", true},
	{"it is there already", elements.Resurrected, false, "add", false},
	{"an element is removed again", elements.RemovedTwice, false, "remove", true},
	{"an element comes out of nowhere", elements.Phantom, false, "contains", true},
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(20) {
				h := good(5, 30, 1000, 0, 0.2, seed)
				element := history.Int(-1)
				if m.expect != elements.Phantom {
					element = last(h, m.there)
				}
				h.Ops = append(h.Ops, history.Op{Process: 1 << 20, F: m.f, Value: element}, history.Op{Process: 1 << 20, F: m.f, Type: history.OK, Value: history.Bool(m.told)})
				got := check(t, h)
				if said := cases.Said(t, h, got); said != m.expect {
					t.Errorf("seed %d: %s, %s", seed, said, got.Reason)
				}
			}
		})
	}
}

// last is an element that is there in the end, or not there, by an add or a remove
// that was the only operation on it at its time.
func last(h *history.History, there bool) history.Value {
	calls := h.Calls()
	for i, call := range slices.Backward(calls) {
		alone := !slices.ContainsFunc(calls, func(other history.Call) bool {
			return other.In.Equal(call.In) && other.Complete > call.Invoke && other.Invoke != calls[i].Invoke && other.F != "contains"
		})
		if did := map[bool]string{true: "add", false: "remove"}[there]; alone && call.F == did && call.Type == history.OK {
			return call.In
		}
	}
	panic(fmt.Sprintf("no element that is there: %v", there))
}

func BenchmarkElements(b *testing.B) {
	by := linearizability.New(elements.Type())
	for _, load := range []struct{ clients, elements int }{{10, 0}, {5, 1}, {20, 1}} {
		for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
			of, open := load.elements, elements.Type().Open
			if of == 0 {
				of, open = operations/10, nil
			}
			h := good(load.clients, of, operations, 0.01, 0.2, 1)
			b.Run(fmt.Sprintf("clients=%d/elements=%d/operations=%d", load.clients, of, operations), func(b *testing.B) {
				cases.Measure(b, by, h, checkers.Valid, open)
			})
		}
	}
}
