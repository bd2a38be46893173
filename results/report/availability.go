package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/harness/history"
)

// available is how available the nodes were: over time, under each fault, on each side
// of a partition, and how soon they were back.
type available struct {
	Nodes    laneChart
	Windows  []windowRow
	Left     int
	Recovery string
}

// laneChart has a lane for each node; bars in it are as high as the share of the
// operations that were answered.
type laneChart struct {
	chart
	Lanes []nodeLane
}

type nodeLane struct {
	Name      string
	Y, Height float64
	Cells     []cell
}

// cell is a stretch of time in which the share stayed about the same.
type cell struct {
	X, Width float64
	// Y and High are the bar's, of what was answered; the rest of the lane is empty.
	Y, High float64
	Title   string
}

// windowRow is a fault window, or a side of a partition in it.
type windowRow struct {
	Name, When      string
	IsSide          bool
	Calls, Answered string
	P50, P99, Max   string
	Recovery        []string
}

const (
	laneHeight   = 26.0
	mostLanes    = 12
	mostWindows  = 100
	mostRecovery = 12
)

func newAvailable(r record, grid grid) available {
	a := available{Nodes: nodeLanes(r, grid)}
	if len(r.faults) == 0 {
		return a
	}
	windows := availability.Measure(&history.History{Ops: r.ops}, r.calls)
	a.Left = max(0, len(windows)-mostWindows)
	var times []time.Duration
	for _, w := range windows {
		for _, recovery := range w.Recoveries {
			if recovery.Recovered {
				times = append(times, recovery.Took)
			}
		}
	}
	for _, w := range windows[:len(windows)-a.Left] {
		a.Windows = append(a.Windows, windowRows(r, w)...)
	}
	if slices.Sort(times); len(times) > 0 {
		a.Recovery = fmt.Sprintf("%s of nodes: p50 %s, p95 %s, max %s", checkers.Count(len(times), "recovery", "recoveries"),
			lasted(percentile(times, 0.5)), lasted(percentile(times, 0.95)), lasted(percentile(times, 1)))
	}
	return a
}

func windowRows(r record, w availability.Measured) []windowRow {
	end := "end"
	if w.End != history.Never {
		end = moment(w.End, 1)
	}
	whole := shareRow(tidy(w.Name+": "+w.What, 120), w.Answered)
	whole.When = moment(w.Start, 1) + " – " + end
	for _, seen := range w.Recoveries[:min(mostRecovery, len(w.Recoveries))] {
		whole.Recovery = append(whole.Recovery, recoveryText(seen))
	}
	rows := []windowRow{whole}
	for _, side := range w.Sides[:min(mostLanes, len(w.Sides))] {
		row := shareRow("side "+tidy(strings.Join(side.Nodes, " "), 80), side.Share)
		row.IsSide = true
		rows = append(rows, row)
	}
	return rows
}

func recoveryText(seen availability.Recovery) string {
	node := tidy(seen.Node, 40)
	if seen.Recovered {
		return node + " after " + lasted(seen.Took)
	}
	return node + " not seen: " + seen.Why
}

func shareRow(name string, s availability.Share) windowRow {
	row := windowRow{Name: name, Calls: checkers.Number(s.Calls), Answered: "–", P50: "–", P99: "–", Max: "–"}
	if s.Calls > 0 {
		row.Answered = percentText(s.Answered, s.Calls)
	}
	if s.Answered > 0 {
		row.P50, row.P99, row.Max = lasted(s.P50), lasted(s.P99), lasted(s.Max)
	}
	return row
}

// percentText is rounded down, so that 100 % are all.
func percentText(part, of int) string {
	return fmt.Sprintf("%g %%", math.Floor(float64(part)/float64(max(1, of))*1000)/10)
}

// answered says that the system gave an answer of its own, if only that a comparison
// failed.
func answered(c history.Call) bool {
	return c.Type == history.OK || c.Type == history.Fail && c.Error == history.Mismatch
}

// tally counts the operations of a stretch, and how many of them were answered.
type tally struct{ calls, answered int }

// nodeLanes counts by node where calls ended.
func nodeLanes(r record, grid grid) laneChart {
	counts := map[string][]tally{}
	for _, c := range r.calls {
		if counts[c.Node] == nil {
			if len(counts) > 10*mostLanes {
				continue // no cluster, but names that somebody made up
			}
			counts[c.Node] = make([]tally, grid.count)
		}
		t := &counts[c.Node][grid.at(r.over(c))]
		t.calls++
		if answered(c) {
			t.answered++
		}
	}
	return drawLanes(r, grid, counts)
}

func drawLanes(r record, grid grid, counts map[string][]tally) laneChart {
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	c := laneChart{chart: newChart(r, grid)}
	c.ID, c.Title = "availability", "Availability by node"
	c.About = fmt.Sprintf("Share of the operations that were answered, by the node that was asked, in stretches of %s", lasted(grid.width))
	for i, name := range names[:min(mostLanes, len(names))] {
		lane := nodeLane{Name: cmp.Or(short(name, 12), "all"), Y: c.Top + float64(i)*(laneHeight+6), Height: laneHeight}
		lane.Cells = cells(grid, lane, counts[name])
		c.Lanes = append(c.Lanes, lane)
		for at, t := range counts[name] {
			if t.answered < t.calls {
				c.Table.add(grid, at, lane.Name, checkers.Number(t.calls), percentText(t.answered, t.calls))
			}
		}
	}
	c.Bottom = c.Top + float64(len(c.Lanes))*(laneHeight+6)
	c.Height = c.Bottom + 24
	c.Table.Head = []string{"from", "to", "node", "operations", "answered"}
	return c
}

// cells joins stretches next to each other with about the same share.
func cells(grid grid, lane nodeLane, counts []tally) []cell {
	var all []cell
	for from := 0; from < len(counts); {
		sum, to := counts[from], from+1
		for to < len(counts) && fifties(counts[to]) == fifties(counts[from]) {
			sum.calls, sum.answered = sum.calls+counts[to].calls, sum.answered+counts[to].answered
			to++
		}
		if sum.calls > 0 {
			all = append(all, newCell(grid, lane, from, to-1, sum))
		}
		from = to
	}
	return all
}

// fifties is a share in steps of two per cent; -1 if there is none. All and none are
// steps of their own.
func fifties(t tally) int {
	if t.calls == 0 {
		return -1
	}
	return (t.answered*50 + t.calls - 1) / t.calls
}

func newCell(grid grid, lane nodeLane, first, last int, t tally) cell {
	from, _ := grid.bounds(first)
	_, to := grid.bounds(last)
	d := stepDecimals(grid.width)
	high := round(lane.Height * float64(t.answered) / float64(t.calls))
	return cell{
		X: grid.percent(from), Width: round2(grid.percent(to) - grid.percent(from)), Y: round(lane.Y + lane.Height - high), High: high,
		Title: fmt.Sprintf("%s, %s – %s: %s of %s answered", lane.Name, moment(from, d), moment(to, d), percentText(t.answered, t.calls), checkers.Number(t.calls)),
	}
}

func (l nodeLane) NameY() float64 { return round(l.Y + l.Height/2 + 4) }
