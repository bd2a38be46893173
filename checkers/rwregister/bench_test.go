package rwregister

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/rwregister/internal/order"
	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
	"github.com/assaykit/assay/checkers/rwregister/internal/weak"
)

func wide(transactions int) *database {
	return &database{random: rand.New(rand.NewPCG(1, 1)), transactions: transactions, clients: 20, keys: transactions * 84 / 100, ops: 6, reads: 0.5, lost: 0.005}
}

// narrow is on few keys, each of which has many writers.
func narrow(transactions int) *database {
	return &database{random: rand.New(rand.NewPCG(1, 1)), transactions: transactions, clients: 20, keys: 10, ops: 3, reads: 0.5, lost: 0.0005}
}

func perTransaction(b *testing.B, transactions int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(transactions), "ns/transaction")
}

// BenchmarkWeak is the levels that are exact, each with the reading of the history.
func BenchmarkWeak(b *testing.B) {
	b.Run("wide", func(b *testing.B) { benchmarkWeak(b, wide) })
	b.Run("narrow", func(b *testing.B) { benchmarkWeak(b, narrow) })
}

func benchmarkWeak(b *testing.B, shape func(transactions int) *database) {
	for _, n := range []int{1000, 10_000, 100_000} {
		h := shape(n).run()
		for _, c := range []struct {
			name string
			keep func(*registers.History) bool
		}{
			{"monotonic-atomic-view", func(r *registers.History) bool {
				return weak.Cycle(r, false, weak.New(r).MonotonicAtomicView()) == nil
			}},
			{"read-atomic", func(r *registers.History) bool {
				demands, _ := weak.New(r).ReadAtomic()
				return weak.Cycle(r, false, demands) == nil
			}},
			{"causal", func(r *registers.History) bool {
				demands, _ := weak.New(r).Causal()
				return weak.Cycle(r, true, demands) == nil
			}},
		} {
			b.Run(fmt.Sprintf("%s/transactions=%d", c.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					r, err := registers.Parse(h, 0)
					if err != nil || !c.keep(r) {
						b.Fatal("not kept")
					}
				}
				perTransaction(b, n)
			})
		}
	}
}

// BenchmarkOrder is the levels that need one order of all transactions, of histories
// on few keys that keep them, and of some that only keep snapshot isolation.
func BenchmarkOrder(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		for _, snapshots := range []bool{false, true} {
			h := (&database{random: rand.New(rand.NewPCG(1, 1)), transactions: n, clients: 20, keys: 10, ops: 3, reads: 0.5, lost: 0.005, snapshots: snapshots}).run()
			r, err := registers.Parse(h, 0)
			if err != nil {
				b.Fatal(err)
			}
			for _, a := range asked {
				switch {
				case snapshots && a.kind == order.Serial:
					continue // they are not
				case n > 1000 && a.base == order.Free && a.kind != order.Committed:
					continue // these follow from stronger ones
				}
				b.Run(fmt.Sprintf("snapshots=%v/%v/transactions=%d", snapshots, a.level, n), func(b *testing.B) {
					for b.Loop() {
						ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
						if got := order.Decide(ctx, r, a.kind, a.base, order.DefaultLimits); got.Answer != order.Kept {
							b.Fatal(got.Answer, got.Why)
						}
						cancel()
					}
					perTransaction(b, n)
				})
			}
		}
	}
}

// BenchmarkCheck is a whole verdict.
func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		h := wide(n).run()
		b.Run(fmt.Sprintf("transactions=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if v := check(b, isolation.StrictSerializable, h); v.Validity != checkers.Valid {
					b.Fatal(v.Reason)
				}
			}
			perTransaction(b, n)
		})
	}
}
