package log_test

import (
	"fmt"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/checkers/log"
)

// BenchmarkLog judges a valid run with one operation of unknown outcome in a
// hundred, half of them sends, whose records each consumer of five and two final
// ones poll.
func BenchmarkLog(b *testing.B) {
	for _, operations := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint("operations=", operations), func(b *testing.B) {
			h := good(operations, 20, 0.01, 1)
			calls := len(h.Calls())
			b.ReportAllocs()
			for b.Loop() {
				if v := check(b, log.New(delivery.ExactlyOnce), h); v.Validity != checkers.Valid {
					b.Fatal(v.Reason)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(calls), "ns/op-of-history")
		})
	}
}
