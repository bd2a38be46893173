package report

import (
	"math"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// grid divides a run into stretches of one width, few enough to draw.
type grid struct {
	// start is a multiple of width.
	start, end time.Duration
	width      time.Duration
	count      int
}

const mostStretches = 150

func newGrid(r record) grid { return newGridOf(r, mostStretches) }

// newGridOf has so many stretches at most.
func newGridOf(r record, most float64) grid {
	end := max(r.end, r.start+time.Millisecond)
	width := niceStep(1, most/float64(end-r.start))
	start := r.start.Truncate(width)
	return grid{start: start, end: end, width: width, count: max(1, int((end-start+width/2)/width))}
}

// bounds are when a stretch begins and ends. The last one may be half as long or
// half as long again: rates and quantiles of a splinter say nothing.
func (g grid) bounds(i int) (from, to time.Duration) {
	from, to = g.start+time.Duration(i)*g.width, g.start+time.Duration(i+1)*g.width
	if i == g.count-1 {
		to = g.end
	}
	return from, to
}

func (g grid) seconds(i int) float64 {
	from, to := g.bounds(i)
	return (to - from).Seconds()
}

func (g grid) at(t time.Duration) int {
	return min(max(0, int((t-g.start)/g.width)), g.count-1)
}

// percent is where a time lies between the grid's beginning and its end.
func (g grid) percent(t time.Duration) float64 {
	return round2(100 * float64(min(max(t, g.start), g.end)-g.start) / float64(g.end-g.start))
}

func round2(x float64) float64 { return math.Round(x*100) / 100 }

// outcomes counts calls by what came of them.
type outcomes struct{ ok, failed, unknown int }

func (o *outcomes) add(t history.Type) {
	switch t {
	case history.OK:
		o.ok++
	case history.Fail:
		o.failed++
	default:
		o.unknown++
	}
}

func (o outcomes) total() int { return o.ok + o.failed + o.unknown }

// outcomes are counted where the calls ended.
func (g grid) outcomes(r record, passes func(*history.Call) bool) []outcomes {
	counts := make([]outcomes, g.count)
	for i := range r.calls {
		if c := &r.calls[i]; passes(c) {
			counts[g.at(r.over(*c))].add(c.Type)
		}
	}
	return counts
}

// latencies are how long the selected calls took, in order, where they ended.
func (g grid) latencies(r record, of selection) [][]time.Duration {
	samples := make([][]time.Duration, g.count)
	for i := range r.calls {
		if c := &r.calls[i]; of.passes(c) {
			at := g.at(r.over(*c))
			samples[at] = append(samples[at], of.took(c))
		}
	}
	for _, s := range samples {
		slices.Sort(s)
	}
	return samples
}

// percentile is the nearest rank of sorted samples; 0 if there are none.
func percentile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(share*float64(len(sorted)))) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}
