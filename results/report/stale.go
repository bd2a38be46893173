package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/checkers/staleness"
	"github.com/assaykit/assay/harness/history"
)

// stale is how far behind reads of registers were. It is empty if there are none.
type stale struct {
	// Text is the gist: how many reads, and by how much.
	Text  string
	Chart *chart
}

// mostMeasured is how many operations are measured: a page of a million has to be made
// with a gigabyte.
const mostMeasured = 400_000

// measureStaleness measures the reads of a history of registers.
func measureStaleness(r record) stale {
	if len(r.calls) > mostMeasured {
		return stale{}
	}
	if !slices.ContainsFunc(r.calls, func(c history.Call) bool { return c.F == "read" }) || slices.ContainsFunc(r.calls, isNoRegister) {
		return stale{}
	}
	h := &history.History{Ops: r.ops}
	t, err := trace.Parse(h, 0)
	if err != nil {
		return stale{}
	}
	m := staleness.Measure(h, t)
	if m.Reads == 0 {
		return stale{}
	}
	s := stale{Text: fmt.Sprintf("Of %s, %s", checkers.Count(m.Reads, "read"), m.Brief())}
	if len(m.Stale) > 0 {
		s.Chart = stalenessChart(m)
	}
	return s
}

func isNoRegister(c history.Call) bool { return c.F != "read" && c.F != "write" && c.F != "cas" }

// bin counts the stale reads of an age up to a bound, and from the bound before.
type bin struct {
	upTo  time.Duration
	count int
}

// bins are bounded by 1, 2, 5, 10, ... and go from the youngest to the oldest.
func bins(ages []time.Duration) []bin {
	slices.Sort(ages)
	var all []bin
	for power := time.Microsecond; power < 24*time.Hour; power *= 10 {
		for _, upTo := range []time.Duration{power, 2 * power, 5 * power} {
			n, _ := slices.BinarySearch(ages, upTo+1)
			ages = ages[n:]
			if len(all) > 0 || n > 0 {
				all = append(all, bin{upTo, n})
			}
			if len(ages) == 0 {
				return all
			}
		}
	}
	return append(all, bin{ages[len(ages)-1], len(ages)})
}

// stalenessChart has a column for each bin.
func stalenessChart(m staleness.Measured) *chart {
	ages := make([]time.Duration, len(m.Stale))
	for i := range m.Stale {
		ages[i] = m.Stale[i].Age
	}
	all := bins(ages)
	most := 0
	for _, b := range all {
		most = max(most, b.count)
	}
	c := chart{ID: "staleness", Title: "Staleness", Top: 8, Bottom: 8 + plotHeight/2, Height: 8 + plotHeight/2 + 24}
	c.About = "Stale reads by for how long what they found had been overwritten, at least"
	top := niceCeil(float64(most))
	for _, share := range []float64{0.5, 1} {
		c.Across = append(c.Across, level{Y: round(c.Bottom - share*c.PlotHeight()), Label: figures(share * top)})
	}
	c.Table.Head = []string{"above", "up to", "reads"}
	every := 1 + len(all)/9
	for i, b := range all {
		c.addBin(all, i, top)
		if (i+1)%every == 0 {
			c.Times = append(c.Times, mark{X: round2(100 * float64(i+1) / float64(len(all))), Label: "≤ " + lasted(b.upTo), Anchor: "end"})
		}
	}
	return &c
}

func (c *chart) addBin(all []bin, i int, top float64) {
	above := time.Duration(0)
	if i > 0 {
		above = all[i-1].upTo
	}
	b := all[i]
	c.Table.Rows = append(c.Table.Rows, []string{lasted(above), lasted(b.upTo), checkers.Number(b.count)})
	if b.count == 0 {
		return
	}
	wide := 100 / float64(len(all))
	high := round(max(1.5, float64(b.count)/top*c.PlotHeight()))
	c.Columns = append(c.Columns, column{
		X: round2(float64(i)*wide + wide*0.06), Width: round2(wide * 0.88),
		Parts: []part{{Class: "ok", Y: round(c.Bottom - high), Height: high}},
		Title: fmt.Sprintf("%s, above %s up to %s", checkers.Count(b.count, "stale read"), lasted(above), lasted(b.upTo)),
	})
}
