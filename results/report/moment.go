package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// moment writes a time since the run began, in seconds.
func moment(at time.Duration, decimals int) string {
	return strconv.FormatFloat(at.Seconds(), 'f', decimals, 64) + " s"
}

// lasted writes a length of time with three figures and the unit that suits it.
func lasted(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + lasted(-d)
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	case d < time.Millisecond:
		return figures(float64(d)/1e3) + " µs"
	case d < time.Second:
		return figures(float64(d)/1e6) + " ms"
	case d < 10*time.Minute:
		return figures(d.Seconds()) + " s"
	default:
		return d.Round(time.Second).String()
	}
}

// figures writes a number with three significant figures, without zeros at the
// end.
func figures(x float64) string {
	decimals := 2
	if x >= 9.995 {
		decimals = 1
	}
	if x >= 99.95 {
		decimals = 0
	}
	text := strconv.FormatFloat(x, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// decimals is how many decimals of a second tell the times of these calls
// apart.
func decimals(calls []history.Call) int {
	var times []time.Duration
	for _, c := range calls {
		times = append(times, c.Start)
		if c.End != history.Never {
			times = append(times, c.End)
		}
	}
	slices.Sort(times)
	closest := time.Second
	for i := 1; i < len(times); i++ {
		if gap := times[i] - times[i-1]; gap > 0 {
			closest = min(closest, gap)
		}
	}
	return min(6, max(3, int(math.Ceil(-math.Log10(closest.Seconds())))))
}
