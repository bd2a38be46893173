package session_test

import (
	"fmt"
	"testing"

	"github.com/assaykit/assay/checkers"
)

func BenchmarkGuarantees(b *testing.B) {
	for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
		for _, trouble := range []float64{0, 0.01} {
			b.Run(fmt.Sprintf("operations=%d/trouble=%v", operations, trouble), func(b *testing.B) {
				h := good(operations, trouble, 1)
				b.ReportAllocs()
				for b.Loop() {
					if v := check(b, h); v.Validity != checkers.Valid {
						b.Fatal(v.Reason)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(operations)/float64(b.N), "ns/op-of-history")
			})
		}
	}
}
