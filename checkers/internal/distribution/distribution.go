// Package distribution sums up durations by their quantiles. These are exact: the
// durations of a whole run, of which there are at most some millions, are sorted.
package distribution

import (
	"fmt"
	"slices"
	"time"
)

// Distribution is a number of durations in ascending order.
type Distribution []time.Duration

// Of sorts the durations, in place.
func Of(durations []time.Duration) Distribution {
	slices.Sort(durations)
	return durations
}

// Quantile is the shortest of the durations that so many of a hundred are not
// longer than (the nearest rank), from 0, the shortest, to 100, the longest. That
// of none is 0.
func (d Distribution) Quantile(percent int) time.Duration {
	if len(d) == 0 {
		return 0
	}
	rank := (len(d)*percent + 99) / 100
	return d[max(rank, 1)-1]
}

// String is "min 0s, p50 1.2ms, p95 3.4ms, p99 12ms, max 1.05s".
func (d Distribution) String() string {
	if len(d) == 0 {
		return "none"
	}
	return fmt.Sprintf("min %s, p50 %s, p95 %s, p99 %s, max %s",
		Text(d.Quantile(0)), Text(d.Quantile(50)), Text(d.Quantile(95)), Text(d.Quantile(99)), Text(d.Quantile(100)))
}

// Text is a duration with its first three digits, which is all that people
// compare: 1.23ms.
func Text(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 1000 || d/unit <= -1000 {
		unit *= 10
	}
	return d.Round(unit).String()
}
