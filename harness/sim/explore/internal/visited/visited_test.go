package visited_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/assaykit/assay/harness/sim/explore/internal/visited"
)

// TestManyAtOnce lets several goroutines add the same fingerprints. Each is new once,
// and the smallest way stays.
func TestManyAtOnce(t *testing.T) {
	const n, workers = 50_000, 4
	random := rand.New(rand.NewPCG(1, 2))
	fingerprints := make([]uint64, n)
	for i := range fingerprints {
		fingerprints[i] = random.Uint64()
	}
	set := visited.New(workers)
	first := set.Open()
	first.Add(fingerprints[0], visited.Way(0, 0))
	first.Close()
	var fresh atomic.Int64
	var working sync.WaitGroup
	for w := range workers {
		working.Go(func() {
			for i := 1; i < n; i += 100 {
				s := set.Open()
				for k := i; k < min(i+100, n); k++ {
					// Worker 0 comes by the right way, the others by later ones.
					if s.Add(fingerprints[k], visited.Way(k+w, fingerprints[max(0, k-1-w)])) {
						fresh.Add(1)
					}
				}
				s.Close()
			}
		})
	}
	working.Wait()
	if fresh.Load() != n-1 || set.Len() != n {
		t.Errorf("%d were new, %d are there, want %d", fresh.Load(), set.Len(), n)
	}
	for k := n - 1; k > 0; k-- {
		if before, ok := set.Predecessor(fingerprints[k]); !ok || before != fingerprints[k-1] {
			t.Fatalf("before number %d comes %x (%v), want %x", k, before, ok, fingerprints[k-1])
		}
	}
	if _, ok := set.Predecessor(fingerprints[0]); ok {
		t.Error("the first one has a predecessor")
	}
}
