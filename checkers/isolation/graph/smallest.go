package graph

import (
	"cmp"
	"context"
	"slices"
)

// Smallest is the smallest cycle of the class: with the fewest rw, of these with
// the fewest edges, of these with the fewest that are only known from what third
// parties read (ww and rw). It is nil if there is none. If the class allows
// real-time edges, its cycles are those with one; they are meant to be looked for
// once there are none without, and cycles of weaker classes once there are none of
// the graver ones: the smallest cycle of Nonadjacent and Missing has at least two rw
// then. The error is that of the context.
//
// That one real-time edge is enough: of two of them in a cycle, from T to U and from
// V to W, either T ended before W began or V before U, for real time is an interval
// order. Then one edge in place of the two leaves a smaller cycle.
func (g *Graph) Smallest(ctx context.Context, c Class) ([]Edge, error) {
	w := newWalk(g, c)
	switch ok, err := w.narrow(ctx); {
	case err != nil || !ok:
		return nil, err
	}
	for _, w.longest = range []uint64{2, 3, 4, 6, 10, 20, 1 << 20} {
		if err := w.all(ctx); err != nil {
			return nil, err
		}
		if w.best != far && (w.best>>rwShift <= c.least || w.longest == 1<<20) {
			break
		}
	}
	return w.cycle, nil
}

// Worst is the smallest cycle of the gravest class that the graph has, with further
// edges of the given kinds, and that class; nil if there is none. Classes that are
// skipped are not looked for.
func (g *Graph) Worst(ctx context.Context, skip func(Class) bool, order ...Kind) (Class, []Edge, error) {
	classes := []Class{Overwriting(order...), Flowing(order...), Single(order...), Nonadjacent(order...), Missing(order...)}
	skewed := true
	for i, c := range classes {
		if i == 2 {
			skewed = !g.Acyclic(classes[3]) // what no Nonadjacent has is no Single either
		}
		if skip(c) || !skewed && (i == 2 || i == 3) {
			continue
		}
		if cycle, err := g.Smallest(ctx, c); cycle != nil || err != nil {
			return c, cycle, err
		}
	}
	return Class{}, nil, nil
}

// A cost has the number of rw above that of edges above that of inferred ones.
const (
	rwShift   = 42
	edgeShift = 21
	far       = uint64(1<<64 - 1)
)

var costs = [kinds]uint64{
	WW:       1<<edgeShift | 1,
	WR:       1 << edgeShift,
	RW:       1<<rwShift | 1<<edgeShift | 1,
	Session:  1 << edgeShift,
	Realtime: 1 << edgeShift,
}

// walk looks for cycles from one transaction after another, in order of their costs
// (Dijkstra). Nodes are those of the graph together with a state: node·states+state.
type walk struct {
	g *Graph
	c Class
	// inTime says that cycles are closed by a real-time edge, which is not walked.
	inTime bool
	// within is the component of each node; only those in one are walked, and only
	// inside of it. It is nil if there is no such limit.
	within []int32
	// useful are the rw edges that lie in cycles; nil if all may.
	useful []bool
	// gone are transactions all of whose cycles were looked at.
	gone []bool

	round  int32
	seen   []int32 // the round in which the cost is meant
	cost   []uint64
	came   []int32 // the edge by which a node was reached
	before []int32 // and from which node
	queue  queue
	walked int

	best    uint64
	longest uint64 // no cycle with more edges is looked for
	cycle   []Edge
}

func newWalk(g *Graph, c Class) *walk {
	n := g.nodes() * c.states
	w := &walk{g: g, c: c, inTime: c.next[0][Realtime] != refused, best: far, gone: make([]bool, g.transactions),
		seen: make([]int32, n), cost: make([]uint64, n), came: make([]int32, n), before: make([]int32, n)}
	return w
}

// narrow finds out where cycles can be, and whether there are any.
func (w *walk) narrow(ctx context.Context) (any bool, err error) {
	if w.c.end != w.c.start {
		w.useful, any, err = w.g.skewed(ctx, w.c)
		return any, err
	}
	w.within = w.components()
	return slices.Max(w.within) > 0, nil
}

// all looks for the smallest cycle through every transaction. Once it has walked
// far, it leaves out what is in no cycle any more.
func (w *walk) all(ctx context.Context) error {
	whole, within := w.g, w.within
	clear(w.gone)
	for t := range w.g.transactions {
		if t%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		w.from(t)
		w.gone[t] = !w.inTime
		if w.walked > 4*len(w.g.to)+1000 && !w.inTime && w.within != nil {
			w.walked = 0
			w.thin()
		}
	}
	w.g, w.within = whole, within
	return nil
}

// thin leaves out edges of which all cycles were looked at, and finds out what is
// in cycles still.
func (w *walk) thin() {
	old := w.g
	w.g = old.filter(func(from, e int32) bool {
		return from >= old.transactions || !w.gone[from] || w.c.missing && old.kind[e] != RW
	})
	w.within = w.components()
}

// components are the component of each node, 0 if it is by itself.
func (w *walk) components() []int32 {
	within := make([]int32, w.g.nodes()*w.c.states)
	component := int32(0)
	w.g.components(w.c, func(nodes []int32) {
		component++
		for _, node := range nodes {
			within[node] = component
		}
	})
	return within
}

