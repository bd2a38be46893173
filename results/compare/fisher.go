package compare

import "math"

// fisher is the probability that of all ways to spread hits over the runs of two sides,
// NEW has as many of them as it has or more: Fisher's exact test, one-sided. It is
// small if something happens more often now than chance would have it.
func fisher(oldHits, oldRuns, newHits, newRuns int) float64 {
	hits, runs := oldHits+newHits, oldRuns+newRuns
	p := 0.0
	for n := newHits; n <= min(hits, newRuns); n++ {
		if hits-n > oldRuns {
			continue
		}
		p += math.Exp(choose(newRuns, n) + choose(oldRuns, hits-n) - choose(runs, hits))
	}
	return min(1, p)
}

// choose is the logarithm of the binomial coefficient.
func choose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
