package staleness_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/staleness"
)

func BenchmarkStaleness(b *testing.B) {
	for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
		for _, lag := range []float64{0, 0.9} {
			b.Run(fmt.Sprintf("operations=%d/lag=%v", operations, lag), func(b *testing.B) {
				h := good(operations, lag, 0.01, 1)
				b.ReportAllocs()
				for b.Loop() {
					if v := check(b, staleness.Options{MaxAge: time.Hour}, h); v.Validity != checkers.Valid {
						b.Fatal(v.Reason)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(operations)/float64(b.N), "ns/op-of-history")
			})
		}
	}
}

func BenchmarkVersions(b *testing.B) {
	for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint("operations=", operations), func(b *testing.B) {
			h := good(operations, 0, 0.01, 1)
			b.ReportAllocs()
			for b.Loop() {
				if v := check(b, staleness.Options{MaxVersions: 1}, h); v.Validity != checkers.Valid {
					b.Fatal(v.Reason)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(operations)/float64(b.N), "ns/op-of-history")
		})
	}
}
