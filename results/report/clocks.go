package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// farthest is how far a clock is drawn away from the right time; none was ever set so
// far, and differences of twice as much are still numbers.
const farthest = 100 * 365 * 24 * time.Hour

// nodeClock is what the clock of one node was seen to show, in the order of the readings.
type nodeClock struct {
	Node string
	Seen []clockSample
}

// clockSample is a reading, or none where the node was down while others were read.
type clockSample struct {
	at   time.Duration
	seen bool
	history.ClockOffset
}

// noise is how far two offsets may be apart and be the same: it is what the arithmetic
// of a drift may be off by.
const noise = time.Microsecond

// clockChart draws by how much the nodes' clocks were ahead of the machine's; nil if
// nobody read them.
func clockChart(h *history.History, r record, grid grid) *chart {
	clocks := nodeClocks(h.ClockReadings())
	if len(clocks) == 0 {
		return nil
	}
	c := newChart(r, grid)
	c.ID, c.Title = "clocks", "Clocks"
	c.About = "By how much the clock of each node was ahead of the machine's, as read on the nodes"
	scale := newScale(clocks)
	for i, clock := range clocks {
		class := fmt.Sprint("clock-", i)
		c.Lines = append(c.Lines, line{Class: class, Path: clock.path(grid, scale)})
		c.Legend = append(c.Legend, legend{class, short(clock.Node, 12)})
	}
	for _, at := range scale.levels() {
		c.Across = append(c.Across, level{Y: round(c.Top + scale.height(at)), Label: ahead(at)})
	}
	c.addClocks(grid, clocks)
	c.Table = clockTable(grid, clocks)
	return &c
}

