package availability

import (
	"context"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// Measured is what was seen of one fault window; New says how the figures are defined.
type Measured struct {
	// Name is "fault 3" or "faults 3, 4", What what they were.
	Name, What string
	// Start and End are its times; End is history.Never if it was not seen to end.
	Start, End time.Duration
	Answered   Share
	// Sides are those of the partitions in it.
	Sides []Side
	// Recoveries are those of the nodes that could be judged.
	Recoveries []Recovery
}

// Share is how many of some operations were answered, and how fast: the 50th and 99th
// of a hundred, and the slowest; 0 if none was.
type Share struct {
	Calls, Answered int
	P50, P99, Max   time.Duration
}

// Side is what was done on the nodes of one side of a partition.
type Side struct {
	Nodes []string
	Share
}

// Recovery is how long a node needed until it answered as before, or why that was not
// seen; it then was not back for Took, at least.
type Recovery struct {
	Node      string
	Recovered bool
	Took      time.Duration
	Why       string
}

// Measure gives the figures of each fault window, in order, without a verdict. Calls
// are those of the history. A million of them take about a second.
func Measure(h *history.History, calls []history.Call) []Measured {
	r := observeCalls(h, calls)
	if len(r.operations) == 0 || !r.recoveries(context.Background()) {
		return nil
	}
	r.sumWindows(func(*operation, int, bool) {})
	var all []Measured
	for i := range r.windows {
		all = append(all, r.measured(&r.windows[i]))
	}
	return all
}

func (r *run) measured(w *window) Measured {
	m := Measured{Name: w.name(), What: w.what(), Start: w.start, End: w.end, Answered: w.figures.measured()}
	for _, nodes := range w.sides() {
		side := r.side(&w.figures, nodes)
		m.Sides = append(m.Sides, Side{nodes, side.measured()})
	}
	for _, seen := range w.recoveries {
		recovery := Recovery{Node: r.nodeName(seen.node), Recovered: seen.recovered, Took: seen.atLeast}
		if !seen.recovered {
			recovery.Why = seen.why()
		}
		m.Recoveries = append(m.Recoveries, recovery)
	}
	return m
}

func (p *part) measured() Share {
	s := Share{Calls: p.calls, Answered: p.answered}
	if p.answered > 0 {
		s.P50, s.P99, s.Max = p.latencies.Quantile(50), p.latencies.Quantile(99), p.latencies.Quantile(100)
	}
	return s
}
