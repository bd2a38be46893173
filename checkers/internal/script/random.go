package script

import (
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// rounds is how many random histories a test tries: the number in the variable
// ASSAY_RANDOM, or the one given, which should take no more than a few seconds.
func rounds(t testing.TB, otherwise, cost int) int {
	t.Helper()
	text := os.Getenv("ASSAY_RANDOM")
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("ASSAY_RANDOM is %q, not a number of rounds", text)
	}
	return max(1, n/cost)
}

// seed is where a test's random histories begin: the number in the variable
// ASSAY_SEED, or another one each time. The test prints it.
func seed(t testing.TB) uint64 {
	t.Helper()
	chosen := uint64(time.Now().UnixNano())
	if text := os.Getenv("ASSAY_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("ASSAY_SEED is %q, not a number", text)
		}
		chosen = n
	}
	t.Logf("repeat with ASSAY_SEED=%d", chosen)
	return chosen
}

// Try runs a test's rounds, on several processors, until one fails. The first
// seed is printed, and that of a round that fails. ASSAY_RANDOM is divided by what
// a round costs: 1 for those of the main test of a checker, which take
// microseconds.
func Try(t *testing.T, otherwise, cost int, round func(t *testing.T, random *rand.Rand) (ok bool)) {
	t.Helper()
	n, first := rounds(t, otherwise, cost), seed(t)
	var next atomic.Int64
	var working sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		working.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && !t.Failed(); i = next.Add(1) - 1 {
				this := first + uint64(i)
				if !round(t, rand.New(rand.NewPCG(this, 1))) {
					t.Errorf("repeat with ASSAY_SEED=%d ASSAY_RANDOM=1 go test -run '^%s$'", this, t.Name())
				}
			}
		})
	}
	working.Wait()
	t.Logf("%d rounds", n)
}

// Tally counts, from several goroutines, how often things came up, so that a
// random test can show that it tried them.
type Tally struct {
	mu sync.Mutex
	of map[string]int
}

// Count counts one.
func (c *Tally) Count(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]int{}
	}
	c.of[what]++
}

// Of is how often something came up.
func (c *Tally) Of(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[what]
}

// Log prints everything.
func (c *Tally) Log(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	t.Log(c.of)
}

// CameUp prints everything, and demands that each of some things came up at least once in
// a thousand rounds or more; in fewer it may be chance that one did not.
func (c *Tally) CameUp(t *testing.T, things ...string) {
	t.Helper()
	c.Log(t)
	total := 0
	for _, n := range c.of {
		total += n
	}
	for _, what := range things {
		if total >= 1000 && c.Of(what) == 0 {
			t.Errorf("%s never came up", what)
		}
	}
}