// from looks for a cycle through a transaction that is smaller than the best one.
func (w *walk) from(t int32) {
	start := t*w.c.states + int32(w.c.start)
	if w.within != nil && w.within[start] == 0 {
		return
	}
	w.round++
	w.queue = w.queue[:0]
	w.put(start, 0, -1, -1)
	for len(w.queue) > 0 {
		i := w.queue.take()
		if i.cost != w.cost[i.node] || w.hopeless(i.cost) {
			continue
		}
		if v := i.node / w.c.states; w.inTime && v < w.g.transactions && w.closes(v, t, i) {
			w.keep(i.cost+costs[Realtime], i.node, t, Edge{v, t, Realtime})
			continue
		}
		w.step(i, t, start)
	}
}

// hopeless says that a way cannot become a cycle that is smaller than the best one
// and short enough.
func (w *walk) hopeless(cost uint64) bool {
	return cost >= w.best || cost>>edgeShift&(1<<edgeShift-1) > w.longest
}

// closes says that a real-time edge leads from where the way has come back to where
// it began.
func (w *walk) closes(v, t int32, i item) bool {
	arrived := w.c.end == w.c.start || int8(i.node%w.c.states) == w.c.end
	return arrived && w.g.times[v].End < w.g.times[t].Begin && (!w.c.missing || i.cost>>rwShift > 0)
}

// step walks on along all edges of a node.
func (w *walk) step(i item, t, start int32) {
	g, states := w.g, w.c.states
	v, next := i.node/states, &w.c.next[i.node%states]
	w.walked += int(g.head[v+1] - g.head[v])
	for e := g.head[v]; e < g.head[v+1]; e++ {
		k := g.kind[e]
		state := next[k]
		switch {
		case state == refused, w.inTime && k == Realtime, !w.inTime && i.node == start && w.c.missing && k != RW:
			continue
		case k == RW && (w.useful != nil && !w.useful[e] || w.c.missing && w.gone[v]):
			continue
		}
		to := g.to[e]*states + int32(state)
		cost := i.cost + costs[k]
		if g.to[e] == t {
			// By way of a junction a transaction may come after itself.
			if !w.inTime && state == w.c.end && cost>>edgeShift&(1<<edgeShift-1) > 1 {
				w.keep(cost, i.node, t, Edge{v, t, k})
			}
			continue
		}
		if w.hopeless(cost) || w.within != nil && w.within[to] != w.within[start] || !w.c.missing && g.to[e] < g.transactions && w.gone[g.to[e]] {
			continue
		}
		w.put(to, cost, e, i.node)
	}
}

func (w *walk) put(node int32, cost uint64, edge, before int32) {
	if w.seen[node] == w.round && w.cost[node] <= cost {
		return
	}
	w.seen[node], w.cost[node], w.came[node], w.before[node] = w.round, cost, edge, before
	w.queue.put(item{cost, node})
}

// keep is for a cycle that ends with the edge after the way to the node.
func (w *walk) keep(cost uint64, node, t int32, last Edge) {
	if cost >= w.best || cost>>edgeShift&(1<<edgeShift-1) > w.longest {
		return
	}
	w.best = cost
	w.cycle = w.cycle[:0]
	to, pending := last.To, last.Kind
	for {
		v := node / w.c.states
		if v < w.g.transactions { // an edge by way of junctions begins here
			w.cycle = append(w.cycle, Edge{w.g.Original(v), w.g.Original(to), pending})
			to = v
		}
		e := w.came[node]
		if e < 0 {
			break
		}
		if k := w.g.kind[e]; k != through {
			pending = k
		}
		node = w.before[node]
	}
	slices.Reverse(w.cycle)
	w.turn()
}

// turn begins the cycle with its first rw edge, if it has any, and otherwise with
// the transaction that has the lowest number.
func (w *walk) turn() {
	at := slices.IndexFunc(w.cycle, func(e Edge) bool { return e.Kind == RW })
	if at < 0 {
		lowest := slices.MinFunc(w.cycle, func(a, b Edge) int { return cmp.Compare(a.From, b.From) })
		at = slices.Index(w.cycle, lowest)
	}
	w.cycle = slices.Concat(w.cycle[at:], w.cycle[:at])
}

// queue is a heap of nodes, the cheapest first.
type queue []item

type item struct {
	cost uint64
	node int32
}

func (q *queue) put(i item) {
	*q = append(*q, i)
	h := *q
	for at := len(h) - 1; at > 0; {
		up := (at - 1) / 2
		if h[up].cost <= h[at].cost {
			break
		}
		h[up], h[at] = h[at], h[up]
		at = up
	}
}

func (q *queue) take() item {
	h := *q
	first, last := h[0], len(h)-1
	h[0] = h[last]
	h = h[:last]
	for at := 0; ; {
		down := 2*at + 1
		if down+1 < last && h[down+1].cost < h[down].cost {
			down++
		}
		if down >= last || h[at].cost <= h[down].cost {
			break
		}
		h[at], h[down] = h[down], h[at]
		at = down
	}
	*q = h
	return first
}
