package graph

import "context"

// Skewed says that the graph has a cycle with exactly one rw and further edges of the
// given kinds, as many as there may be. There must be none without an rw. The error is
// that of the context.
func (g *Graph) Skewed(ctx context.Context, order ...Kind) (bool, error) {
	_, any, err := g.skewed(ctx, Single(order...))
	return any, err
}

// skewed are the rw edges that lie in cycles without another rw: those whose target
// reaches their source by way of the other edges alone. These must have no cycle.
//
// That is a question of reachability for each of them, which is answered for 64
// sources at a time, in one sweep over the part of the graph in topological order
// that lies between them and the targets of their edges.
func (g *Graph) skewed(ctx context.Context, c Class) (useful []bool, any bool, err error) {
	s := sweep{g: g, c: c, place: make([]int32, g.nodes()), reach: make([]uint64, g.nodes())}
	s.sort()
	useful = make([]bool, len(g.to))
	var sources []int32
	for _, v := range s.order {
		if s.first(v) < s.place[v] {
			sources = append(sources, v)
		}
	}
	for at := 0; at < len(sources); at += 64 {
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		any = s.mark(sources[at:min(at+64, len(sources))], useful) || any
	}
	return useful, any, nil
}

type sweep struct {
	g *Graph
	c Class
	// order are all nodes, each before those to which its edges lead, but for rw;
	// place is where they are there.
	order, place []int32
	// reach are the sources, as bits, that a node reaches.
	reach []uint64
}

func (s *sweep) follows(k Kind) bool { return k != RW && s.c.next[0][k] != refused }

// sort is Kahn's, Topological Sorting of Large Networks, 1962. A junction of rw edges
// comes before what it leads to as any other one, which loses nothing.
func (s *sweep) sort() {
	g := s.g
	entering := make([]int32, g.nodes())
	for v := range g.nodes() {
		for e := g.head[v]; e < g.head[v+1]; e++ {
			if s.follows(g.kind[e]) {
				entering[g.to[e]]++
			}
		}
	}
	for v, n := range entering {
		if n == 0 {
			s.order = append(s.order, int32(v))
		}
	}
	for at := 0; at < len(s.order); at++ {
		v := s.order[at]
		s.place[v] = int32(at)
		for e := g.head[v]; e < g.head[v+1]; e++ {
			if !s.follows(g.kind[e]) {
				continue
			}
			if to := g.to[e]; entering[to] == 1 {
				s.order = append(s.order, to)
			}
			entering[g.to[e]]--
		}
	}
}

// first is the place of the first node to which an rw edge leads, after all if there
// is none.
func (s *sweep) first(v int32) int32 {
	first := int32(len(s.place))
	for e := s.g.head[v]; e < s.g.head[v+1]; e++ {
		if s.g.kind[e] == RW {
			first = min(first, s.place[s.g.to[e]])
		}
	}
	return first
}

// mark finds the useful rw edges of up to 64 sources.
func (s *sweep) mark(sources []int32, useful []bool) (any bool) {
	g := s.g
	from, to := int32(len(s.order)), int32(0)
	for _, v := range sources {
		from, to = min(from, s.first(v)), max(to, s.place[v])
	}
	bit := make(map[int32]uint64, len(sources))
	for i, v := range sources {
		bit[v] = 1 << i
	}
	for at := to; at >= from; at-- {
		v := s.order[at]
		bits := bit[v]
		for e := g.head[v]; e < g.head[v+1]; e++ {
			if s.follows(g.kind[e]) && s.place[g.to[e]] <= to {
				bits |= s.reach[g.to[e]]
			}
		}
		s.reach[v] = bits
	}
	for _, v := range sources {
		for e := g.head[v]; e < g.head[v+1]; e++ {
			if at := s.place[g.to[e]]; g.kind[e] == RW && at >= from && at <= to && s.reach[g.to[e]]&bit[v] != 0 {
				useful[e], any = true, true
			}
		}
	}
	return any
}
