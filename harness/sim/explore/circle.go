package explore

import (
	"slices"
)

// circle is a closed way in the graph.
type circle struct {
	from  int32
	edges []edge
}

// circle is a circle that can go on for ever, of those that begin closest to the
// start; nil if there is none. Within one strongly connected component a run can
// visit all states for ever: if that is not fair, nothing in the component is,
// because a step that stays possible in all of its states and never happens in it
// stays so on every circle in it.
func (g *waiting[V]) circle() *circle {
	component := g.components()
	members := make(map[int32][]int32)
	for n, c := range component {
		members[c] = append(members[c], int32(n))
	}
	verdicts := make(map[int32]bool)
	for n := range g.nodes {
		c := component[n]
		goes, known := verdicts[c]
		if !known {
			goes = g.circular(members[c], component) && g.fair(members[c], component)
			verdicts[c] = goes
		}
		if goes {
			return g.circleFrom(int32(n), component)
		}
	}
	return nil
}

// circular says that a component has an edge of its own.
func (g *waiting[V]) circular(members, component []int32) bool {
	if len(members) > 1 {
		return true
	}
	return slices.ContainsFunc(g.nodes[members[0]].edges, func(e edge) bool { return e.to == members[0] })
}

// fair says that no step stays possible in all states of a component without an
// edge of it.
func (g *waiting[V]) fair(members, component []int32) bool {
	e := g.search.experts[0]
	always := e.due(g.nodes[members[0]].state)
	for _, m := range members[1:] {
		if len(always) == 0 {
			return true
		}
		here := e.due(g.nodes[m].state)
		always = slices.DeleteFunc(always, func(d uint64) bool { return !slices.Contains(here, d) })
	}
	for _, m := range members {
		for _, edge := range g.nodes[m].edges {
			if component[edge.to] == component[m] {
				always = slices.DeleteFunc(always, func(d uint64) bool { return d == edge.act.due })
			}
		}
	}
	return len(always) == 0
}

// circleFrom is a short circle through a node that does, or makes impossible, every
// step that is due in the node.
func (g *waiting[V]) circleFrom(n int32, component []int32) *circle {
	c := &circle{from: n}
	at := n
	for _, due := range g.search.experts[0].due(g.nodes[n].state) {
		if g.done(c, due) {
			continue
		}
		c.edges = append(c.edges, g.walk(at, component, func(e edge) bool { return e.act.due == due || !g.isDue(e.to, due) })...)
		at = c.edges[len(c.edges)-1].to
	}
	if at != n || len(c.edges) == 0 {
		c.edges = append(c.edges, g.walk(at, component, func(e edge) bool { return e.to == n })...)
	}
	return c
}

func (g *waiting[V]) isDue(n int32, due uint64) bool {
	return slices.Contains(g.search.experts[0].due(g.nodes[n].state), due)
}

func (g *waiting[V]) done(c *circle, due uint64) bool {
	return slices.ContainsFunc(c.edges, func(e edge) bool { return e.act.due == due || !g.isDue(e.to, due) })
}

// walk is the shortest way within a component whose last edge is as wanted.
func (g *waiting[V]) walk(from int32, component []int32, wanted func(edge) bool) []edge {
	type hop struct {
		before int
		edge   edge
	}
	hops := []hop{{-1, edge{to: from}}}
	seen := map[int32]bool{}
	for i := 0; i < len(hops); i++ {
		for _, e := range g.nodes[hops[i].edge.to].edges {
			if component[e.to] != component[from] {
				continue
			}
			if wanted(e) {
				way := []edge{e}
				for at := i; hops[at].before >= 0; at = hops[at].before {
					way = append(way, hops[at].edge)
				}
				slices.Reverse(way)
				return way
			}
			if !seen[e.to] {
				seen[e.to] = true
				hops = append(hops, hop{i, e})
			}
		}
	}
	panic("a strongly connected component is not connected")
}

// components numbers the strongly connected components (Tarjan, Depth-first search
// and linear graph algorithms, 1972), without recursion.
func (g *waiting[V]) components() []int32 {
	n := len(g.nodes)
	t := tarjan{index: make([]int32, n), low: make([]int32, n), component: make([]int32, n)}
	for i := range t.component {
		t.component[i] = -1
	}
	for root := range g.nodes {
		if t.index[root] == 0 {
			t.from(int32(root), func(n int32) []edge { return g.nodes[n].edges })
		}
	}
	return t.component
}

type tarjan struct {
	index, low, component []int32
	stack                 []int32
	last, components      int32
}

func (t *tarjan) from(root int32, edges func(int32) []edge) {
	type frame struct {
		node int32
		next int
	}
	t.enter(root)
	for calls := []frame{{root, 0}}; len(calls) > 0; {
		f := &calls[len(calls)-1]
		all := edges(f.node)
		if f.next == len(all) {
			t.leave(f.node)
			calls = calls[:len(calls)-1]
			if len(calls) > 0 {
				above := calls[len(calls)-1].node
				t.low[above] = min(t.low[above], t.low[f.node])
			}
			continue
		}
		to := all[f.next].to
		f.next++
		switch {
		case t.index[to] == 0:
			t.enter(to)
			calls = append(calls, frame{to, 0})
		case t.component[to] < 0:
			t.low[f.node] = min(t.low[f.node], t.index[to])
		}
	}
}

func (t *tarjan) enter(n int32) {
	t.last++
	t.index[n], t.low[n] = t.last, t.last
	t.stack = append(t.stack, n)
}

// leave closes a component if the node is its root.
func (t *tarjan) leave(n int32) {
	if t.low[n] != t.index[n] {
		return
	}
	for {
		top := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		t.component[top] = t.components
		if top == n {
			break
		}
	}
	t.components++
}
