package report

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// axis lays times out from left to right, to scale, except that long stretches
// in which nothing begins or ends are folded into breaks of a fixed width: a
// stale read may come a quarter of a minute after the write that it missed, and
// both took a millisecond.
type axis struct {
	segments []segment
	// scale is pixels for a nanosecond within segments.
	scale       float64
	left, right float64
}

// segment is an unbroken stretch: of time, from its first to its last event,
// and of pixels, with some air at both ends.
type segment struct {
	from, to time.Duration
	x, width float64
	// after is how many pixels it has behind its last event, where labels go.
	after float64
}

const (
	// before is how many pixels a segment has in front of its first event.
	before = 40.0
	// behind and mostBehind bound the pixels behind its last one.
	behind, mostBehind = 26.0, 150.0
	// breakWidth is how many pixels a break takes.
	breakWidth = 34.0
	mostBreaks = 6
	// legible is how many pixels a call of middling length should have.
	legible = 24.0
)

// newAxis makes an axis on which these calls lie from left to right. room says
// how many pixels a call takes behind its end.
func newAxis(calls []history.Call, left, right float64, room func(history.Call) float64) axis {
	times := events(calls)
	slices.Sort(times)
	times = slices.Compact(times)
	if len(times) == 0 {
		times = []time.Duration{0}
	}
	a := axis{segments: split(times, idle(times, calls, right-left)), left: left, right: right}
	a.makeRoom(calls, room)
	a.spread()
	return a
}

// makeRoom keeps labels from running into the next segment, as far as all of
// them together leave half of the pixels to the calls.
func (a *axis) makeRoom(calls []history.Call, room func(history.Call) float64) {
	each := (a.right - a.left) / 2 / float64(len(a.segments))
	most := min(mostBehind, max(behind, each-before-breakWidth))
	for i := range a.segments {
		s := &a.segments[i]
		s.after = behind
		for _, c := range calls {
			if at := last(c); s.from <= at && at <= s.to {
				s.after = min(most, max(s.after, room(c)))
			}
		}
	}
}

// events are the moments that an axis has to tell apart.
func events(calls []history.Call) []time.Duration {
	var times []time.Duration
	for _, c := range calls {
		times = append(times, c.Start, last(c))
	}
	return times
}

// split cuts the times before those that breaks names.
func split(times []time.Duration, breaks []int) []segment {
	segments := []segment{{from: times[0]}}
	for i, at := range times {
		if slices.Contains(breaks, i) {
			segments = append(segments, segment{from: at})
		}
		segments[len(segments)-1].to = at
	}
	return segments
}

// idle finds the times before which the axis is to be broken: the longest gaps,
// as long as calls are too short to be seen, and each is as long as everything
// that would be left.
func idle(times []time.Duration, calls []history.Call, pixels float64) []int {
	gap := func(i int) time.Duration { return times[i] - times[i-1] }
	var gaps []int
	for i := 1; i < len(times); i++ {
		gaps = append(gaps, i)
	}
	slices.SortStableFunc(gaps, func(i, j int) int { return cmp.Compare(gap(j), gap(i)) })
	whole := times[len(times)-1] - times[0]
	left, rest, found := whole, whole, 0
	for k, i := range gaps[:min(len(gaps), breaksIn(pixels))] {
		if float64(middling(calls))*pixels >= legible*float64(left) {
			break
		}
		if busy(calls, times[i-1], times[i]) && 20*gap(i) < whole {
			break // what seems long beside a microsecond need not be a pause
		}
		if rest -= gap(i); gap(i) >= rest {
			left, found = rest, k+1
		}
	}
	return gaps[:found]
}

// breaksIn is how many breaks leave at least a part of so many pixels to the calls.
func breaksIn(pixels float64) int {
	return max(1, min(mostBreaks, int(pixels/(before+behind+breakWidth)-0.5)-1))
}

// middling is the median of how long the calls took, as far as that is known.
func middling(calls []history.Call) time.Duration {
	var took []time.Duration
	for _, c := range calls {
		if c.End != history.Never {
			took = append(took, c.End-c.Start)
		}
	}
	slices.Sort(took)
	return percentile(took, 0.5)
}

// busy says whether a call was going on between two events.
func busy(calls []history.Call, from, to time.Duration) bool {
	return slices.ContainsFunc(calls, func(c history.Call) bool {
		return c.Start <= from && c.End != history.Never && c.End >= to
	})
}

