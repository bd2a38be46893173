package compare

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

// Figure is one measure of speed on both sides.
type Figure struct {
	// Name is "answered" or a quantile of the latency of one kind of operation, such as
	// "read p99".
	Name string `json:"name"`
	// Condition is "without faults" or "under faults".
	Condition string `json:"condition"`
	// Unit is "/s" for operations a second or "ns".
	Unit string  `json:"unit"`
	Old  float64 `json:"old"`
	New  float64 `json:"new"`
	// Interval is how much New is of Old; absent if it was not judged.
	*Interval
	Change Change `json:"change"`
	Why    string `json:"why,omitempty"`

	// higherIsBetter is so for throughput.
	higherIsBetter bool
}

// Conditions of a slice.
const (
	withoutFaults = "without faults"
	underFaults   = "under faults"
)

// What there has to be on each side for a figure to be judged.
const (
	leastSlices  = 2 * block
	leastSamples = 200
)

// question is some figures that come from the same slices.
type question struct {
	condition string
	kind      string // of operation; empty for all
	throughput,
	latencies bool
	old, new []series
	// refused says why it cannot be judged.
	refused string
}

// questions are what is asked of a pair: without faults throughput and, for each kind
// of operation, latency; under faults the same of all kinds together, for there are
// fewer of them.
func questions(p pair, allRefused, faultsRefused string) []question {
	var all []question
	add := func(q question, refused string) {
		q.old, q.new = cut(p.old, q), cut(p.new, q)
		q.refused = refused
		if reason := q.scarce(); q.refused == "" {
			q.refused = reason
		}
		if len(q.old) > 0 && len(q.new) > 0 {
			all = append(all, q)
		}
	}
	add(question{condition: withoutFaults, throughput: true}, allRefused)
	for _, kind := range kinds(p) {
		add(question{condition: withoutFaults, kind: kind, latencies: true}, allRefused)
	}
	add(question{condition: underFaults, throughput: true}, faultsRefused)
	add(question{condition: underFaults, latencies: true}, faultsRefused)
	return all
}

// kinds are the operations that both sides have.
func kinds(p pair) []string {
	seen := [2]map[string]bool{{}, {}}
	for i, runs := range [][]Run{p.old, p.new} {
		for _, r := range runs {
			for _, s := range r.slices {
				for kind := range s.Took {
					seen[i][kind] = true
				}
			}
		}
	}
	maps.DeleteFunc(seen[0], func(kind string, _ bool) bool { return !seen[1][kind] })
	return slices.Sorted(maps.Keys(seen[0]))
}

// cut takes the slices that a question is about.
func cut(runs []Run, q question) []series {
	var all []series
	for _, r := range runs {
		var s series
		for _, piece := range r.slices {
			if piece.Faults != (q.condition == underFaults) {
				continue
			}
			point := point{answered: piece.Answered, took: piece.All}
			if q.kind != "" {
				point.took = piece.Took[q.kind]
			}
			s = append(s, point)
		}
		if len(s) > 0 {
			all = append(all, s)
		}
	}
	return all
}

func (q question) scarce() string {
	for _, side := range [][]series{q.old, q.new} {
		whole := drawAll(side)
		if whole.slices < leastSlices {
			return "too little time"
		}
		if q.latencies && whole.took.total < leastSamples {
			return "too few operations"
		}
	}
	return ""
}

func (q question) figures() ([]Figure, []statistic) {
	var figures []Figure
	var statistics []statistic
	add := func(f Figure, s statistic) {
		f.Condition = q.condition
		f.Old, f.New = known(s(drawAll(q.old))), known(s(drawAll(q.new)))
		figures, statistics = append(figures, f), append(statistics, s)
	}
	if q.throughput {
		add(Figure{Name: "answered", Unit: "/s", higherIsBetter: true}, (*pool).throughput)
	}
	if q.latencies {
		name := cmp.Or(q.kind, "latency")
		add(Figure{Name: name + " p50", Unit: "ns"}, latency(0.50))
		add(Figure{Name: name + " p95", Unit: "ns"}, latency(0.95))
		add(Figure{Name: name + " p99", Unit: "ns"}, latency(0.99))
	}
	return figures, statistics
}

// answer judges the figures of a question. The tail is the probability of each to be
// called worse although nothing has changed but chance.
func (q question) answer(o Options, tail float64, random *rand.Rand) []Figure {
	figures, statistics := q.figures()
	if q.refused != "" {
		for i := range figures {
			figures[i].Change, figures[i].Why = Unjudged, q.refused
		}
		return figures
	}
	for i, interval := range bootstrap(q.old, q.new, statistics, tail, resamples, random) {
		figures[i].judge(interval, o)
	}
	return figures
}

// judge calls a figure worse if chance does not explain that it is, and if it is worse by
// so much that somebody would care.
func (f *Figure) judge(i Interval, o Options) {
	least := o.MinLatency
	if i.finite() {
		f.Interval = &Interval{i.Ratio, i.Low, i.High}
	}
	if f.higherIsBetter {
		least = o.MinThroughput
		i = Interval{Ratio: 1 / i.Ratio, Low: 1 / i.High, High: 1 / i.Low}
	}
	switch {
	case i.Low > 1 && i.Ratio >= 1+least:
		f.Change = Worse
	case i.High < 1 && i.Ratio <= 1/(1+least):
		f.Change = Better
	case i.Low <= 1 && i.High >= 1:
		f.Change = Same
	case i.Low > 1 || i.High < 1:
		f.Change, f.Why = Same, "a small difference"
	default:
		f.Change, f.Why = Unjudged, "there is nothing to divide by"
	}
}

// finite is not so if OLD has nothing to divide by.
func (i Interval) finite() bool {
	for _, x := range []float64{i.Ratio, i.Low, i.High} {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// known is 0 for what there is nothing of.
func known(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return x
}
