package graph_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers/isolation/graph"
)

// tangles are big components of different shapes, each with a cycle of one class.
var tangles = []struct {
	name, worst string
	make        func(n int) *graph.Graph
}{
	{"one ring", "G0", func(n int) *graph.Graph { return ring(n, graph.WW) }},
	{"one ring that misses once in two", "G-nonadjacent", func(n int) *graph.Graph { return ring(n, graph.WR, graph.RW) }},
	{"one ring that misses twice in a row", "G2-item", func(n int) *graph.Graph { return ring(n-n%3, graph.WR, graph.RW, graph.RW) }},
	{"a line that misses its beginning", "G-single", func(n int) *graph.Graph {
		b := line(n)
		b.Edge(int32(n-1), 0, graph.RW)
		return b.Build()
	}},
	{"a line of which many miss something", "G2-item", func(n int) *graph.Graph {
		r := rand.New(rand.NewPCG(1, 1))
		b := graph.NewBuilder(n)
		for i := range n - 1 {
			b.Edge(int32(i), int32(i+1), graph.RW)
			b.Edge(int32(i+1), int32(i), graph.RW)
			b.Edge(int32(i), int32(min(n-1, i+2+r.IntN(20))), graph.RW)
		}
		return b.Build()
	}},
	{"dependencies at random", "G0", func(n int) *graph.Graph {
		r := rand.New(rand.NewPCG(1, 2))
		b := graph.NewBuilder(n)
		for range 5 * n {
			b.Edge(int32(r.IntN(n)), int32(r.IntN(n)), graph.Kind(r.IntN(3)))
		}
		return b.Build()
	}},
	{"reads that skew", "G-single", func(n int) *graph.Graph {
		r := rand.New(rand.NewPCG(1, 3))
		b := line(n)
		for i := range n {
			// Neighbours in time miss each other; chains of these join everything.
			b.Edge(int32(i), int32(max(0, i-1-r.IntN(3))), graph.RW)
			b.Edge(int32(i), int32(min(n-1, i+1+r.IntN(9))), graph.RW)
		}
		return b.Build()
	}},
}

// line has each transaction read from one some places before it, so that there are
// no short ways, and the last one from the one before.
func line(n int) *graph.Builder {
	b := graph.NewBuilder(n)
	for i := range n - 1 {
		b.Edge(int32(i), int32(i+1), graph.WR)
	}
	return b
}

func TestBigComponentsAreSearchedWhole(t *testing.T) {
	const n = 20_000
	for _, c := range tangles {
		g := c.make(n)
		begin := time.Now()
		worst, cycle, err := worstOf(g)
		took := time.Since(begin)
		t.Logf("%s: %s of %d edges in %v", c.name, worst, len(cycle), took)
		if err != nil || cycle == nil || worst != c.worst {
			t.Errorf("%s: %s, want %s; %v", c.name, worst, c.worst, err)
		}
	}
}

func worstOf(g *graph.Graph, order ...graph.Kind) (string, []graph.Edge, error) {
	none := func(graph.Class) bool { return false }
	for _, part := range g.Components(graph.Missing(order...)) {
		if class, cycle, err := part.Worst(context.Background(), none, order...); cycle != nil || err != nil {
			return class.String(), cycle, err
		}
	}
	return "", nil, nil
}

// BenchmarkWorst takes no more than two seconds for a component of 20,000
// transactions.
func BenchmarkWorst(b *testing.B) {
	for _, c := range tangles {
		for _, n := range []int{2_000, 20_000} {
			b.Run(fmt.Sprintf("%s/transactions=%d", c.name, n), func(b *testing.B) {
				g := c.make(n)
				for b.Loop() {
					if _, cycle, err := worstOf(g); cycle == nil || err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
