package harness

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestAClassHoldsWhatIsCloseToItsMiddle(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		d := time.Duration(random.Int64() >> random.IntN(63))
		middle := middleOf(classOf(d))
		if off := math.Abs(float64(middle-d)) / float64(max(d, 1)); d > 0 && off > 0.05 {
			t.Fatalf("%d is counted as %d, off by %.3f", d, middle, off)
		}
	}
	for _, d := range []time.Duration{math.MinInt64, -1, 0, 1, 15, 16, 17, math.MaxInt64} {
		if class := classOf(d); class < 0 || class >= len(latencies{}.classes) {
			t.Errorf("%d has class %d", d, class)
		}
	}
}

func TestLatenciesAreDrainedOnce(t *testing.T) {
	var l latencies
	for i := range 100 {
		l.add(time.Duration(i+1) * time.Millisecond)
	}
	p50, p99 := l.drain()
	if p50 < 48*time.Millisecond || p50 > 52*time.Millisecond || p99 < 95*time.Millisecond || p99 > 103*time.Millisecond {
		t.Errorf("p50 %v, p99 %v", p50, p99)
	}
	if p50, p99 = l.drain(); p50 != 0 || p99 != 0 {
		t.Errorf("after draining p50 %v, p99 %v", p50, p99)
	}
}
