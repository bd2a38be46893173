// Package graph has the dependencies between transactions, and finds the smallest
// cycle of each kind that contradicts an isolation level. It knows nothing of what
// transactions did: who adds an edge knows why it is there.
//
// Which cycles contradict which level is a matter of how anti-dependencies (rw)
// stand in them, so the search walks through the graph with a small automaton that
// remembers the last edge: see Class. Nothing is sampled and nothing is given up:
// only the budget of the context ends a search early, and that is told.
package graph

import "slices"

// Kind is why one transaction comes before another one.
type Kind uint8

const (
	// WW: the later one overwrote a version of the earlier one.
	WW Kind = iota
	// WR: the later one read a version of the earlier one.
	WR
	// RW: the earlier one read a version that the later one overwrote: it missed the
	// later one's write.
	RW
	// Session: the earlier one was done before in the same session.
	Session
	// Realtime: the earlier one was completed before the later one was invoked.
	Realtime
	// through leads on from a junction. It has no meaning of its own, and belongs to
	// the edge that led there.
	through
	kinds
)

func (k Kind) String() string {
	return [...]string{WW: "ww", WR: "wr", RW: "rw", Session: "session", Realtime: "realtime", through: "through"}[k]
}

// Edge is a dependency between two transactions.
type Edge struct {
	From, To int32
	Kind     Kind
}

// Builder collects the edges of a graph. Transactions are 0, 1, 2, ...
type Builder struct {
	transactions, nodes int32
	edges               []Edge
	times               []Span
}

// Span is when a transaction was invoked and when it was completed, as places in
// the history, no two of which are the same. One that was never completed has the end
// Never, and one without a beginning, -1, comes after no other one.
type Span struct{ Begin, End int32 }

// Never is the end of a transaction that was never completed: it comes before no
// other one in real time.
const Never = int32(1<<31 - 1)

// NewBuilder makes room for so many transactions, and begins with some edges, none of
// which is of a transaction on itself. They are not changed.
func NewBuilder(transactions int, edges ...Edge) *Builder {
	return &Builder{transactions: int32(transactions), nodes: int32(transactions), edges: edges[:len(edges):len(edges)]}
}

// Edge adds a dependency. One of a transaction on itself says nothing and is left
// out.
func (b *Builder) Edge(from, to int32, k Kind) {
	if from != to {
		b.edges = append(b.edges, Edge{from, to, k})
	}
}

// Junction is a new node that stands for many edges: each edge that leads to it goes
// on, as an edge of the same kind, to all to which the junction leads, also by way
// of other junctions. From n transactions to m others there are n+m edges then
// instead of n·m.
func (b *Builder) Junction() int32 {
	b.nodes++
	return b.nodes - 1
}

// Lead leads from a junction to a transaction or to another junction.
func (b *Builder) Lead(junction, to int32) { b.edges = append(b.edges, Edge{junction, to, through}) }

// Sessions adds the order of sessions: of each the transactions, the earliest first.
// Each that is done when the next one begins leads to all that come later.
func (b *Builder) Sessions(sessions [][]int32, done func(transaction int32) bool) {
	for _, session := range sessions {
		later := int32(-1)
		for i := len(session) - 1; i > 0; i-- {
			j := b.Junction()
			b.Lead(j, session[i])
			if later >= 0 {
				b.Lead(j, later)
			}
			if done(session[i-1]) {
				b.Edge(session[i-1], j, Session)
			}
			later = j
		}
	}
}

// Realtime adds that transactions that were completed before others were invoked
// come before them. Each moment at which invocations follow completions is a
// junction, so there are no more edges than three for each transaction.
func (b *Builder) Realtime(spans []Span) {
	b.times = spans
	b.edges = slices.Grow(b.edges, 3*len(spans))
	last := int32(-1)
	for _, s := range spans {
		last = max(last, s.Begin)
		if s.End != Never {
			last = max(last, s.End)
		}
	}
	moments := make([]int32, last+1) // at each place, one more than 2·transaction for a begin, than that and 1 for an end
	for i, s := range spans {
		if s.Begin >= 0 {
			moments[s.Begin] = int32(2*i + 1)
		}
		if s.End != Never {
			moments[s.End] = int32(2*i + 2)
		}
	}
	var ended []int32
	now := int32(-1)
	for _, m := range moments {
		if m--; m < 0 {
			continue
		}
		if m%2 == 1 {
			ended = append(ended, m/2)
			continue
		}
		if len(ended) > 0 {
			next := b.Junction()
			if now >= 0 {
				b.Lead(now, next)
			}
			for _, t := range ended {
				b.Edge(t, next, Realtime)
			}
			ended, now = ended[:0], next
		}
		if now >= 0 {
			b.Lead(now, m/2)
		}
	}
}

