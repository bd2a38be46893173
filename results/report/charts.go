package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// chart is the whole run over time. It fills the width that it is given, so
// that everything horizontal is a percentage; heights are pixels.
type chart struct {
	ID, Title, About string
	Height           float64
	// Top and Bottom are the plot's; the faults' names are above, the times below.
	Top, Bottom float64
	Bands       []strip
	Columns     []column
	Lines       []line
	Across      []level
	Times       []mark
	Legend      []legend
	// Table says the same in words.
	Table dataTable
}

// dataTable is the table behind a chart, for those who read better than they see.
type dataTable struct {
	Head []string
	Rows [][]string
}

// strip is a fault: its name in a row above the plot, and a shade behind it.
type strip struct {
	X, Width, Y float64
	Label       string
	Title       string
	Doubtful    bool
}

// column is one stretch of time; its parts stand upon each other.
type column struct {
	X, Width float64
	Parts    []part
	Title    string
}

type part struct {
	Class     string
	Y, Height float64
}

// line is a path in a box of plotWide by the plot's height.
type line struct {
	Class, Path string
}

// level is a line across with its value.
type level struct {
	Y     float64
	Label string
}

// mark is a time below the plot.
type mark struct {
	X             float64
	Label, Anchor string
}

type legend struct {
	Class, Label string
}

const (
	plotWide   = 1000.0
	plotHeight = 190.0
	stripRow   = 18.0
	mostRows   = 4
	mostStrips = 400
)

// newChart is a chart with its times and faults, and an empty plot.
func newChart(r record, grid grid) chart {
	c := chart{Times: timeMarks(grid)}
	rows := 0
	c.Bands, rows = strips(r, grid)
	c.Top = float64(rows)*stripRow + 8
	c.Bottom = c.Top + plotHeight
	c.Height = c.Bottom + 24
	return c
}

func strips(r record, grid grid) ([]strip, int) {
	var found []strip
	var rows []float64
	for _, f := range r.faults[:min(len(r.faults), mostStrips)] {
		from, to := grid.percent(f.Start), grid.percent(r.until(f))
		row := freeRow(rows, from)
		if row == len(rows) && row < mostRows {
			rows = append(rows, 0)
		}
		row = min(row, mostRows-1)
		rows[row] = max(rows[row], to)
		found = append(found, strip{
			X: from, Width: math.Max(0.15, round2(to-from)), Y: float64(row) * stripRow,
			Label: short(f.Fault.Name, 24), Title: f.title(), Doubtful: !f.Verified,
		})
	}
	return found, len(rows)
}

// timeMarks are few enough to be read on a telephone.
func timeMarks(grid grid) []mark {
	step := niceStep(1, 8/float64(max(grid.end-grid.start, 1)))
	var marks []mark
	for at := ceil(grid.start, step); step > 0 && at <= grid.end; at += step {
		m := mark{X: grid.percent(at), Label: moment(at, stepDecimals(step)), Anchor: "middle"}
		switch {
		case m.X < 2:
			m.Anchor = "start"
		case m.X > 96:
			m.Anchor = "end"
		}
		marks = append(marks, m)
	}
	return marks
}

// selection are the calls that a chart is about.
type selection struct {
	id, title string
	// about begins the sentence on what is drawn.
	about  string
	passes func(*history.Call) bool
	// took is how long a call took.
	took func(*history.Call) time.Duration
}

// throughput stacks what came of the calls of each stretch of time.
func throughput(r record, grid grid) chart {
	return throughputOf(r, grid, selection{id: "throughput", title: "Throughput", about: "Operations", passes: anyCall})
}

func anyCall(*history.Call) bool { return true }

func throughputOf(r record, grid grid, s selection) chart {
	c := newChart(r, grid)
	c.ID, c.Title = s.id, s.title
	c.About = fmt.Sprintf("%s a second by outcome, in stretches of %s", s.about, lasted(grid.width))
	c.Legend = []legend{{"ok", "ok"}, {"failed", "failed: certainly no effect"}, {"unknown", "unknown: may have happened"}}
	counts := grid.outcomes(r, s.passes)
	most := 0.0
	for i, n := range counts {
		most = max(most, float64(n.total())/grid.seconds(i))
	}
	top := niceCeil(most)
	for i, n := range counts {
		if n.total() > 0 {
			c.Columns = append(c.Columns, stack(c, grid, i, n, top))
			c.Table.add(grid, i, checkers.Number(n.ok), checkers.Number(n.failed), checkers.Number(n.unknown))
		}
	}
	c.Table.Head = []string{"from", "to", "ok", "failed", "unknown"}
	for _, share := range []float64{0.5, 1} {
		c.Across = append(c.Across, level{Y: round(c.Bottom - share*plotHeight), Label: figures(share*top) + " /s"})
	}
	return c
}

// add is a row about a stretch of time.
func (t *dataTable) add(grid grid, i int, values ...string) {
	from, to := grid.bounds(i)
	d := stepDecimals(grid.width)
	t.Rows = append(t.Rows, append([]string{moment(from, d), moment(to, d)}, values...))
}

