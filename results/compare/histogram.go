package compare

import (
	"math"
	"slices"
	"time"
)

// histogram counts durations in classes of one percent, of which it keeps those that
// are not empty: a slice of a run has few.
type histogram []class

type class struct {
	at    int32
	count int32
}

// perDoubling makes a class 1.1 % wide.
const perDoubling = 64

// classes is enough for all durations.
const classes = perDoubling * 64

func classOf(d time.Duration) int32 {
	return int32(math.Round(math.Log2(float64(max(d, 1))) * perDoubling))
}

// middleOf is the duration in the middle of a class, in nanoseconds.
func middleOf(class int32) float64 { return math.Exp2(float64(class) / perDoubling) }

func newHistogram(durations []time.Duration) histogram {
	at := make([]int32, len(durations))
	for i, d := range durations {
		at[i] = classOf(d)
	}
	slices.Sort(at)
	var h histogram
	for _, c := range at {
		if len(h) == 0 || h[len(h)-1].at != c {
			h = append(h, class{at: c})
		}
		h[len(h)-1].count++
	}
	return h
}

// sum is many histograms added up.
type sum struct {
	counts [classes]int64
	total  int64
	// low is the lowest class that is not empty, high the one after the highest.
	low, high int32
}

func (s *sum) reset() {
	clear(s.counts[s.low:s.high])
	s.total, s.low, s.high = 0, 0, 0
}

func (s *sum) add(h histogram) {
	if len(h) == 0 {
		return
	}
	if s.total == 0 {
		s.low = h[0].at
	}
	s.low, s.high = min(s.low, h[0].at), max(s.high, h[len(h)-1].at+1)
	for _, c := range h {
		s.counts[c.at] += int64(c.count)
		s.total += int64(c.count)
	}
}

// quantile is by the nearest rank, in nanoseconds; NaN if there is nothing.
func (s *sum) quantile(share float64) float64 {
	if s.total == 0 {
		return math.NaN()
	}
	rank := max(1, int64(math.Ceil(share*float64(s.total))))
	for at := s.low; at < s.high; at++ {
		if rank -= s.counts[at]; rank <= 0 {
			return middleOf(at)
		}
	}
	panic("compare: the counts do not add up to their total")
}
