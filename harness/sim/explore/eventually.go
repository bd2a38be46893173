package explore

import (
	"context"
	"fmt"
	"slices"

	"github.com/assaykit/assay/checkers"
)

// judgeEventually looks for a run on which a condition never comes true. Such a run
// stays among the states in which it is not, so that it either ends there or gets
// into a circle there: there is one if and only if the graph of these states, from
// the initial ones on, has a state without successors or a cycle.
func (q *search[V]) judgeEventually(ctx context.Context, j *Judgement, property int, r *Result) error {
	if q.problem != nil {
		j.Reason = "the search ended: " + r.Stopped
		return nil
	}
	g := &waiting[V]{search: q, context: ctx, property: property, numbers: make(map[uint64]int32)}
	if !r.Complete {
		g.most = r.Unique
	}
	g.explore()
	run := g.shortest()
	switch {
	case run != nil:
		j.Validity, j.Trace = checkers.Invalid, run
		j.Reason = fmt.Sprintf("is never the case on a run that ends after %s", steps(len(run.Steps)))
		if run.Loop >= 0 {
			j.Reason = fmt.Sprintf("is never the case on a run that repeats its last %s for ever", steps(len(run.Steps)-run.Loop))
		}
	case g.incomplete != "":
		j.Reason = fmt.Sprintf("no run without it in %d states so far; %s", len(g.nodes), g.incomplete)
	default:
		j.Validity, j.Reason = checkers.Valid, fmt.Sprintf("comes true on every run; %d states are without it before", len(g.nodes))
	}
	return nil
}

// waiting is the graph of the states that are reached while a condition has not
// come true yet.
type waiting[V any] struct {
	search   *search[V]
	context  context.Context
	property int
	numbers  map[uint64]int32
	// nodes are in the order of their distance from the start.
	nodes []waitingNode[V]
	// ends are nodes at which a run can end.
	ends []int32
	// most is how many states are looked at if there may be no end of them, which is
	// when the search itself was not complete.
	most int
	// incomplete says why there may be runs that were not seen.
	incomplete string
}

type waitingNode[V any] struct {
	item[V]
	// before is the node from which this one was reached first, or -1.
	before, depth int32
	edges         []edge
}

// edge leads to a node by a step.
type edge struct {
	to  int32
	act act
}

func (g *waiting[V]) explore() {
	for _, i := range ordered(g.search.initialStates()) {
		g.add(i, -1)
	}
	for at := int32(0); int(at) < len(g.nodes); at++ {
		if g.incomplete = g.limit(); g.incomplete != "" {
			return
		}
		g.expand(at)
	}
}

// limit keeps to the limits of the search.
func (g *waiting[V]) limit() string {
	limit := g.search.options.MaxStates
	switch {
	case g.most > 0 && len(g.nodes) > g.most:
		return "the search was not complete either"
	case g.context.Err() != nil:
		return "interrupted: " + context.Cause(g.context).Error()
	case limit > 0 && len(g.nodes) > limit:
		return fmt.Sprintf("the search ended at the limit of %d states", limit)
	case g.search.options.MaxMemory > 0 && len(g.nodes)%4096 == 0 && heap() > g.search.options.MaxMemory:
		return fmt.Sprintf("the search ended at the limit of %d MiB of memory", g.search.options.MaxMemory>>20)
	}
	return ""
}

// reached is a state with the step that leads to it.
type reached[V any] struct {
	item[V]
	act act
}

// ordered brings what was reached into an order that is always the same.
func ordered[V any](o *out[V]) []reached[V] {
	all := make([]reached[V], len(o.records))
	for i, r := range o.records {
		all[i] = reached[V]{r, o.acts[i]}
	}
	slices.SortStableFunc(all, func(x, y reached[V]) int {
		switch {
		case x.fingerprint < y.fingerprint:
			return -1
		case x.fingerprint > y.fingerprint:
			return 1
		}
		return 0
	})
	return all
}

func (g *waiting[V]) add(r reached[V], before int32) {
	if _, known := g.numbers[r.fingerprint]; !known {
		if g.search.experts[0].holds(g.property, r.state) == nil {
			g.numbers[r.fingerprint] = -1
			return
		}
		n := waitingNode[V]{item: r.item, before: before}
		if before >= 0 {
			n.depth = g.nodes[before].depth + 1
		}
		g.numbers[r.fingerprint] = int32(len(g.nodes))
		g.nodes = append(g.nodes, n)
	}
	if to := g.numbers[r.fingerprint]; to >= 0 && before >= 0 {
		g.nodes[before].edges = append(g.nodes[before].edges, edge{to, r.act})
	}
}

// expand reaches the successors of a node. A run can end where nothing but faults
// can happen, as these never have to.
func (g *waiting[V]) expand(at int32) {
	if limit := g.search.options.MaxDepth; limit > 0 && int(g.nodes[at].depth)+1 >= limit {
		g.incomplete = fmt.Sprintf("at the limit of depth %d", limit)
		return
	}
	o := g.search.successors(g.nodes[at].item)
	if o.problem != nil {
		g.incomplete = o.problem.err.Error()
		return
	}
	if o.bounded {
		g.incomplete = "runs were cut off at the boundary"
	}
	goesOn := o.bounded
	for _, r := range ordered(o) {
		goesOn = goesOn || !r.act.fault
		g.add(r, at)
	}
	if !goesOn {
		g.ends = append(g.ends, at)
	}
}

// shortest is the shortest run on which the condition never comes true, nil if there
// is none: one that ends, or one into the circle that begins first.
func (g *waiting[V]) shortest() *Trace {
	circle := g.circle()
	if len(g.ends) > 0 && (circle == nil || int(g.nodes[g.ends[0]].depth) <= int(g.nodes[circle.from].depth)+len(circle.edges)) {
		return g.trace(g.ends[0], nil)
	}
	if circle == nil {
		return nil
	}
	return g.trace(circle.from, circle.edges)
}

// trace leads to a node, and from there along edges.
func (g *waiting[V]) trace(to int32, on []edge) *Trace {
	var way []edge
	for at := to; g.nodes[at].before >= 0; at = g.nodes[at].before {
		before := g.nodes[at].before
		i := slices.IndexFunc(g.nodes[before].edges, func(e edge) bool { return e.to == at })
		way = append(way, g.nodes[before].edges[i])
	}
	slices.Reverse(way)
	at := g.first(to)
	t := g.search.newTrace(g.nodes[at].state)
	if len(on) > 0 {
		t.Loop = len(way)
	}
	e := g.search.experts[0]
	for _, step := range append(way, on...) {
		t.Steps = append(t.Steps, e.describe(g.nodes[at].state, step.act, g.nodes[step.to].state))
		at = step.to
	}
	t.End = lastState(t)
	return t
}

func (g *waiting[V]) first(of int32) int32 {
	for g.nodes[of].before >= 0 {
		of = g.nodes[of].before
	}
	return of
}