func stack(c chart, grid grid, i int, n outcomes, top float64) column {
	from, to := grid.bounds(i)
	d := stepDecimals(grid.width)
	col := column{
		X: grid.percent(from), Width: round2(grid.percent(to) - grid.percent(from)),
		Title: fmt.Sprintf("%s – %s: %s ok, %s failed, %s unknown", moment(from, d), moment(to, d), checkers.Number(n.ok), checkers.Number(n.failed), checkers.Number(n.unknown)),
	}
	y := c.Bottom
	for _, p := range []struct {
		class string
		count int
	}{{"ok", n.ok}, {"failed", n.failed}, {"unknown", n.unknown}} {
		if p.count == 0 {
			continue
		}
		// A single unknown operation among thousands is worth seeing.
		height := max(1.5, float64(p.count)/grid.seconds(i)/top*plotHeight)
		y -= height
		col.Parts = append(col.Parts, part{Class: p.class, Y: round(y), Height: round(height)})
	}
	return col
}

// niceCeil is the next number above x whose half is short, too.
func niceCeil(x float64) float64 {
	if x <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, nice := range []float64{1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10} {
		if x <= nice*power {
			return nice * power
		}
	}
	return 10 * power
}

// quantiles are the lines of the chart of latencies.
var quantiles = [...]struct {
	class, label string
	share        float64
}{{"max", "max", 1}, {"p99", "p99", 0.99}, {"p95", "p95", 0.95}, {"p50", "p50", 0.50}}

// latency draws quantiles on a logarithmic scale; stretches without a success
// are gaps.
func latency(r record, grid grid) chart {
	return latencyOf(r, grid, selection{id: "latency", title: "Latency", about: "Latency of operations that ended ok", passes: isOK, took: tookOK})
}

func isOK(c *history.Call) bool { return c.Type == history.OK }

func tookOK(c *history.Call) time.Duration { return c.End - c.Start }

func latencyOf(r record, grid grid, s selection) chart {
	c := newChart(r, grid)
	c.ID, c.Title = s.id, s.title
	c.About = fmt.Sprintf("%s, in stretches of %s, logarithmic", s.about, lasted(grid.width))
	samples := grid.latencies(r, s)
	levels := logLevels(samples)
	low, high := math.Log(float64(levels[0])), math.Log(float64(levels[len(levels)-1]))
	height := func(d time.Duration) float64 {
		return round(plotHeight * (1 - (math.Log(float64(max(d, 1)))-low)/(high-low)))
	}
	for _, q := range quantiles {
		c.Lines = append(c.Lines, line{Class: q.class, Path: path(samples, grid, func(s []time.Duration) float64 {
			return height(percentile(s, q.share))
		})})
		c.Legend = append(c.Legend, legend{q.class, q.label})
	}
	for _, at := range levels {
		c.Across = append(c.Across, level{Y: round(c.Top + height(at)), Label: lasted(at)})
	}
	for i, s := range samples {
		if len(s) > 0 {
			c.Columns = append(c.Columns, latencyColumn(grid, i, s))
			c.Table.add(grid, i, lasted(percentile(s, 0.5)), lasted(percentile(s, 0.95)), lasted(percentile(s, 0.99)), lasted(percentile(s, 1)))
		}
	}
	c.Table.Head = []string{"from", "to", "p50", "p95", "p99", "max"}
	return c
}

// latencyColumn has no parts: it is there to be pointed at.
func latencyColumn(grid grid, i int, s []time.Duration) column {
	from, to := grid.bounds(i)
	d := stepDecimals(grid.width)
	return column{
		X: grid.percent(from), Width: round2(grid.percent(to) - grid.percent(from)),
		Title: fmt.Sprintf("%s – %s: p50 %s, p95 %s, p99 %s, max %s", moment(from, d), moment(to, d), lasted(percentile(s, 0.5)),
			lasted(percentile(s, 0.95)), lasted(percentile(s, 0.99)), lasted(percentile(s, 1))),
	}
}

// logLevels are the levels 1, 2, 5, 10, ... of a logarithmic scale that holds
// all samples from the lowest median up, without those between powers of ten if
// they would be too many.
func logLevels(samples [][]time.Duration) []time.Duration {
	least, most := history.Never, time.Duration(1)
	for _, s := range samples {
		if len(s) > 0 {
			least, most = min(least, percentile(s, 0.5)), max(most, s[len(s)-1])
		}
	}
	least = max(1, min(least, most))
	var fine, coarse []time.Duration
	for power := time.Duration(1); power < time.Hour*24*365; power *= 10 {
		coarse = widen(coarse, power, least, most)
		for _, at := range []time.Duration{power, 2 * power, 5 * power} {
			fine = widen(fine, at, least, most)
		}
	}
	if len(fine) <= 7 {
		return fine
	}
	return coarse
}

// widen adds a level, until all from least to most lies between two of them.
func widen(levels []time.Duration, at, least, most time.Duration) []time.Duration {
	switch n := len(levels); {
	case at <= least:
		return []time.Duration{at}
	case n >= 2 && levels[n-1] >= most:
		return levels
	default:
		return append(levels, at)
	}
}

// path connects the middles of stretches next to each other; one alone is a
// short line.
func path(samples [][]time.Duration, grid grid, y func([]time.Duration) float64) string {
	var b strings.Builder
	drawing := false
	for i, s := range samples {
		if len(s) == 0 {
			drawing = false
			continue
		}
		from, to := grid.bounds(i)
		left, right := grid.percent(from)/100*plotWide, grid.percent(to)/100*plotWide
		switch alone := i+1 == len(samples) || len(samples[i+1]) == 0; {
		case drawing:
			fmt.Fprintf(&b, "L%.1f %.1f", (left+right)/2, y(s))
		case alone:
			fmt.Fprintf(&b, "M%.1f %.1fH%.1f", left, y(s), right)
		default:
			fmt.Fprintf(&b, "M%.1f %.1f", (left+right)/2, y(s))
		}
		drawing = true
	}
	return b.String()
}
