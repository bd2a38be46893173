package availability_test

import (
	"fmt"
	"testing"

	"github.com/assaykit/assay/checkers"
)

func BenchmarkAvailability(b *testing.B) {
	for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint("operations=", operations), func(b *testing.B) {
			h := steady(operations, 1)
			b.ReportAllocs()
			for b.Loop() {
				if v := check(b, demanding, h); v.Validity == checkers.Invalid {
					b.Fatal(v.Reason)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(operations), "ns/op-of-history")
		})
	}
}
