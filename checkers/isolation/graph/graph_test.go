package graph_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/isolation/graph"
)

// plain is a graph as a list of edges, to be searched by brute force.
type plain struct {
	n     int
	edges []graph.Edge
}

// random makes a small graph by way of a builder, and the same one without
// junctions.
func random(r *rand.Rand) (*graph.Graph, plain) {
	n := 3 + r.IntN(4)
	b := graph.NewBuilder(n)
	p := plain{n: n}
	add := func(from, to int, k graph.Kind) {
		if from != to {
			p.edges = append(p.edges, graph.Edge{From: int32(from), To: int32(to), Kind: k})
		}
	}
	for range r.IntN(2*n) + 1 {
		from, to, k := r.IntN(n), r.IntN(n), graph.Kind(r.IntN(3))
		add(from, to, k)
		b.Edge(int32(from), int32(to), k)
	}
	if n >= 5 && r.IntN(3) == 0 {
		sources, targets := some(r, n), some(r, n)
		b.Fan(sources, targets, graph.RW)
		for _, from := range sources {
			for _, to := range targets {
				add(int(from), int(to), graph.RW)
			}
		}
	}
	if r.IntN(2) == 0 {
		p.sessions(r, b, add)
	}
	if r.IntN(2) == 0 {
		p.realtime(r, b, add)
	}
	return b.Build(), p
}

func some(r *rand.Rand, n int) []int32 {
	var all []int32
	for _, i := range r.Perm(n)[:4+r.IntN(n-3)] {
		all = append(all, int32(i))
	}
	return all
}

func (p plain) sessions(r *rand.Rand, b *graph.Builder, add func(from, to int, k graph.Kind)) {
	sessions := make([][]int32, 2)
	never := int32(r.IntN(p.n))
	for _, t := range r.Perm(p.n) {
		s := r.IntN(2)
		for _, earlier := range sessions[s] {
			if earlier != never {
				add(int(earlier), t, graph.Session)
			}
		}
		sessions[s] = append(sessions[s], int32(t))
	}
	b.Sessions(sessions, func(t int32) bool { return t != never })
}

func (p plain) realtime(r *rand.Rand, b *graph.Builder, add func(from, to int, k graph.Kind)) {
	spans := make([]graph.Span, p.n)
	places := r.Perm(2 * p.n)
	for i := range spans {
		spans[i] = graph.Span{Begin: int32(min(places[2*i], places[2*i+1])), End: int32(max(places[2*i], places[2*i+1]))}
		if r.IntN(5) == 0 {
			spans[i].End = graph.Never
		}
	}
	b.Realtime(spans)
	for from, s := range spans {
		for to, other := range spans {
			if s.End < other.Begin {
				add(from, to, graph.Realtime)
			}
		}
	}
}

// price is what makes a cycle small: rw edges, edges, inferred edges.
type price [3]int

func priceOf(cycle []graph.Edge) price {
	p := price{1: len(cycle)}
	for _, e := range cycle {
		if e.Kind == graph.RW {
			p[0]++
		}
		if e.Kind == graph.RW || e.Kind == graph.WW {
			p[2]++
		}
	}
	return p
}

// cheapest is the price of the smallest cycle that is accepted, from the definition.
func (p plain) cheapest(accepts func([]graph.Edge) bool) (best price, found bool) {
	var way []graph.Edge
	var walk func(at, start int32, on uint)
	walk = func(at, start int32, on uint) {
		for _, e := range p.edges {
			if e.From != at || e.To < start || e.To != start && on&(1<<e.To) != 0 {
				continue
			}
			way = append(way, e)
			if e.To != start {
				walk(e.To, start, on|1<<e.To)
			} else if accepts(way) {
				if cost := priceOf(way); !found || slices.Compare(cost[:], best[:]) < 0 {
					best, found = cost, true
				}
			}
			way = way[:len(way)-1]
		}
	}
	for start := range int32(p.n) {
		walk(start, start, 1<<start)
	}
	return best, found
}

func count(cycle []graph.Edge, k graph.Kind) int {
	n := 0
	for _, e := range cycle {
		if e.Kind == k {
			n++
		}
	}
	return n
}

// definition is a class, and what it means.
type definition struct {
	class   func(...graph.Kind) graph.Class
	accepts func([]graph.Edge) bool
}

var definitions = []definition{
	{graph.Overwriting, func(c []graph.Edge) bool { return count(c, graph.RW)+count(c, graph.WR) == 0 }},
	{graph.Flowing, func(c []graph.Edge) bool { return count(c, graph.RW) == 0 }},
	{graph.Single, func(c []graph.Edge) bool { return count(c, graph.RW) == 1 }},
	{graph.Nonadjacent, func(c []graph.Edge) bool {
		for i, e := range c {
			if e.Kind == graph.RW && c[(i+1)%len(c)].Kind == graph.RW {
				return false
			}
		}
		return count(c, graph.RW) > 0
	}},
	{graph.Missing, func(c []graph.Edge) bool { return count(c, graph.RW) > 0 }},
	{graph.Forking, func(c []graph.Edge) bool {
		for i, e := range c {
			if next := c[(i+1)%len(c)].Kind; next == graph.RW && (e.Kind == graph.RW || e.Kind == graph.WW) {
				return false
			}
		}
		return count(c, graph.RW) > 0
	}},
}

