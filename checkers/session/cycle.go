package session

import (
	"slices"

	"github.com/assaykit/assay/checkers/session/trace"
)

// step is an arc between two versions, without the junctions on its way.
type step struct {
	from, to       int32
	why            reason
	earlier, later int32
}

// patience is how many arcs a search for the shortest cycle looks at. It is far
// more than a key of an ordinary run has; on a larger one the cycle is the
// shortest of those that were seen.
const patience = 2_000_000

// cycle is the shortest cycle of versions, or nil if there is none.
func (d *demands) cycle() []step {
	var best []step
	left := patience
	for _, part := range d.components() {
		if len(part) == 1 {
			continue
		}
		inside := map[int32]bool{}
		for _, node := range part {
			inside[node] = true
		}
		slices.Sort(part)
		for _, node := range part {
			if d.versions[node] == trace.None || left < 0 && best != nil {
				continue
			}
			if found := d.shortest(node, inside, &left); best == nil || len(found) < len(best) {
				best = found
			}
		}
	}
	return best
}

// shortest is the shortest cycle through a version among the nodes of its strongly
// connected component.
func (d *demands) shortest(start int32, inside map[int32]bool, left *int) []step {
	came := map[int32]track{}
	near, far := []int32{start}, []int32(nil) // those as far away as now, and one step farther
	for len(near) > 0 {
		for len(near) > 0 {
			node := near[len(near)-1]
			near = near[:len(near)-1]
			for i, a := range d.out[node] {
				*left--
				_, known := came[a.to]
				if known || !inside[a.to] {
					continue
				}
				came[a.to] = track{node, i}
				switch {
				case a.to == start:
					return d.walk(start, came)
				case a.why == relay:
					near = append(near, a.to)
				default:
					far = append(far, a.to)
				}
			}
		}
		near, far = far, nil
	}
	panic("a node of a strongly connected component is in no cycle")
}

// track is the arc by which a node was reached: from where, and which one.
type track struct {
	from int32
	arc  int
}

// walk goes back along the tracks, and joins the arcs on both sides of junctions.
func (d *demands) walk(start int32, came map[int32]track) []step {
	var steps []step
	for at := start; ; {
		s := step{to: d.versions[at], later: trace.None}
		for {
			by := came[at]
			a := d.out[by.from][by.arc]
			if a.later != trace.None {
				s.later = a.later
			}
			at = by.from
			if d.versions[at] != trace.None {
				s.from, s.why, s.earlier = d.versions[at], a.why, a.earlier
				break
			}
		}
		steps = append(steps, s)
		if at == start {
			slices.Reverse(steps)
			return steps
		}
	}
}

// components are the strongly connected ones, after Tarjan, Depth-First Search
// and Linear Graph Algorithms, 1972, without recursion.
func (d *demands) components() [][]int32 {
	s := tarjan{out: d.out, number: make([]int32, len(d.out)), low: make([]int32, len(d.out)), on: make([]bool, len(d.out))}
	for node := range d.out {
		if s.number[node] == 0 {
			s.visit(int32(node))
		}
	}
	return s.found
}

type tarjan struct {
	out         [][]arc
	number, low []int32 // numbers in order of discovery, from 1
	on          []bool
	stack       []int32
	last        int32
	found       [][]int32
}

// visiting is a node and the arc of it that is next.
type visiting struct {
	node int32
	next int
}

func (s *tarjan) enter(node int32) visiting {
	s.last++
	s.number[node], s.low[node], s.on[node] = s.last, s.last, true
	s.stack = append(s.stack, node)
	return visiting{node: node}
}

func (s *tarjan) visit(root int32) {
	path := []visiting{s.enter(root)}
	for len(path) > 0 {
		v := &path[len(path)-1]
		if v.next < len(s.out[v.node]) {
			to := s.out[v.node][v.next].to
			v.next++
			switch {
			case s.number[to] == 0:
				path = append(path, s.enter(to))
			case s.on[to]:
				s.low[v.node] = min(s.low[v.node], s.number[to])
			}
			continue
		}
		node := v.node
		path = path[:len(path)-1]
		if len(path) > 0 {
			above := path[len(path)-1].node
			s.low[above] = min(s.low[above], s.low[node])
		}
		if s.low[node] == s.number[node] {
			s.leave(node)
		}
	}
}

func (s *tarjan) leave(node int32) {
	for at := len(s.stack) - 1; ; at-- {
		s.on[s.stack[at]] = false
		if s.stack[at] == node {
			s.found = append(s.found, slices.Clone(s.stack[at:]))
			s.stack = s.stack[:at]
			return
		}
	}
}
