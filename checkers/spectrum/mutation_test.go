package spectrum_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/session/trace/weak"
	"github.com/assaykit/assay/harness/history"
)

func replicas(operations int, lag float64, apart bool, seed uint64) *history.History {
	r := weak.Replicas{Random: rand.New(rand.NewPCG(seed, 3)), Sessions: 8, Keys: 5, Perkey: 150, Lag: lag, Apart: apart}
	return r.Work(operations)
}

// TestStoresAreToldApart judges big histories of stores that keep less and less.
func TestStoresAreToldApart(t *testing.T) {
	for _, c := range []struct {
		lag   float64
		apart bool
		want  checkers.Validity
		says  string
	}{
		{0, false, checkers.Valid, "linearizable"},
		{0.9, false, checkers.Invalid, "; not linearizable, but sequentially consistent; "},
		{0.9, true, checkers.Invalid, "; neither sequentially nor causally consistent; what it did keep: read your writes, monotonic reads, monotonic writes, writes follow reads; "},
	} {
		for seed := range uint64(3) {
			h := replicas(3000, c.lag, c.apart, seed)
			got := check(t, h)
			if got.Validity != c.want || !strings.Contains(got.Reason, c.says) {
				t.Errorf("lag %v, apart %v, seed %d: %v: %s", c.lag, c.apart, seed, got.Validity, got.Reason)
			}
			if got.Validity == checkers.Invalid {
				script.PointsAtCalls(t, h, got)
			}
		}
	}
}

func BenchmarkSpectrum(b *testing.B) {
	for _, operations := range []int{1000, 10_000, 100_000} {
		for _, apart := range []bool{false, true} {
			b.Run(fmt.Sprintf("operations=%d/apart=%v", operations, apart), func(b *testing.B) {
				h := replicas(operations, 0.9, apart, 1)
				b.ReportAllocs()
				for b.Loop() {
					if v := check(b, h); v.Validity != checkers.Invalid {
						b.Fatal(v.Reason)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(operations)/float64(b.N), "ns/op-of-history")
			})
		}
	}
}