// spread shares the pixels out among the segments by their length.
func (a *axis) spread() {
	var length time.Duration
	free := a.right - a.left - float64(len(a.segments)-1)*breakWidth
	for _, s := range a.segments {
		length += s.to - s.from
		free -= before + s.after
	}
	if length > 0 {
		a.scale = free / float64(length)
	}
	x := a.left
	for i := range a.segments {
		s := &a.segments[i]
		s.x, s.width = x, before+s.after+a.scale*float64(s.to-s.from)
		x += s.width + breakWidth
	}
}

// x is where a time lies. Times within a break lie within its pixels, in order;
// those outside of the axis at its ends.
func (a axis) x(at time.Duration) float64 {
	for i, s := range a.segments {
		first, final := a.reach(i)
		switch {
		case at < first && i == 0:
			return a.left
		case at < first:
			return a.within(a.segments[i-1], s, at)
		case at <= final:
			return s.x + before + a.scale*float64(at-s.from)
		}
	}
	return a.right
}

// reach is the stretch of time that a segment shows with the air around it, as
// far as that does not run into the next segment.
func (a axis) reach(i int) (first, final time.Duration) {
	s := a.segments[i]
	if a.scale == 0 {
		return s.from, s.to
	}
	first, final = s.from-time.Duration(before/a.scale), s.to+time.Duration(s.after/a.scale)
	if i > 0 {
		first = max(first, a.segments[i-1].to+(s.from-a.segments[i-1].to)/2)
	}
	if i < len(a.segments)-1 {
		final = min(final, s.to+(a.segments[i+1].from-s.to)/2)
	}
	return first, final
}

// within is the place of a time in the break between two segments.
func (a axis) within(s, next segment, at time.Duration) float64 {
	from, to := s.x+s.width, next.x
	part := float64(at-s.to) / float64(next.from-s.to)
	return from + part*(to-from)
}

// gap is a break of the axis.
type gap struct {
	X, Width float64
	Label    string
}

func (a axis) gaps() []gap {
	var gaps []gap
	for i := 1; i < len(a.segments); i++ {
		s, next := a.segments[i-1], a.segments[i]
		x := s.x + s.width
		gaps = append(gaps, gap{X: round(x), Width: round(next.x - x), Label: lasted(next.from - s.to)})
	}
	return gaps
}

// tick is a labelled place on an axis.
type tick struct {
	X     float64
	Label string
}

// labelWidth is what the label of a tick takes, with air.
const labelWidth = 74.0

// ticks are round times inside the segments, and where a segment is too short
// to hold one, its first event. None is written over the label of a break.
func (a axis) ticks() []tick {
	step := niceStep(labelWidth, a.scale)
	var ticks []tick
	for i, s := range a.segments {
		low, high := s.x+before-4, s.x+s.width-20
		if i == 0 {
			low = a.left + labelWidth/2
		}
		if i == len(a.segments)-1 {
			high = a.right - labelWidth/2
		}
		from, to := a.reach(i)
		count := len(ticks)
		for at := ceil(max(from, 0), step); step > 0 && at <= to; at += step {
			if x := a.x(at); low <= x && x <= high {
				ticks = append(ticks, tick{X: round(x), Label: moment(at, stepDecimals(step))})
			}
		}
		if len(ticks) == count {
			ticks = append(ticks, tick{X: round(a.x(s.from)), Label: moment(s.from, 3)})
		}
	}
	return ticks
}

// niceStep is the shortest of 1, 2, 5, 10, ... nanoseconds that takes so many
// pixels.
func niceStep(pixels, scale float64) time.Duration {
	if scale <= 0 {
		return 0
	}
	for step := time.Duration(1); step < time.Hour*24*365; step *= 10 {
		for _, nice := range []time.Duration{step, 2 * step, 5 * step} {
			if float64(nice)*scale >= pixels {
				return nice
			}
		}
	}
	return 0
}

func stepDecimals(step time.Duration) int {
	return max(0, int(math.Ceil(-math.Log10(step.Seconds())-1e-9)))
}

func ceil(at, step time.Duration) time.Duration {
	if step <= 0 {
		return at
	}
	return (at + step - 1) / step * step
}

// round keeps coordinates short: a tenth of a pixel is more than anybody sees.
func round(x float64) float64 { return math.Round(x*10) / 10 }
