package sequential_test

import (
	"fmt"
	"testing"

	"github.com/assaykit/assay/checkers"
)

func BenchmarkSequential(b *testing.B) {
	for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
		for _, lag := range []float64{0, 0.9} {
			b.Run(fmt.Sprintf("operations=%d/lag=%v", operations, lag), func(b *testing.B) {
				h := good(operations, lag, 0, false, 1)
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
