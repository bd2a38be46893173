package history

import (
	"slices"
	"sort"
	"strings"
	"time"
)

// Coverage is what one kind of fault did in a run: whoever believes a verdict has to
// know what the system went through.
type Coverage struct {
	// Fault is the family, Shape what was asked for, as far as that is known.
	Fault string `json:"fault"`
	Shape string `json:"shape,omitempty"`
	// Injected counts how often it was injected, Verified how often it was seen in
	// effect, and Healed how often it was seen to be gone. Missed counts how often it
	// was asked for and did not strike.
	Injected int `json:"injected"`
	Verified int `json:"verified"`
	Healed   int `json:"healed"`
	Missed   int `json:"missed,omitempty"`
	// Nodes are all that it ever struck.
	Nodes []string `json:"nodes"`
	// Total is for how long it was in force, all times together.
	Total time.Duration `json:"total_ns"`
	// Operations counts the clients' calls of which some part ran under it, each
	// once. A call of unknown outcome is over when its client stopped waiting.
	Operations int `json:"operations"`
}

// Coverage lists the kinds of faults in the order of their first times, and then those
// that never struck.
func (h *History) Coverage() []Coverage {
	kinds := map[[2]string][]FaultSpan{}
	var order [][2]string
	for _, span := range h.FaultSpans() {
		kind := [2]string{span.Fault.Name, span.Fault.Shape}
		if kinds[kind] == nil {
			order = append(order, kind)
		}
		kinds[kind] = append(kinds[kind], span)
	}
	var table []Coverage
	calls, end := h.Calls(), h.end()
	for _, kind := range order {
		table = append(table, h.cover(kinds[kind], calls, end))
	}
	return append(table, h.missed()...)
}

func (h *History) end() (end time.Duration) {
	for i := range h.Ops {
		end = max(end, h.Ops[i].Time)
	}
	return end
}

func (h *History) cover(spans []FaultSpan, calls []Call, end time.Duration) Coverage {
	c := Coverage{Fault: spans[0].Fault.Name, Shape: spans[0].Fault.Shape, Nodes: []string{}}
	var times []interval
	for _, s := range spans {
		c.Injected++
		if s.Verified {
			c.Verified++
		}
		if s.Healed {
			c.Healed++
		}
		c.Nodes = append(c.Nodes, s.Fault.Nodes...)
		times = append(times, interval{s.Start, max(s.Start, min(s.End, end))})
	}
	slices.Sort(c.Nodes)
	c.Nodes = slices.Compact(c.Nodes)
	times = union(times)
	for _, t := range times {
		c.Total += t.to - t.from
	}
	for i := range calls {
		if meets(times, interval{calls[i].Start, h.over(&calls[i])}) {
			c.Operations++
		}
	}
	return c
}

// over is when a call's client stopped waiting.
func (h *History) over(c *Call) time.Duration {
	if c.Complete < 0 {
		return c.Start
	}
	return h.Ops[c.Complete].Time
}

// interval is a time with both its ends.
type interval struct{ from, to time.Duration }

// union is the same time in intervals that are apart and in order.
func union(times []interval) []interval {
	slices.SortFunc(times, func(a, b interval) int { return int(a.from - b.from) })
	var apart []interval
	for _, t := range times {
		if last := len(apart) - 1; last >= 0 && t.from <= apart[last].to {
			apart[last].to = max(apart[last].to, t.to)
		} else {
			apart = append(apart, t)
		}
	}
	return apart
}

// meets says whether a time has a moment in common with one of those of a union.
func meets(times []interval, t interval) bool {
	first := sort.Search(len(times), func(i int) bool { return times[i].to >= t.from })
	return first < len(times) && times[first].from <= t.to
}

// missed are what was asked for and never struck, by what the nemesis says of it: a
// family, and perhaps a shape.
func (h *History) missed() []Coverage {
	var table []Coverage
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Process != Nemesis || op.F != Missed || op.Type != Invoke {
			continue
		}
		text, _ := op.Value.Text()
		fault, shape, _ := strings.Cut(text, ":")
		at := slices.IndexFunc(table, func(c Coverage) bool { return c.Fault == fault && c.Shape == shape })
		if at < 0 {
			at = len(table)
			table = append(table, Coverage{Fault: fault, Shape: shape, Nodes: []string{}})
		}
		table[at].Missed++
	}
	return table
}