// Fan adds edges of a kind from each source to all the targets, but not to itself.
func (b *Builder) Fan(sources, targets []int32, k Kind) {
	if len(targets) < 4 || len(sources) < 4 {
		for _, from := range sources {
			for _, to := range targets {
				b.Edge(from, to, k)
			}
		}
		return
	}
	up, down := b.chains(targets)
	place := make(map[int32]int, len(targets))
	for i, to := range targets {
		place[to] = i
	}
	for _, from := range sources {
		at, isTarget := place[from]
		switch {
		case !isTarget:
			b.Edge(from, up[0], k)
			continue
		case at > 0:
			b.Edge(from, down[at-1], k)
		}
		if isTarget && at < len(targets)-1 {
			b.Edge(from, up[at+1], k)
		}
	}
}

// chains are junctions to each target and all after it, and to each target and all
// before it.
func (b *Builder) chains(targets []int32) (up, down []int32) {
	up, down = make([]int32, len(targets)), make([]int32, len(targets))
	for i, to := range targets {
		up[i], down[i] = b.Junction(), b.Junction()
		b.Lead(up[i], to)
		b.Lead(down[i], to)
		if i > 0 {
			b.Lead(up[i-1], up[i])
			b.Lead(down[i], down[i-1])
		}
	}
	return up, down
}

// Graph is a graph of transactions and junctions, as the edges that leave each
// node, one node after another.
type Graph struct {
	// transactions are the nodes below this number; the others are junctions.
	transactions int32
	head         []int32
	to           []int32
	kind         []Kind
	// of are the numbers of the transactions in the graph that this is a part of;
	// nil if it is none.
	of []int32
	// times are when transactions were under way; nil if that was not added.
	times []Span
}

// Build makes the graph. The builder is used up.
func (b *Builder) Build() *Graph {
	g := &Graph{transactions: b.transactions, head: make([]int32, b.nodes+1), to: make([]int32, len(b.edges)), kind: make([]Kind, len(b.edges)), times: b.times}
	for _, e := range b.edges {
		g.head[e.From+1]++
	}
	for i := range b.nodes {
		g.head[i+1] += g.head[i]
	}
	next := make([]int32, b.nodes)
	copy(next, g.head)
	for _, e := range b.edges {
		g.to[next[e.From]], g.kind[next[e.From]] = e.To, e.Kind
		next[e.From]++
	}
	b.edges = nil
	return g
}

// Edges is how many edges there are, those of junctions among them.
func (g *Graph) Edges() int { return len(g.to) }

func (g *Graph) nodes() int32 { return int32(len(g.head) - 1) }

// Original is the number of a transaction in the graph that this one is a part of.
func (g *Graph) Original(transaction int32) int32 {
	if g.of == nil {
		return transaction
	}
	return g.of[transaction]
}

// Transactions are the original numbers of the transactions.
func (g *Graph) Transactions() []int32 {
	all := make([]int32, g.transactions)
	for i := range all {
		all[i] = g.Original(int32(i))
	}
	return all
}

// part is the graph between some nodes, with the transactions first.
func (g *Graph) part(nodes []int32, place []int32) *Graph {
	b := &Builder{nodes: int32(len(nodes))}
	p := &Graph{}
	for _, v := range nodes {
		if v < g.transactions {
			place[v] = int32(len(p.of)) + 1
			p.of = append(p.of, g.Original(v))
			if g.times != nil {
				b.times = append(b.times, g.times[v])
			}
		}
	}
	b.transactions = int32(len(p.of))
	next := b.transactions
	for _, v := range nodes {
		if v >= g.transactions {
			next++
			place[v] = next
		}
	}
	for _, v := range nodes {
		for e := g.head[v]; e < g.head[v+1]; e++ {
			if to := place[g.to[e]]; to > 0 {
				b.edges = append(b.edges, Edge{place[v] - 1, to - 1, g.kind[e]})
			}
		}
	}
	for _, v := range nodes {
		place[v] = 0
	}
	built := b.Build()
	built.of = p.of
	return built
}

// With is the graph with further edges, between transactions by their original
// numbers.
func (g *Graph) With(further []Edge) *Graph {
	place := map[int32]int32{}
	for i := range g.transactions {
		place[g.Original(i)] = i
	}
	b := &Builder{transactions: g.transactions, nodes: g.nodes(), times: g.times}
	for v := range g.nodes() {
		for e := g.head[v]; e < g.head[v+1]; e++ {
			b.edges = append(b.edges, Edge{v, g.to[e], g.kind[e]})
		}
	}
	for _, e := range further {
		b.Edge(place[e.From], place[e.To], e.Kind)
	}
	built := b.Build()
	built.of = g.of
	return built
}

// filter is the graph without the edges that are not kept.
func (g *Graph) filter(keep func(from, edge int32) bool) *Graph {
	f := &Graph{transactions: g.transactions, head: make([]int32, len(g.head)), of: g.of, times: g.times}
	for v := range g.nodes() {
		for e := g.head[v]; e < g.head[v+1]; e++ {
			if keep(v, e) {
				f.to, f.kind = append(f.to, g.to[e]), append(f.kind, g.kind[e])
			}
		}
		f.head[v+1] = int32(len(f.to))
	}
	return f
}
