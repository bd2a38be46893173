package listappend

import (
	"context"
	"slices"

	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/isolation/graph"
)

// variety is a kind of edges that may be in cycles besides the dependencies.
type variety struct {
	order  []graph.Kind
	suffix string
}

var varieties = []variety{
	{nil, ""},
	{[]graph.Kind{graph.Session}, "-session"},
	{[]graph.Kind{graph.Realtime}, "-realtime"},
}

// anomaly is the name of a cycle of a class.
func (v variety) anomaly(c graph.Class) isolation.Anomaly {
	return isolation.Anomaly(c.String() + v.suffix)
}

// cycles looks for cycles of dependencies.
type cycles struct {
	*trace
	ctx   context.Context
	found *findings
	graph *graph.Graph
	// clients says what a session is: see Options.
	clients int
	// undecided are the weakest levels that could not be decided, and why.
	undecided []isolation.Level
	why       string
}

func (c *cycles) undecide(a isolation.Anomaly, why string) {
	c.undecided, c.why = append(c.undecided, a.Contradicts()...), why
}

// all looks for cycles of all kinds. The error is that of the context.
func (c *cycles) all() error {
	for _, v := range varieties {
		if err := c.variety(v); err != nil {
			return err
		}
		if v.suffix == "" {
			if err := c.updates(); err != nil {
				return err
			}
		}
		if v.suffix == "-session" {
			if err := c.causal(); err != nil {
				return err
			}
			if err := c.prefix(); err != nil {
				return err
			}
		}
	}
	return nil
}

// variety looks in each component for the smallest cycle of its worst class. With an
// order it looks only for what is not ruled out without it.
func (c *cycles) variety(v variety) error {
	before := findings{count: map[isolation.Anomaly]int{}}
	for a, n := range c.found.count {
		before.count[a] = n
	}
	skip := func(class graph.Class) bool {
		a := v.anomaly(class)
		return c.found.enough(a) || v.order != nil && before.ruledOut(a)
	}
	for _, part := range c.graph.Components(graph.Missing(v.order...)) {
		class, cycle, err := part.Worst(c.ctx, skip, v.order...)
		if err != nil {
			return err
		}
		if cycle != nil {
			c.found.add(v.anomaly(class), func() told { return c.tellCycle(cycle, v.anomaly(class)) })
		}
		if err := c.resolve(part, v); err != nil {
			return err
		}
	}
	return nil
}

// causal looks for reads that missed what they could know of: versions that are older
// than one whose writer is reached by wr and session edges. Anti-dependencies lead to
// the makers of all later versions of the list, so that no ww is needed.
func (c *cycles) causal() error {
	if c.found.contradicts(isolation.Causal) {
		return nil
	}
	order := []graph.Kind{graph.Session}
	for _, part := range c.graph.Components(graph.Nonadjacent(order...)) {
		g := c.knowledge(part)
		for _, p := range g.Components(graph.Missing(order...)) {
			cycle, err := p.Smallest(c.ctx, graph.Single(order...))
			if err != nil {
				return err
			}
			if cycle != nil {
				c.found.add(isolation.NonCausalRead, func() told { return c.tellCycle(cycle, isolation.NonCausalRead) })
			}
		}
	}
	return nil
}

// knowledge is the graph of the transactions in a component with their wr and session
// edges, and with anti-dependencies to all later versions.
func (c *cycles) knowledge(part *graph.Graph) *graph.Graph {
	inside := map[int32]bool{}
	for _, t := range part.Transactions() {
		inside[t] = true
	}
	b := graph.NewBuilder(len(c.Txns))
	later := map[int32][]int32{} // for each list, the junction to each version and all later ones
	for t := range inside {
		for _, o := range c.observations(t) {
			if o.of != none && inside[o.of] {
				b.Edge(o.of, t, graph.WR)
			}
			if later[o.key] == nil {
				later[o.key] = c.later(b, o.key, inside)
			}
			if o.own == 0 {
				b.Edge(t, later[o.key][o.foreign], graph.RW)
			}
		}
	}
	var sessions [][]int32
	for _, s := range c.Sessions(c.clients) {
		if s = slices.DeleteFunc(s, func(t int32) bool { return !inside[t] }); len(s) > 1 {
			sessions = append(sessions, s)
		}
	}
	b.Sessions(sessions, c.Done)
	return b.Build()
}

// later makes junctions that lead to the maker of the version at a place, and to
// those of all later ones.
func (c *cycles) later(b *graph.Builder, key int32, inside map[int32]bool) []int32 {
	list := &c.lists[key]
	junctions := make([]int32, len(list.versions)+1)
	for at := len(list.versions); at >= 0; at-- {
		j := b.Junction()
		junctions[at] = j
		if at == len(list.versions) {
			for _, u := range list.unread {
				if inside[u] {
					b.Lead(j, u)
				}
			}
			continue
		}
		b.Lead(j, junctions[at+1])
		if w := c.writer(list, int32(at)); w != none && inside[w] {
			b.Lead(j, w)
		}
	}
	return junctions
}

// prefix looks for reads that are no snapshots of prefixes of one order.
func (c *cycles) prefix() error {
	if c.found.contradicts(isolation.Prefix) {
		return nil
	}
	forking := graph.Forking(graph.Session)
	for _, part := range c.graph.Components(forking) {
		cycle, err := part.Smallest(c.ctx, forking)
		if err != nil {
			return err
		}
		if cycle != nil {
			c.found.add(isolation.NonPrefixRead, func() told { return c.tellCycle(cycle, isolation.NonPrefixRead) })
		}
		if c.found.enough(isolation.NonPrefixRead) {
			break
		}
	}
	return nil
}
