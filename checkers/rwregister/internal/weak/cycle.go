package weak

import "github.com/assaykit/assay/checkers/rwregister/internal/registers"

// graph has who comes before whom: who is read from, who is earlier in the session,
// and what is demanded.
type graph struct {
	to   []int32
	ends []int32
}

func (g *graph) of(t int32) []int32 {
	if t == 0 {
		return g.to[:g.ends[0]]
	}
	return g.to[g.ends[t-1]:g.ends[t]]
}

func newGraph(h *registers.History, sessions bool, demands []Demand) *graph {
	next := make([]int32, len(h.Txns)+1)
	edges(h, sessions, demands, func(from, _ int32) { next[from+1]++ })
	for t := range h.Txns {
		next[t+1] += next[t]
	}
	g := &graph{to: make([]int32, next[len(h.Txns)]), ends: next[:len(h.Txns)]}
	edges(h, sessions, demands, func(from, to int32) {
		g.to[next[from]] = to
		next[from]++
	})
	return g
}

func edges(h *registers.History, sessions bool, demands []Demand, add func(from, to int32)) {
	for t := range h.Txns {
		for _, r := range h.Txns[t].Reads {
			if r.From != registers.Initial {
				add(r.From, int32(t))
			}
		}
		if after := h.Txns[t].After; sessions && after != registers.Initial {
			add(after, int32(t))
		}
	}
	for _, d := range demands {
		add(d.Before, d.After)
		if d.After == registers.Initial {
			add(registers.Initial, d.Before) // as it comes before all
		}
	}
}

// Cycle is a shortest cycle of transactions each of which comes before the next one,
// and the last before the first, or nil. sessions says whether their order counts. Where
// more than mostTried transactions come before each other, there may be a shorter one.
func Cycle(h *registers.History, sessions bool, demands []Demand) []int32 {
	g := newGraph(h, sessions, demands)
	var best []int32
	for _, component := range g.components() {
		if c := g.shortest(component); best == nil || len(c) < len(best) {
			best = c
		}
	}
	return best
}

// Path is a shortest way from one transaction to another one, each step of which is that
// the later one read from the earlier one or came next in its session.
func Path(h *registers.History, from, to int32) []int32 {
	g := newGraph(h, true, nil)
	parents := map[int32]int32{}
	queue := []int32{from}
	for n := 0; n < len(queue); n++ {
		for _, next := range g.of(queue[n]) {
			if _, known := parents[next]; known || next == from {
				continue
			}
			parents[next] = queue[n]
			if queue = append(queue, next); next == to {
				return path(parents, from, to)
			}
		}
	}
	return nil
}

// mostTried is from how many transactions of a component cycles are looked for.
const mostTried = 200

func (g *graph) shortest(component []int32) (best []int32) {
	parents := map[int32]int32{}
	for _, start := range component[:min(len(component), mostTried)] {
		if c := g.from(start, parents); best == nil || len(c) > 0 && len(c) < len(best) {
			best = c
		}
		if len(best) == 2 {
			break
		}
	}
	return best
}

// from is a shortest cycle through a transaction, which must be on one.
func (g *graph) from(start int32, parents map[int32]int32) []int32 {
	clear(parents)
	queue := []int32{start}
	for n := 0; n < len(queue); n++ {
		for _, to := range g.of(queue[n]) {
			if to == start {
				return path(parents, start, queue[n])
			}
			if _, known := parents[to]; !known {
				parents[to] = queue[n]
				queue = append(queue, to)
			}
		}
	}
	return nil
}

func path(parents map[int32]int32, start, end int32) []int32 {
	var back []int32
	for at := end; at != start; at = parents[at] {
		back = append(back, at)
	}
	cycle := []int32{start}
	for n := len(back) - 1; n >= 0; n-- {
		cycle = append(cycle, back[n])
	}
	return cycle
}

// components are the strongly connected ones of several transactions (Tarjan, Depth-
// First Search and Linear Graph Algorithms, 1972), without recursion.
func (g *graph) components() [][]int32 {
	n := len(g.ends)
	var found [][]int32
	index, low := make([]int32, n), make([]int32, n)
	at := make([]int32, n) // how far the edges were followed
	onStack := make([]bool, n)
	var stack, path []int32
	next := int32(0)
	for root := range n {
		if index[root] != 0 {
			continue
		}
		for path = append(path[:0], int32(root)); len(path) > 0; {
			t := path[len(path)-1]
			if index[t] == 0 {
				next++
				index[t], low[t] = next, next
				stack, onStack[t] = append(stack, t), true
			}
			if to := g.of(t); int(at[t]) < len(to) {
				child := to[at[t]]
				at[t]++
				switch {
				case index[child] == 0:
					path = append(path, child)
				case onStack[child]:
					low[t] = min(low[t], index[child])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				parent := path[len(path)-1]
				low[parent] = min(low[parent], low[t])
			}
			if low[t] != index[t] {
				continue
			}
			from := len(stack) - 1
			for stack[from] != t {
				from--
			}
			for _, member := range stack[from:] {
				onStack[member] = false
			}
			if len(stack)-from > 1 {
				found = append(found, append([]int32(nil), stack[from:]...))
			}
			stack = stack[:from]
		}
	}
	return found
}
