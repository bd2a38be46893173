package bank_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// load is a history of a workload: as many transfers as reads of eight accounts,
// by ten clients whose operations overlap, with so large a share of transfers of
// unknown outcome. Reads are written as objects, as clients mostly give them.
func load(operations int, unknown float64) *history.History {
	random := rand.New(rand.NewPCG(1, 7))
	h := &history.History{Ops: make([]history.Op, 0, 2*operations)}
	record := func(op history.Op) {
		op.Index = len(h.Ops)
		h.Ops = append(h.Ops, op)
	}
	processes, last := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 9
	open := map[int]history.Op{}
	now := map[string]int{}
	for account, amount := range start {
		now[fmt.Sprint(account)] = amount
	}
	for done := 0; done < operations; {
		client := random.IntN(len(processes))
		if op, busy := open[client]; busy {
			delete(open, client)
			op.Type = history.OK
			if op.F == "transfer" && random.Float64() < unknown {
				op.Type = history.Info
				last++
				processes[client] = last
			}
			record(op)
			continue
		}
		done++
		op := history.Op{Process: processes[client], F: "read"}
		if random.IntN(2) == 0 {
			from, to, amount := random.IntN(8), random.IntN(8), random.IntN(5)
			op.F, op.Value = "transfer", history.Ints(from, to, amount)
			now[fmt.Sprint(from)] -= amount
			now[fmt.Sprint(to)] += amount
		}
		record(op)
		if op.F == "read" {
			op.Value = object(now)
		}
		open[client] = op
	}
	return h
}

func BenchmarkBank(b *testing.B) {
	for _, unknown := range []float64{0, 0.01} {
		for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("unknown=%v/operations=%d", unknown, operations), func(b *testing.B) {
				h := load(operations, unknown)
				b.ReportAllocs()
				for b.Loop() {
					if v := check(b, config(), h); v.Validity != checkers.Valid {
						b.Fatal(v.Reason)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(operations), "ns/op-of-history")
			})
		}
	}
}
