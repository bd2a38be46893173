package listappend

import (
	"context"
	"fmt"
	"slices"

	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/isolation/graph"
)

// Appends that nobody read come after the longest version of their list that somebody
// read, for every version begins with all earlier ones. In which order they come
// there nobody can know, so a history keeps a level if some order of them leaves no
// anomaly. For most levels that is no question:
//
//   - If there is no cycle of the edges that are known, these have a linear extension
//     of all transactions, and the order in which it has them adds only edges along
//     it. So what has no cycle at all (serializable), none of ww and wr
//     (read-committed), none of ww (read-uncommitted), each also together with sessions
//     or real time, has none afterwards.
//   - Prefix consistency is about moments at which transactions start and commit,
//     where a ww orders only commits (see graph.Forking): again the linear extension
//     adds edges along itself only.
//   - What read-atomic, monotonic-atomic-view and causal say of reads does not depend
//     on it: nobody read these versions, and who read the longest one misses all of
//     them in whatever order.
//   - Of cursor-stability only the transactions matter that read the longest version
//     and appended to it what nobody read: each has to be the first to append. Two of
//     them contradict each other in every order. With one, that adds edges from it to
//     the others, and again the linear extension of all edges is an order that fits.
//   - Snapshot isolation and consistent view remain, for they allow cycles. Two appends
//     exclude each other: one has to commit before the other one starts, but which of
//     them may be open. An order matters only within a component of all edges, for
//     between components there is a linear extension again. There all orders are
//     tried, until one leaves no cycle, or none does.

// patience is how many edges are looked at for the orders of a component before it is
// given up.
const patience = 30_000_000

// orders tries the orders of the unread appends in a component.
type orders struct {
	ctx  context.Context
	part *graph.Graph
	// fits says that a graph has no cycle that the level forbids.
	fits func(*graph.Graph) (bool, error)
	// groups are the transactions to be put in order, those of each list.
	groups [][]int32
	left   int
}

// unordered are the transactions of a component whose unread appends to a list may
// come in several orders.
func (c *cycles) unordered(part *graph.Graph) [][]int32 {
	inside := map[int32]bool{}
	for _, t := range part.Transactions() {
		inside[t] = true
	}
	var groups [][]int32
	asked := map[int32]bool{}
	for t := range inside {
		for _, a := range c.of(t) {
			if a.place != none || asked[a.key] {
				continue
			}
			asked[a.key] = true
			var group []int32
			for _, u := range c.lists[a.key].unread {
				if inside[u] {
					group = append(group, u)
				}
			}
			if len(group) > 1 {
				groups = append(groups, group)
			}
		}
	}
	slices.SortFunc(groups, slices.Compare)
	return groups
}

// possible says that some order fits, that none does, or that it was given up.
func (o *orders) possible() (found, decided bool, err error) {
	o.left = patience
	found, err = o.try(0, nil, nil)
	return found, found || o.left > 0, err
}

// try puts one more transaction of a group at its end, and then all others.
func (o *orders) try(group int, sofar []int32, edges []graph.Edge) (bool, error) {
	if group == len(o.groups) {
		return true, nil
	}
	if len(sofar) == len(o.groups[group]) {
		return o.try(group+1, nil, edges)
	}
	for _, t := range o.groups[group] {
		if slices.Contains(sofar, t) {
			continue
		}
		more := edges
		for _, other := range o.groups[group] {
			if other != t && !slices.Contains(sofar, other) {
				more = append(more[:len(more):len(more)], graph.Edge{From: t, To: other, Kind: graph.WW})
			}
		}
		if o.left -= o.part.Edges() + 1; o.left < 0 {
			return false, o.ctx.Err()
		}
		fits, err := o.fits(o.part.With(more))
		if err != nil {
			return false, err
		}
		if !fits {
			continue
		}
		if found, err := o.try(group, append(sofar[:len(sofar):len(sofar)], t), more); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// resolve decides, in a component, the two levels that the order of unread appends can
// matter for, unless they are ruled out already.
func (c *cycles) resolve(part *graph.Graph, v variety) error {
	groups := c.unordered(part)
	if len(groups) == 0 {
		return nil
	}
	single, nonadjacent := graph.Single(v.order...), graph.Nonadjacent(v.order...)
	levels := []struct {
		anomaly isolation.Anomaly
		fits    func(*graph.Graph) (bool, error)
	}{
		{v.anomaly(nonadjacent), func(g *graph.Graph) (bool, error) { return g.Acyclic(nonadjacent), nil }},
		{v.anomaly(single), func(g *graph.Graph) (bool, error) {
			if !g.Acyclic(graph.Flowing(v.order...)) {
				return false, nil
			}
			skewed, err := g.Skewed(c.ctx, v.order...)
			return !skewed, err
		}},
	}
	for _, level := range levels {
		if c.found.ruledOut(level.anomaly) {
			continue
		}
		o := orders{ctx: c.ctx, part: part, fits: level.fits, groups: groups}
		switch fits, decided, err := o.possible(); {
		case err != nil:
			return err
		case fits:
			return nil // also for the weaker one
		case decided:
			c.found.add(level.anomaly, func() told { return c.tellNoOrder(part, groups) })
		default:
			c.undecide(level.anomaly, fmt.Sprintf("%d appends that nobody read may come in too many orders", len(slices.Concat(groups...))))
		}
	}
	return nil
}

// updates looks for lost updates that only show in a cycle: a transaction that read the
// longest version of a list, and appended to it what nobody read, comes before all
// others whose appends nobody read, or its update is lost.
func (c *cycles) updates() error {
	if c.found.contradicts(isolation.CursorStability) {
		return nil
	}
	for _, part := range c.graph.Components(graph.Missing()) {
		first := c.firstInside(part)
		if len(first) == 0 {
			continue
		}
		for _, p := range part.With(first).Components(graph.Flowing()) {
			cycle, err := p.Smallest(c.ctx, graph.Flowing())
			if err != nil {
				return err
			}
			for i, e := range cycle {
				if slices.Contains(first, e) {
					cycle[i].Kind = graph.RW // which is why it is there
				}
			}
			c.found.add(isolation.LostUpdate, func() told { return c.tellCycle(cycle, isolation.LostUpdate) })
		}
	}
	return nil
}

// firstInside are the edges from transactions in a component that have to be the first
// to append to a list, to the others there.
func (c *cycles) firstInside(part *graph.Graph) []graph.Edge {
	var edges []graph.Edge
	inside := map[int32]bool{}
	for _, t := range part.Transactions() {
		inside[t] = true
	}
	for _, t := range part.Transactions() {
		for _, a := range c.of(t) {
			l := &c.lists[a.key]
			if a.place != none || !a.last || !slices.Contains(l.first, t) {
				continue
			}
			for _, u := range l.unread {
				if t != u && inside[u] {
					edges = append(edges, graph.Edge{From: t, To: u, Kind: graph.WW})
				}
			}
		}
	}
	return edges
}
