package distribution_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers/internal/distribution"
)

func TestQuantilesAreThoseOfTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		durations := make([]time.Duration, 1+random.IntN(220))
		for i := range durations {
			durations[i] = time.Duration(random.IntN(50))
		}
		d := distribution.Of(durations)
		for _, percent := range []int{0, 1, 50, 95, 99, 100} {
			if got, want := d.Quantile(percent), defined(durations, percent); got != want {
				t.Fatalf("p%d of %v is %d, want %d", percent, durations, got, want)
			}
		}
	}
}

// defined is the shortest duration that so many of a hundred are not longer than.
func defined(durations []time.Duration, percent int) time.Duration {
	for candidate := time.Duration(0); ; candidate++ {
		present, notLonger := false, 0
		for _, d := range durations {
			present = present || d == candidate
			if d <= candidate {
				notLonger++
			}
		}
		if present && notLonger*100 >= percent*len(durations) {
			return candidate
		}
	}
}

func TestText(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "999ns": 999, "1.23µs": 1234, "12.3ms": 12345 * time.Microsecond, "1.05s": 1049999 * time.Microsecond,
		"1m2.3s": 62345 * time.Millisecond, "-1.23µs": -1234,
	} {
		if got := distribution.Text(d); got != want {
			t.Errorf("%d ns are %s, want %s", d, got, want)
		}
	}
	d := distribution.Of([]time.Duration{time.Second, 2 * time.Millisecond, 3 * time.Millisecond})
	if got, want := d.String(), "min 2ms, p50 3ms, p95 1s, p99 1s, max 1s"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := distribution.Distribution(nil).String(); got != "none" {
		t.Error(got)
	}
	if got := distribution.Distribution(nil).Quantile(99); got != 0 {
		t.Error(got)
	}
}
