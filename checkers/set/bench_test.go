package set_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// load is a history of a workload: so many operations, four in five of them adds,
// on sets that are replaced after so many, by ten clients whose operations
// overlap. Reads are whole and correct unless everything is lost.
func load(operations, perSet int, adds float64, lost bool) *history.History {
	random := rand.New(rand.NewPCG(1, 7))
	h := &history.History{Ops: make([]history.Op, 0, 2*operations)}
	record := func(op history.Op) {
		op.Index = len(h.Ops)
		h.Ops = append(h.Ops, op)
	}
	type pending struct {
		op   history.Op
		busy bool
	}
	clients := make([]pending, 10)
	var elements []history.Value
	last, done := 0, 0
	for done < operations {
		at := random.IntN(len(clients))
		c := &clients[at]
		if c.busy {
			c.busy = false
			c.op.Type = history.OK
			record(c.op)
			continue
		}
		op := history.Op{Process: at, Key: fmt.Sprint("s", done/perSet)}
		if done%perSet == 0 {
			elements = nil
		}
		done++
		if random.Float64() < adds {
			last++
			op.F, op.Value = "add", history.Int(last)
			record(op)
			elements = append(elements, op.Value)
		} else {
			op.F = "read"
			record(op)
			if op.Value = history.List(elements[:len(elements):len(elements)]...); lost {
				op.Value = history.List()
			}
		}
		*c = pending{op, true}
	}
	return h
}

func bench(b *testing.B, h *history.History, operations int, want checkers.Validity) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if v := check(b, h); v.Validity != want {
			b.Fatal(v.Reason)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(operations), "ns/op-of-history")
}

// BenchmarkSet is a run of the workload: sets of two hundred operations each.
func BenchmarkSet(b *testing.B) {
	for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint("operations=", operations), func(b *testing.B) {
			bench(b, load(operations, 200, 0.8, false), operations, checkers.Valid)
		})
	}
}

// BenchmarkWholeReads is one set that is read whole by most operations.
func BenchmarkWholeReads(b *testing.B) {
	for _, reads := range []int{1000, 10_000} {
		b.Run(fmt.Sprint("reads=", reads), func(b *testing.B) {
			operations := reads * 10 / 8
			bench(b, load(operations, operations, 0.2, false), operations, checkers.Valid)
		})
	}
}

// BenchmarkEverythingLost is one set of which nothing is ever read: all elements
// are missing from all reads.
func BenchmarkEverythingLost(b *testing.B) {
	for _, operations := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint("operations=", operations), func(b *testing.B) {
			bench(b, load(operations, operations, 0.8, true), operations, checkers.Invalid)
		})
	}
}
