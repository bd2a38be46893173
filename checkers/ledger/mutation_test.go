package ledger_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/ledger"
	"github.com/assaykit/assay/harness/history"
)

// good is a history of a ledger that is valid by construction, with three final
// reads at its end.
func good(operations int, trouble float64, seed uint64) *history.History {
	random := rand.New(rand.NewPCG(seed, 3))
	b := &book{random: random, recent: 8, again: 0.3}
	c := script.Clients{Random: random, System: b, Trouble: trouble}
	c.Work(5, operations)
	b.reading, c.Trouble = true, 0
	return c.Work(3, 3)
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(5) {
		for _, trouble := range []float64{0, 0.02, 0.2} {
			if got := check(t, good(2000, trouble, seed)); got.Validity != checkers.Valid {
				t.Errorf("seed %d, trouble %v: %v: %s", seed, trouble, got.Validity, got.Reason)
			}
		}
	}
}

// finals are the places of the answers of the final reads.
func finals(h *history.History) []int {
	var at []int
	for _, call := range h.Calls() {
		if call.Final {
			at = append(at, call.Complete)
		}
	}
	return at
}

// respell changes the entries of a read.
func respell(h *history.History, at int, how func(entries []history.Value) []history.Value) {
	items, _ := h.Ops[at].Value.Items()
	h.Ops[at].Value = history.List(how(slices.Clone(items))...)
}

// mutations each break a good history, and name what must be found.
var mutations = []struct {
	name, expect string
	spoil        func(h *history.History, finals []int, n int)
}{
	{"an order is charged twice", ledger.DoubleCharge, func(h *history.History, finals []int, n int) {
		for _, at := range finals {
			respell(h, at, func(e []history.Value) []history.Value { return append(e, e[n]) })
		}
	}},
	{"an order is twice in one read", ledger.DoubleCharge, func(h *history.History, finals []int, n int) {
		respell(h, finals[n%3], func(e []history.Value) []history.Value { return slices.Insert(e, 0, e[n]) })
	}},
	{"an order is lost", ledger.Lost, func(h *history.History, finals []int, n int) {
		for _, at := range finals {
			respell(h, at, func(e []history.Value) []history.Value { return slices.Delete(e, n, n+1) })
		}
	}},
	{"an order is missing once", ledger.Stale, func(h *history.History, finals []int, n int) {
		respell(h, finals[0], func(e []history.Value) []history.Value { return slices.Delete(e, n, n+1) })
	}},
	{"an order comes out of nowhere", ledger.Phantom, func(h *history.History, finals []int, n int) {
		respell(h, finals[n%3], func(e []history.Value) []history.Value { return append(e, history.Ints(-1, 5)) })
	}},
	{"an amount changes", ledger.WrongAmount, func(h *history.History, finals []int, n int) {
		respell(h, finals[n%3], func(e []history.Value) []history.Value {
			pair, _ := e[n].Items()
			e[n] = history.List(pair[0], history.Int(-5))
			return e
		})
	}},
	{"all attempts failed all the same", ledger.AbortedRead, func(h *history.History, finals []int, n int) {
		items, _ := h.Ops[finals[0]].Value.Items()
		for i := range h.Ops {
			if h.Ops[i].F == "charge" && h.Ops[i].Type == history.OK && h.Ops[i].Value.Equal(items[n]) {
				h.Ops[i].Type = history.Fail
			}
		}
	}},
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(20) {
				h := good(1000, 0, seed)
				m.spoil(h, finals(h), rand.New(rand.NewPCG(seed, 4)).IntN(300))
				got := check(t, h)
				if got.Validity != checkers.Invalid || len(got.Findings) != 1 || got.Findings[0].Anomaly != m.expect || !script.PointsAtCalls(t, h, got) {
					t.Errorf("seed %d: %v: %s %+v", seed, got.Validity, got.Reason, got.Findings)
				}
			}
		})
	}
}