// nodeClocks are the readings by node, of as many nodes as a picture can tell apart.
func nodeClocks(readings []history.ClockReading) []nodeClock {
	names := map[string]bool{}
	for _, r := range readings {
		for name := range r.Offsets {
			names[name] = true
		}
	}
	sorted := slices.SortedFunc(maps.Keys(names), func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	var clocks []nodeClock
	for _, name := range sorted[:min(mostLanes, len(sorted))] {
		c := nodeClock{Node: name}
		for _, r := range readings {
			offset, seen := r.Offsets[name]
			offset.Offset = min(max(offset.Offset, -farthest), farthest)
			c.Seen = append(c.Seen, clockSample{at: r.End, seen: seen, ClockOffset: offset})
		}
		clocks = append(clocks, c)
	}
	return clocks
}

// scale is a linear one from the least offset to the most, with the right time in it.
type scale struct{ least, most time.Duration }

// leastScale is what clocks have to differ by before it fills the picture.
const leastScale = time.Millisecond

func newScale(clocks []nodeClock) scale {
	var s scale
	for _, c := range clocks {
		for _, at := range c.Seen {
			s.least, s.most = min(s.least, at.Offset), max(s.most, at.Offset)
		}
	}
	s.most = max(s.most, s.least+leastScale)
	// A line along the edge would be cut in half.
	margin := (s.most - s.least) / 20
	return scale{s.least - margin, s.most + margin}
}

func (s scale) height(at time.Duration) float64 {
	return round(plotHeight * float64(s.most-at) / float64(s.most-s.least))
}

// levels are a few round offsets, the right time among them.
func (s scale) levels() []time.Duration {
	step := roundStep((s.most - s.least) / 5)
	var all []time.Duration
	for at := s.least / step * step; at <= s.most; at += step {
		all = append(all, at)
	}
	return all
}

// roundStep is at least as long as asked for, and round to people: above a second, time
// is not counted in tens.
func roundStep(least time.Duration) time.Duration {
	if least <= time.Second {
		return niceStep(float64(least), 1)
	}
	const day = 24 * time.Hour
	for _, unit := range []struct {
		one   time.Duration
		steps []time.Duration
	}{
		{time.Second, []time.Duration{1, 2, 5, 10, 15, 30}},
		{time.Minute, []time.Duration{1, 2, 5, 10, 15, 30}},
		{time.Hour, []time.Duration{1, 2, 6, 12}},
		{day, []time.Duration{1, 2, 5, 10, 30, 100}},
		{365 * day, []time.Duration{1, 2, 5, 10, 20, 50}},
	} {
		for _, step := range unit.steps {
			if step*unit.one >= least {
				return step * unit.one
			}
		}
	}
	return least
}

// ahead is an offset with its sign.
func ahead(d time.Duration) string {
	switch {
	case d == 0:
		return "right"
	case d > 0:
		return "+" + longText(d)
	}
	return "−" + longText(-d)
}

// longText is 2h30m rather than 2h30m0s, and counts days where hours say nothing.
func longText(d time.Duration) string {
	if d >= 48*time.Hour {
		return figures(d.Hours()/24) + " d"
	}
	text := lasted(d)
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// path goes from reading to reading, and leaves out what one could not see: in each
// stretch of the grid the first reading, the extremes and the last one are enough.
func (c nodeClock) path(grid grid, s scale) string {
	var b strings.Builder
	drawing := false
	for _, at := range thinned(grid, c.Seen) {
		x, y := grid.percent(at.at)/100*plotWide, s.height(at.Offset)
		switch {
		case !at.seen:
			drawing = false
			continue
		case drawing:
			fmt.Fprintf(&b, "L%.1f %.1f", x, y)
		default:
			// A reading between two that failed is a dot.
			fmt.Fprintf(&b, "M%.1f %.1fh0.5", x, y)
		}
		drawing = true
	}
	return b.String()
}

func thinned(grid grid, all []clockSample) []clockSample {
	var kept []clockSample
	for from := 0; from < len(all); {
		to := from
		for to < len(all) && grid.at(all[to].at) == grid.at(all[from].at) {
			to++
		}
		kept = append(kept, landmarks(all[from:to])...)
		from = to
	}
	return kept
}

// landmarks are the first and the last sample, the extremes, and one gap.
func landmarks(all []clockSample) []clockSample {
	low, high, gap := 0, 0, -1
	for i, at := range all {
		switch {
		case !at.seen:
			gap = i
		case !all[low].seen || at.Offset < all[low].Offset:
			low = i
		}
		if at.seen && (!all[high].seen || at.Offset > all[high].Offset) {
			high = i
		}
	}
	places := []int{0, low, high, len(all) - 1}
	if gap >= 0 {
		places = append(places, gap)
	}
	slices.Sort(places)
	var kept []clockSample
	for _, i := range slices.Compact(places) {
		kept = append(kept, all[i])
	}
	return kept
}

// clockRange is what a clock showed in stretches of the grid from the first to the last.
type clockRange struct {
	first, last int
	readings    int
	// down says that it could not be read at some moment.
	down        bool
	least, most time.Duration
	bound       time.Duration
}

func (r *clockRange) add(at clockSample) {
	if !at.seen {
		r.down = true
		return
	}
	if r.readings == 0 {
		r.least, r.most = at.Offset, at.Offset
	}
	r.readings++
	r.least, r.most, r.bound = min(r.least, at.Offset), max(r.most, at.Offset), max(r.bound, at.Bound)
}

// same says that nobody would tell two stretches apart.
func (r clockRange) same(other clockRange) bool {
	return !r.down && !other.down && (r.least-other.least).Abs() <= noise && (r.most-other.most).Abs() <= noise
}

func (r clockRange) text() string {
	if r.most-r.least <= noise {
		return ahead(r.most)
	}
	return ahead(r.least) + " to " + ahead(r.most)
}

// stretches has a range for each stretch of the grid, with or without readings.
func (c nodeClock) stretches(grid grid) []clockRange {
	all := make([]clockRange, grid.count)
	for i := range all {
		all[i] = clockRange{first: i, last: i}
	}
	for _, at := range c.Seen {
		all[grid.at(at.at)].add(at)
	}
	return all
}

// addClocks is there to be pointed at: what all nodes showed in each stretch.
func (c *chart) addClocks(grid grid, clocks []nodeClock) {
	words := make([][]string, grid.count)
	for _, clock := range clocks {
		for i, r := range clock.stretches(grid) {
			if r.readings > 0 {
				words[i] = append(words[i], short(clock.Node, 12)+" "+r.text())
			}
		}
	}
	d := stepDecimals(grid.width)
	for i := range words {
		if len(words[i]) == 0 {
			continue
		}
		from, to := grid.bounds(i)
		c.Columns = append(c.Columns, column{
			X: grid.percent(from), Width: round2(grid.percent(to) - grid.percent(from)),
			Title: fmt.Sprintf("%s – %s: %s", moment(from, d), moment(to, d), strings.Join(words[i], ", ")),
		})
	}
}

// clockTable has a row for each stretch and node; stretches next to each other in which a
// clock showed the same are one.
func clockTable(grid grid, clocks []nodeClock) dataTable {
	t := dataTable{Head: []string{"from", "to", "node", "readings", "least", "most", "give or take"}}
	d := stepDecimals(grid.width)
	for _, clock := range clocks {
		for _, r := range joined(clock.stretches(grid)) {
			from, _ := grid.bounds(r.first)
			_, to := grid.bounds(r.last)
			t.Rows = append(t.Rows, []string{moment(from, d), moment(to, d), short(clock.Node, 12),
				checkers.Number(r.readings), ahead(r.least), ahead(r.most), lasted(r.bound)})
		}
	}
	return t
}

func joined(stretches []clockRange) []clockRange {
	var all []clockRange
	for _, s := range stretches {
		last := len(all) - 1
		switch {
		case s.readings == 0:
			if s.down && last >= 0 {
				all[last].down = true
			}
		case last >= 0 && all[last].same(s):
			all[last].readings, all[last].last = all[last].readings+s.readings, s.last
			all[last].bound = max(all[last].bound, s.bound)
		default:
			all = append(all, s)
		}
	}
	return all
}
