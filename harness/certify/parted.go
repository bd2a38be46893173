package certify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/results/certificate"
)

// The names of sides.
const (
	majoritySide = "majority side"
	minoritySide = "minority side"
	equalSide    = "each half"
	allNodes     = "all nodes"
)

// parted are the figures of each kind of partition.
func (e *execution) parted() []certificate.Partition {
	var all []certificate.Partition
	runs := slices.DeleteFunc(slices.Clone(e.done), func(d done) bool { return d.part != partitionsPart })
	for _, faults := range e.planned(labels(runs)) {
		kind := strings.TrimPrefix(faults, "partition:")
		all = append(all, partitioned(kind, under(runs, faults)))
	}
	return all
}

func partitioned(kind string, runs []done) certificate.Partition {
	p := certificate.Partition{Kind: kind, About: shapeAbout(kind), Lost: none}
	sides := map[string]*sideSample{}
	for _, d := range runs {
		p.Runs = append(p.Runs, d.run)
		watch(d, sides)
		p.Recovery = max(p.Recovery, recovery(d))
		if lost, known := lost(d); known {
			p.Lost = max(0, p.Lost) + lost
		}
	}
	t := trial(kind, runs)
	p.Consistent = t.Status
	for _, name := range []string{majoritySide, minoritySide, equalSide, allNodes} {
		if s := sides[name]; s != nil {
			p.Sides = append(p.Sides, s.figures(name))
		}
	}
	p.Verdict = verdict(p, t.Why)
	return p
}

func shapeAbout(kind string) string {
	for _, d := range nemesis.All() {
		if d.Name != "partition" {
			continue
		}
		for _, s := range d.Shapes {
			if s.Name == kind {
				return s.About
			}
		}
	}
	return ""
}

// sideSample is what clients of one side did while it was cut off.
type sideSample struct{ reads, updates, both sample }

func (s *sideSample) figures(name string) certificate.Side {
	return certificate.Side{Name: name, Reads: s.reads.share, Updates: s.updates.share, P50: s.both.quantile(50), P99: s.both.quantile(99)}
}

// watch adds the calls while a partition was seen in effect to the sides on which their
// clients were.
func watch(d done, sides map[string]*sideSample) {
	if d.history == nil {
		return
	}
	nodes := len(d.outcome.Run.Nodes)
	for _, span := range d.history.FaultSpans() {
		if !span.Verified || span.Fault.Name != "partition" {
			continue
		}
		for _, c := range d.calls {
			if !judged(c, span, d.outcome.Run.OpTimeout) {
				continue
			}
			name := sideOf(c.Node, span.Fault.Sides, nodes)
			if sides[name] == nil {
				sides[name] = &sideSample{}
			}
			sides[name].add(c)
		}
	}
}

// judged says whether a call shows what a side answers while it is cut off: it began
// meanwhile, and came to its end or to its deadline meanwhile. What the heal itself
// answered says nothing.
func judged(c history.Call, span history.FaultSpan, timeout time.Duration) bool {
	if c.Start < span.Injected || c.Start >= span.HealStart {
		return false
	}
	return answered(c) && c.End <= span.HealStart || c.Start+timeout <= span.HealStart
}

func (s *sideSample) add(c history.Call) {
	s.both.add(c)
	if c.F == "read" {
		s.reads.add(c)
	} else {
		s.updates.add(c)
	}
}

// sideOf names the side on which a node is.
func sideOf(node string, sides [][]string, nodes int) string {
	for _, side := range sides {
		if !slices.Contains(side, node) {
			continue
		}
		switch {
		case 2*len(side) > nodes:
			return majoritySide
		case 2*len(side) == nodes:
			return equalSide
		}
		return minoritySide
	}
	return allNodes
}

// recovery is the longest time from the end of a partition to the first answer that a
// node gives to an operation that began after it.
func recovery(d done) time.Duration {
	if d.history == nil {
		return 0
	}
	var longest time.Duration
	for _, span := range d.history.FaultSpans() {
		if !span.Healed || span.End == history.Never {
			continue
		}
		first := map[string]time.Duration{}
		for _, c := range d.calls {
			if _, known := first[c.Node]; !known && c.Start >= span.End && answered(c) {
				first[c.Node] = c.End - span.End
			}
		}
		for _, took := range first {
			longest = max(longest, took)
		}
	}
	return longest
}

// lost counts the acknowledged additions to sets that were gone after the heal.
func lost(d done) (n int, known bool) {
	if d.test.Workload.Name() != "set" || d.err != nil {
		return 0, false
	}
	promise := promiseOf(d.outcome.Verdict)
	for _, s := range promise.Stats {
		if s.Name == "elements lost" {
			_, err := fmt.Sscan(strings.ReplaceAll(s.Value, ",", ""), &n)
			return n, err == nil
		}
	}
	return 0, d.valid()
}

// verdict says in one sentence what the system was.
func verdict(p certificate.Partition, why string) string {
	text := "consistent"
	switch p.Consistent {
	case certificate.Broken:
		text = "not consistent"
	case certificate.Unknown:
		text = "consistency unknown"
	}
	var parts []string
	for _, s := range p.Sides {
		parts = append(parts, s.Name+" "+availability(s.Reads.Plus(s.Updates)))
	}
	if len(parts) > 0 {
		text += "; " + strings.Join(parts, ", ")
	}
	switch {
	case p.Lost > 0:
		text += fmt.Sprintf("; %d acknowledged writes lost at heal", p.Lost)
	case p.Lost == 0:
		text += "; nothing lost at heal"
	}
	if p.Consistent != certificate.Held && why != "" {
		text += " (" + why + ")"
	}
	return text
}

func availability(s certificate.Share) string {
	percent := fmt.Sprintf(" (%d%% answered)", int(100*s.Of()))
	switch {
	case s.Calls == 0:
		return "not asked"
	case s.Of() >= 0.95:
		return "available" + percent
	case s.Of() >= 0.5:
		return "mostly available" + percent
	case s.Of() >= 0.1:
		return "partly available" + percent
	}
	return "not available" + percent
}
