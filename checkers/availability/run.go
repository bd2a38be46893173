package availability

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/distribution"
	"github.com/assaykit/assay/harness/history"
)

// run is a history as this package sees it.
type run struct {
	calls      []history.Call
	operations []operation
	// kinds and nodes are the names behind the numbers in operations.
	kinds, nodes []string
	windows      []window
	// all are the figures of the whole run, calm of the operations without faults,
	// stormy of those under faults.
	all, calm, stormy figures
}

// operation is what counts of a call, which has the same place.
type operation struct {
	kind, node int
	// from and to are places in the history, start and end the times there.
	from, to   int
	start, end time.Duration
	answered   bool
}

func (o *operation) latency() time.Duration { return max(0, o.end-o.start) }

func observe(h *history.History) *run { return observeCalls(h, h.Calls()) }

// observeCalls is observe for those who have the calls already.
func observeCalls(h *history.History, calls []history.Call) *run {
	r := &run{calls: calls, windows: windows(h)}
	r.operations = make([]operation, len(r.calls))
	kinds, nodes := map[string]int{}, map[string]int{}
	for i := range r.calls {
		call := &r.calls[i]
		o := &r.operations[i]
		*o = operation{kind: number(kinds, &r.kinds, call.F), node: number(nodes, &r.nodes, call.Node),
			from: call.Invoke, to: call.Complete, start: call.Start}
		if o.to < 0 {
			o.to = len(h.Ops)
		}
		o.end = h.Ops[min(o.to, len(h.Ops)-1)].Time
		o.answered = call.Type == history.OK || call.Type == history.Fail && call.Error == history.Mismatch
	}
	return r
}

// mostNames is how many kinds and how many nodes are told apart. A run has a few
// of them; the bound is for histories that are not what they should be.
const mostNames = 1000

// number is the number of a name, a new one if it is new.
func number(known map[string]int, names *[]string, name string) int {
	if len(known) >= mostNames {
		if _, is := known[name]; !is {
			name = "others"
		}
	}
	n, is := known[name]
	if !is {
		n = len(*names)
		known[name] = n
		*names = append(*names, name)
	}
	return n
}

func (r *run) nodeName(node int) string {
	if r.nodes[node] == "" {
		return "the cluster"
	}
	return r.nodes[node]
}

// sum makes the figures.
func (r *run) sum() {
	r.sumWindows(func(o *operation, i int, calm bool) {
		r.all.add(o, i)
		if calm {
			r.calm.add(o, i)
		} else {
			r.stormy.add(o, i)
		}
	})
	r.all.sort()
	r.calm.sort()
	r.stormy.sort()
}

// sumWindows makes the figures of the windows, and tells of each operation whether it
// was without faults.
func (r *run) sumWindows(tell func(o *operation, i int, calm bool)) {
	first := 0
	for i := range r.operations {
		o := &r.operations[i]
		for first < len(r.windows) && r.windows[first].to < o.from {
			first++
		}
		calm := true
		for at := first; at < len(r.windows) && r.windows[at].from < o.to; at++ {
			r.windows[at].figures.add(o, i)
			calm = false
		}
		tell(o, i, calm)
	}
	for i := range r.windows {
		r.windows[i].figures.sort()
	}
}

// figures are about some of the operations.
type figures struct {
	part
	// byKind and byNode are parts of it, by the numbers of kind and node.
	byKind, byNode []part
}

func (f *figures) add(o *operation, at int) {
	f.part.add(o, at)
	f.byKind = grown(f.byKind, o.kind)
	f.byKind[o.kind].add(o, at)
	f.byNode = grown(f.byNode, o.node)
	f.byNode[o.node].add(o, at)
}

func grown(parts []part, to int) []part {
	if to < len(parts) {
		return parts
	}
	return append(parts, make([]part, to+1-len(parts))...)
}

func (f *figures) sort() {
	f.part.sort()
	for i := range f.byKind {
		f.byKind[i].sort()
	}
	for i := range f.byNode {
		f.byNode[i].sort()
	}
}

// part is what was done, how much of it was answered, and how fast.
type part struct {
	calls, answered int
	latencies       distribution.Distribution
	// unanswered is the first operation without an answer, slowest the answered
	// one that took longest. They count only if there are such.
	unanswered, slowest int
	longest             time.Duration
}

func (p *part) add(o *operation, at int) {
	p.calls++
	switch {
	case o.answered:
		if latency := o.latency(); p.answered == 0 || latency > p.longest {
			p.slowest, p.longest = at, latency
		}
		p.answered++
		p.latencies = append(p.latencies, o.latency())
	case p.calls-p.answered == 1:
		p.unanswered = at
	}
}

func (p *part) sort() { p.latencies = distribution.Of(p.latencies) }

// below says that less than a share was answered. Shares come from decimal
// fractions, which have no exact binary ones.
func (p *part) below(share float64) bool {
	const rounding = 1e-9
	return float64(p.answered)/float64(p.calls) < share-rounding
}

// share is "98.76% of 12,413 operations were". It is rounded down, so that 100%
// are all.
func (p *part) share() string {
	verb := "were"
	if p.calls == 1 {
		verb = "was"
	}
	return fmt.Sprintf("%s of %s %s", p.percent(), checkers.Count(p.calls, "operation"), verb)
}

func (p *part) percent() string {
	hundredths := p.answered * 10_000 / max(1, p.calls)
	return percent(float64(hundredths) / 10_000)
}

// percent writes a share with at most four decimals: 99.9%.
func percent(share float64) string {
	return fmt.Sprintf("%v%%", math.Round(share*1e6)/1e4)
}

func (p *part) String() string {
	if p.calls == 0 {
		return "no operations"
	}
	text := fmt.Sprintf("%s of %s answered", p.percent(), checkers.Number(p.calls))
	if p.answered > 0 {
		text += ", latency " + p.latencies.String()
	}
	return text
}

// worst is the node with the smallest share of answers.
func (f *figures) worst() int {
	worst := -1
	for node, p := range f.byNode {
		if p.calls > 0 && (worst < 0 || p.answered*f.byNode[worst].calls < f.byNode[worst].answered*p.calls) {
			worst = node
		}
	}
	return worst
}

// slowestNode is the node whose answers took longest, by the 99th percentile.
func (f *figures) slowestNode() int {
	nodes := make([]int, 0, len(f.byNode))
	for node, p := range f.byNode {
		if p.answered > 0 {
			nodes = append(nodes, node)
		}
	}
	return slices.MaxFunc(nodes, func(a, b int) int {
		return cmp.Compare(f.byNode[a].latencies.Quantile(99), f.byNode[b].latencies.Quantile(99))
	})
}

// side is what was done on some nodes.
func (r *run) side(f *figures, names []string) part {
	var all part
	for node, p := range f.byNode {
		if slices.Contains(names, r.nodes[node]) {
			all.calls, all.answered = all.calls+p.calls, all.answered+p.answered
			all.latencies = append(all.latencies, p.latencies...)
		}
	}
	all.sort()
	return all
}
