package harness

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// latencies count the latencies of answered operations in classes, until they are
// drained. Each doubling has sixteen classes, so that a quantile is off by less than a
// twentieth: enough for somebody who looks on. Exact figures come from the history.
type latencies struct {
	classes [classesPerDoubling * 64]atomic.Int64
}

const (
	classesPerDoubling = 1 << classBits
	classBits          = 4
)

func (l *latencies) add(d time.Duration) { l.classes[classOf(d)].Add(1) }

// drain gives the median and the 99th percentile of what was added since last time; 0
// if nothing was.
func (l *latencies) drain() (p50, p99 time.Duration) {
	var counts [len(l.classes)]int64
	var total int64
	for i := range l.classes {
		counts[i] = l.classes[i].Swap(0)
		total += counts[i]
	}
	return quantile(counts[:], total, 50), quantile(counts[:], total, 99)
}

func quantile(counts []int64, total, percent int64) time.Duration {
	rank := (total*percent + 99) / 100
	for class, n := range counts {
		if rank -= n; n > 0 && rank <= 0 {
			return middleOf(class)
		}
	}
	return 0
}

// classOf is the bit length of a duration followed by the bits after its highest one.
func classOf(d time.Duration) int {
	n := uint64(max(d, 1))
	length := bits.Len64(n)
	if length <= classBits {
		return int(n)
	}
	after := n >> (length - 1 - classBits) & (classesPerDoubling - 1)
	return (length-classBits)*classesPerDoubling + int(after)
}

// middleOf is the middle of the durations of a class.
func middleOf(class int) time.Duration {
	if class < classesPerDoubling {
		return time.Duration(class)
	}
	length, after := class/classesPerDoubling+classBits, uint64(class%classesPerDoubling)
	width := uint64(1) << (length - 1 - classBits)
	return time.Duration((classesPerDoubling+after)*width + width/2)
}
