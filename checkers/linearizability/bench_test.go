package linearizability

import (
	"fmt"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// BenchmarkRun judges a history of the size of a run, and tells how many times
// as long plain porcupine takes on the same operations in the same run.
func BenchmarkRun(b *testing.B) {
	for _, clients := range []int{3, 5, 8} {
		for _, trouble := range []float64{0, 0.02} {
			h := good(100, clients, 150, trouble, 1)
			b.Run(fmt.Sprintf("clients=%d/trouble=%v", clients, trouble), func(b *testing.B) { compare(b, h, true) })
		}
	}
}

// BenchmarkStale is the same with one stale read, which is where a search takes
// longest and detection does not.
func BenchmarkStale(b *testing.B) {
	for _, operations := range []int{150, 1000} {
		h := good(1, 5, operations, 0, 2)
		calls := h.Calls()
		for at := len(calls) / 2; ; at++ {
			if mutations[0].spoil(h, place{calls, at}) {
				break
			}
		}
		b.Run(fmt.Sprint("operations=", operations), func(b *testing.B) { compare(b, h, operations == 150) })
	}
}

func compare(b *testing.B, h *history.History, withNaive bool) {
	b.ReportAllocs()
	began := time.Now()
	for b.Loop() {
		check(b, h)
	}
	ours := time.Since(began) / time.Duration(b.N)
	b.ReportMetric(float64(len(h.Calls()))/ours.Seconds(), "ops/s")
	if !withNaive {
		return
	}
	began = time.Now()
	for _, k := range history.ByKey(h.Calls()) {
		r, err := parse(k)
		if err != nil {
			b.Fatal(err)
		}
		naive(r.ops)
	}
	b.ReportMetric(time.Since(began).Seconds()/ours.Seconds(), "porcupine/ours")
}
