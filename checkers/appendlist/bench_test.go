package appendlist_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// load is a history of a workload: so many operations on lists that are replaced
// after so many, by ten clients whose operations overlap. Reads are whole and
// correct unless everything is lost.
func load(operations, perList int, appends float64, lost bool) *history.History {
	random := rand.New(rand.NewPCG(1, 7))
	h := &history.History{Ops: make([]history.Op, 0, 2*operations)}
	record := func(op history.Op) {
		op.Index = len(h.Ops)
		h.Ops = append(h.Ops, op)
	}
	open := map[int]history.Op{}
	var elements []history.Value
	for done := 0; done < operations; {
		process := random.IntN(10)
		if op, busy := open[process]; busy {
			delete(open, process)
			op.Type = history.OK
			record(op)
			continue
		}
		if done%perList == 0 {
			elements = nil
		}
		op := history.Op{Process: process, F: "read", Key: fmt.Sprint("l", done/perList)}
		if done++; random.Float64() < appends {
			op.F, op.Value = "append", history.Int(done)
			elements = append(elements, op.Value)
		}
		record(op)
		switch {
		case op.F == "read" && lost:
			op.Value = history.List()
		case op.F == "read":
			op.Value = history.List(elements[:len(elements):len(elements)]...)
		}
		open[process] = op
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

// BenchmarkList is a run of a workload: lists of two hundred operations each.
func BenchmarkList(b *testing.B) {
	for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint("operations=", operations), func(b *testing.B) {
			bench(b, load(operations, 200, 0.8, false), operations, checkers.Valid)
		})
	}
}

// BenchmarkWholeReads is one list that is read whole by most operations.
func BenchmarkWholeReads(b *testing.B) {
	for _, reads := range []int{1000, 10_000} {
		b.Run(fmt.Sprint("reads=", reads), func(b *testing.B) {
			operations := reads * 10 / 8
			bench(b, load(operations, operations, 0.2, false), operations, checkers.Valid)
		})
	}
}

// BenchmarkEverythingLost is one list of which nothing is ever read: all elements
// are missing from all reads.
func BenchmarkEverythingLost(b *testing.B) {
	for _, operations := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint("operations=", operations), func(b *testing.B) {
			bench(b, load(operations, operations, 0.8, true), operations, checkers.Invalid)
		})
	}
}
