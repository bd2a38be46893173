package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/history"
)

const (
	// mostCharted is how many kinds of operation have charts of their own.
	mostCharted = 6
	// fewFaults is up to how many faults are drawn behind them: all, or none.
	fewFaults = 60
	// coarse is how many stretches their charts have.
	coarse = 32
)

// detailCharts are the run over time by kind of operation, and by outcome for those
// that did not end ok: whoever fails may do so at once or only after a long time.
func detailCharts(r record) []chart {
	if len(r.faults) > fewFaults {
		r.faults = nil
	}
	grid := newGridOf(r, coarse)
	var charts []chart
	if kinds := frequentKinds(r); len(kinds) > 1 {
		for i, f := range kinds {
			charts = append(charts, kindCharts(r, grid, i, f)...)
		}
	}
	waited := func(c *history.Call) time.Duration { return r.over(*c) - c.Start }
	for _, s := range []selection{
		{id: "latency-failed", title: "Latency of failures", about: "How long operations took that failed", passes: func(c *history.Call) bool { return c.Type == history.Fail }, took: waited},
		{id: "latency-unknown", title: "Latency of unknown outcomes", about: "How long clients waited whose operations ended unknown", passes: func(c *history.Call) bool { return c.Type == history.Info }, took: waited},
	} {
		if c := latencyOf(r, grid, s); len(c.Columns) > 0 {
			charts = append(charts, c)
		}
	}
	return charts
}

// frequentKinds are the kinds of operation, the most frequent first.
func frequentKinds(r record) []string {
	counts := map[string]int{}
	for i := range r.calls {
		if f := r.calls[i].F; counts[f] > 0 || len(counts) < 1000 {
			counts[f]++
		}
	}
	var kinds []string
	for f := range counts {
		kinds = append(kinds, f)
	}
	slices.SortFunc(kinds, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	return kinds[:min(mostCharted, len(kinds))]
}

func kindCharts(r record, grid grid, i int, f string) []chart {
	name := short(f, 24)
	charts := []chart{throughputOf(r, grid, selection{
		id: fmt.Sprint("throughput-", i), title: "Throughput of " + name, about: "Operations " + name,
		passes: func(c *history.Call) bool { return c.F == f },
	})}
	took := latencyOf(r, grid, selection{
		id: fmt.Sprint("latency-", i), title: "Latency of " + name, about: "Latency of operations " + name + " that ended ok",
		passes: func(c *history.Call) bool { return c.F == f && c.Type == history.OK }, took: tookOK,
	})
	if len(took.Columns) > 0 {
		charts = append(charts, took)
	}
	return charts
}