var orders = [][]graph.Kind{nil, {graph.Session}, {graph.Realtime}}

func TestTheSmallestCycleIsThatOfTheDefinition(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 20_000, 1, func(t *testing.T, r *rand.Rand) bool {
		g, p := random(r)
		weaker := map[int]bool{} // classes of which there is a cycle without an order
		for _, order := range orders {
			graver := false // a graver class has a cycle with this order
			for i, d := range definitions {
				if weaker[i] || graver && i < 5 || i == 5 && (weaker[0] || weaker[1] || flowing(p, order)) {
					continue
				}
				want, found := p.cheapest(func(c []graph.Edge) bool { return allowed(c, order) && d.accepts(c) })
				got, err := g.Smallest(context.Background(), d.class(order...))
				if err != nil || (got != nil) != found || found && (priceOf(got) != want || !d.accepts(got) || !p.has(got)) {
					t.Errorf("%v with %v: got %v, %v; want %v, %v; in %+v", d.class(), order, got, err, want, found, p)
					return false
				}
				if found {
					tally.Count(fmt.Sprint(d.class(), order))
					graver = graver || i < 5
					weaker[i] = weaker[i] || order == nil
				}
			}
			if order == nil && graver {
				for i := range 5 {
					weaker[i] = weaker[i] || i > 0 && weaker[i-1]
				}
			}
		}
		return true
	})
	tally.Log(t)
}

// flowing says that there is a cycle without rw.
func flowing(p plain, order []graph.Kind) bool {
	_, found := p.cheapest(func(c []graph.Edge) bool { return allowed(c, order) && count(c, graph.RW) == 0 })
	return found
}

func allowed(c []graph.Edge, order []graph.Kind) bool {
	return !slices.ContainsFunc(c, func(e graph.Edge) bool { return e.Kind > graph.RW && !slices.Contains(order, e.Kind) })
}

// has says that a cycle's edges are there, and one leads to the next.
func (p plain) has(cycle []graph.Edge) bool {
	for i, e := range cycle {
		if !slices.Contains(p.edges, e) || e.To != cycle[(i+1)%len(cycle)].From {
			return false
		}
	}
	return true
}

// Cycles with one rw are found whether they have edges of an order or not.
func TestSkewIsFound(t *testing.T) {
	script.Try(t, 5000, 4, func(t *testing.T, r *rand.Rand) bool {
		g, p := random(r)
		for _, order := range orders {
			if flowing(p, order) {
				continue
			}
			_, want := p.cheapest(func(c []graph.Edge) bool { return allowed(c, order) && count(c, graph.RW) == 1 })
			if got, err := g.Skewed(context.Background(), order...); err != nil || got != want {
				t.Errorf("%v: %v, %v, want %v; in %+v", order, got, err, want, p)
				return false
			}
		}
		return true
	})
}

func TestComponentsHoldAllCycles(t *testing.T) {
	script.Try(t, 5000, 4, func(t *testing.T, r *rand.Rand) bool {
		g, p := random(r)
		for _, order := range orders {
			for _, d := range definitions {
				if c := d.class(order...); c.String() == "G-single" {
					continue
				}
				_, cyclic := p.cheapest(func(c []graph.Edge) bool {
					return allowed(c, order) && (d.accepts(c) || count(c, graph.RW) == 0 && d.class().String() != "G0")
				})
				if got := !g.Acyclic(d.class(order...)); got != cyclic {
					t.Errorf("%v with %v: cyclic %v, want %v; in %+v", d.class(), order, got, cyclic, p)
					return false
				}
				total := 0
				for _, part := range g.Components(d.class(order...)) {
					total += len(part.Transactions())
				}
				overlap := d.class().String() == "G-nonadjacent" || d.class().String() == "non-prefix-read"
				if total > p.n && !overlap || cyclic != (total > 1) {
					t.Errorf("%v with %v: %d transactions in components; in %+v", d.class(), order, total, p)
					return false
				}
			}
		}
		return true
	})
}

// ring is a cycle of n transactions with the given kinds of edges in turn.
func ring(n int, kinds ...graph.Kind) *graph.Graph {
	b := graph.NewBuilder(n)
	for i := range n {
		b.Edge(int32(i), int32((i+1)%n), kinds[i%len(kinds)])
	}
	return b.Build()
}

func TestASpentBudgetIsTold(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	g := ring(1000, graph.WR, graph.RW)
	for _, c := range []graph.Class{graph.Nonadjacent(), graph.Missing()} {
		if cycle, err := g.Smallest(ctx, c); !errors.Is(err, context.Canceled) || cycle != nil {
			t.Errorf("%v: %v, %v", c, cycle, err)
		}
	}
}
