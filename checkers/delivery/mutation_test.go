package delivery_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// good is a history of a queue that is valid by construction, with a complete
// drain.
func good(operations int, trouble float64, seed uint64) *history.History {
	random := rand.New(rand.NewPCG(seed, 3))
	q := &fifo{random: random}
	c := script.Clients{Random: random, System: q, Trouble: trouble}
	c.Work(5, operations)
	q.drain, c.Trouble = true, 0
	return c.Work(3, len(q.queue)+6)
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(4) {
		for _, trouble := range []float64{0, 0.02, 0.2} {
			h := good(2000, trouble, seed)
			for _, p := range []delivery.Profile{delivery.ExactlyOnce, delivery.AtLeastOnce, delivery.AtMostOnce} {
				if got := check(t, delivery.New(p), h); got.Validity != checkers.Valid {
					t.Errorf("seed %d, trouble %v, %v: %v: %s", seed, trouble, p, got.Validity, got.Reason)
				}
			}
		}
	}
}

// mutations each break a good history without operations of unknown outcome, and
// name what must be found.
var mutations = []struct {
	name, expect string
	profile      delivery.Profile
	spoil        func(h *history.History, receives []history.Call, at int)
}{
	{"a message vanishes", delivery.Lost, delivery.ExactlyOnce, func(h *history.History, receives []history.Call, at int) {
		h.Ops[receives[at].Complete].Type = history.Fail
	}},
	{"a message vanishes from a queue that may deliver twice", delivery.Lost, delivery.AtLeastOnce, func(h *history.History, receives []history.Call, at int) {
		h.Ops[receives[at].Complete].Type = history.Fail
	}},
	{"a message comes twice", delivery.Duplicated, delivery.ExactlyOnce, func(h *history.History, receives []history.Call, at int) {
		h.Ops[receives[at].Complete].Value = receives[at-1].Out
	}},
	{"a message comes twice from a queue that may lose some", delivery.Duplicated, delivery.AtMostOnce, func(h *history.History, receives []history.Call, at int) {
		h.Ops[receives[at].Complete].Value = receives[at-1].Out
	}},
	{"a message comes out of nowhere", delivery.Phantom, delivery.AtMostOnce, func(h *history.History, receives []history.Call, at int) {
		h.Ops[receives[at].Complete].Value = history.Int(-1)
	}},
	{"two messages change places", delivery.Reordered, delivery.ExactlyOnce, func(h *history.History, receives []history.Call, at int) {
		// So far apart that neither their sends nor their receives were concurrent.
		early := &h.Ops[receives[at-40].Complete]
		late := &h.Ops[receives[at].Complete]
		early.Value, late.Value = late.Value, early.Value
	}},
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(8) {
				h := good(1500, 0, seed)
				var receives []history.Call
				for _, call := range h.Calls() {
					if call.F == "receive" && !call.Out.IsNil() {
						receives = append(receives, call)
					}
				}
				m.spoil(h, receives, 40+rand.New(rand.NewPCG(seed, 4)).IntN(len(receives)-40))
				got := check(t, delivery.New(m.profile), h)
				found := false
				for _, f := range got.Findings {
					found = found || f.Anomaly == m.expect
				}
				if got.Validity != checkers.Invalid || !found || !script.PointsAtCalls(t, h, got) {
					t.Errorf("seed %d: %v: %s", seed, got.Validity, got.Reason)
				}
			}
		})
	}
}

func BenchmarkQueue(b *testing.B) {
	for _, operations := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint("operations=", operations), func(b *testing.B) {
			h := good(operations, 0.01, 1)
			b.ReportAllocs()
			for b.Loop() {
				if v := check(b, delivery.New(delivery.ExactlyOnce), h); v.Validity != checkers.Valid {
					b.Fatal(v.Reason)
				}
			}
			b.ReportMetric(float64(operations)*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}
