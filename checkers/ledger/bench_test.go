package ledger_test

import (
	"fmt"
	"testing"

	"github.com/assaykit/assay/checkers"
)

// BenchmarkLedger judges a valid run with one operation of unknown outcome in a
// hundred, whose three final reads list all entries.
func BenchmarkLedger(b *testing.B) {
	for _, operations := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint("operations=", operations), func(b *testing.B) {
			h := good(operations, 0.01, 1)
			b.ReportAllocs()
			for b.Loop() {
				if v := check(b, h); v.Validity != checkers.Valid {
					b.Fatal(v.Reason)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(operations), "ns/op-of-history")
		})
	}
}
