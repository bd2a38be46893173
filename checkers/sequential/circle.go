package sequential

import (
	"context"
	"slices"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/session/trace"
)

// patience is how many links the search for the shortest circle looks at, at
// least one circle later. It is more than an ordinary run has.
const patience = 5_000_000

// findCircle looks for the shortest circle, given the nodes that are in none and
// after none.
func (f *forced) findCircle(order []int32) {
	core := f.core(order)
	left := patience
	for node, is := range core {
		if is && f.isOp(int32(node)) && (left > 0 || f.circle == nil) {
			if c := f.shortest(int32(node), core, &left); c != nil && (f.circle == nil || len(c) < len(f.circle)) {
				f.circle = c
			}
		}
	}
}

// core are the nodes that are in circles or between two of them.
func (f *forced) core(order []int32) []bool {
	core := make([]bool, f.nodes())
	after := make([]int32, f.nodes()) // how many links lead on within the core
	back := make([][]int32, f.nodes())
	for v := range core {
		core[v] = true
	}
	for _, v := range order {
		core[v] = false
	}
	for i := range f.links {
		if l := &f.links[i]; core[l.from] && core[l.to] {
			after[l.from]++
			back[l.to] = append(back[l.to], l.from)
		}
	}
	var ends []int32
	for v := range core {
		if core[v] && after[v] == 0 {
			ends = append(ends, int32(v))
		}
	}
	for len(ends) > 0 {
		v := ends[len(ends)-1]
		ends = ends[:len(ends)-1]
		core[v] = false
		for _, from := range back[v] {
			if after[from]--; after[from] == 0 {
				ends = append(ends, from)
			}
		}
	}
	return core
}

// shortest is the shortest circle from a node, or nil.
func (f *forced) shortest(start int32, core []bool, left *int) []link {
	return f.path(start, start, len(f.links), left, core)
}

// path is the shortest path from a node to another one, or back to itself, by
// links that were added before a certain one; or nil.
func (f *forced) path(start, end int32, until int, left *int, core []bool) []link {
	came := map[int32]int32{} // the link by which a node was reached
	queue := []int32{start}
	for n := 0; n < len(queue); n++ {
		for _, at := range f.from(queue[n]) {
			*left--
			to := f.links[at].to
			if _, known := came[to]; known || int(at) >= until || core != nil && !core[to] {
				continue
			}
			came[to] = at
			if to == end {
				return f.walk(start, end, came)
			}
			queue = append(queue, to)
		}
	}
	return nil
}

func (f *forced) walk(start, end int32, came map[int32]int32) []link {
	var links []link
	for at := end; ; {
		l := f.links[came[at]]
		links = append(links, l)
		if at = l.from; at == start {
			slices.Reverse(links)
			return links
		}
	}
}

// evidence are all operations that a circle rests on: those on its way, those that
// its links are about, and those on the paths that forced these links.
func (f *forced) evidence() []int32 {
	is := map[int32]bool{}
	open := slices.Clone(f.circle)
	expanded := map[[2]int32]bool{}
	for len(open) > 0 {
		l := open[len(open)-1]
		open = open[:len(open)-1]
		if l.why == program && !expanded[[2]int32{l.from, l.to}] {
			is[l.from], is[l.to] = true, true
			continue
		}
		for _, i := range []int32{l.from, l.to, l.earlier, l.latter, l.older, l.newer} {
			if i != trace.None && f.isOp(i) {
				is[i] = true
			}
		}
		for _, v := range []int32{l.older, l.newer, l.to, l.from - int32(f.versions())} {
			f.chainOf(v, is)
		}
		if pair := [2]int32{l.earlier, l.latter}; l.why == reached && !expanded[pair] {
			expanded[pair] = true
			without := patience
			open = append(open, f.path(l.earlier, l.latter, f.index(l), &without, nil)...)
		}
	}
	var ops []int32
	for i := range is {
		ops = append(ops, i)
	}
	return f.closed(ops)
}

// index is the place of a link among all.
func (f *forced) index(l link) int {
	return slices.IndexFunc(f.links, func(m link) bool { return l == m })
}

// chainOf adds the compare-and-sets that led to a version.
func (f *forced) chainOf(v int32, is map[int32]bool) {
	for v >= 0 && f.isOp(v) && f.trace.Ops[v].Kind == trace.CompareAndSet {
		was, known := f.found(&f.trace.Ops[v])
		if is[v] = true; !known || was == v || is[was] {
			return
		}
		v = was
	}
}

// closed adds to operations all that may have left what they found, and leaves
// out refused compare-and-sets: if the result has no order, neither has the whole.
func (f *forced) closed(ops []int32) []int32 { return closed(f.trace, ops) }

func closed(t *trace.Trace, ops []int32) []int32 {
	writers := map[int32][]int32{}
	for i := range t.Ops {
		if op := &t.Ops[i]; op.Changes() {
			writers[op.Left] = append(writers[op.Left], int32(i))
		}
	}
	is := map[int32]bool{}
	for len(ops) > 0 {
		i := ops[len(ops)-1]
		ops = ops[:len(ops)-1]
		if is[i] || t.Ops[i].Kind == trace.Mismatch {
			continue
		}
		is[i] = true
		if t.Ops[i].Finds() {
			ops = append(ops, writers[t.Ops[i].Found]...)
		}
	}
	var all []int32
	for i := range is {
		all = append(all, i)
	}
	slices.Sort(all)
	return all
}

// explainCircle puts a circle into words, if there is one. It is believed when the
// operations that it rests on have no order by themselves. They never have; but so
// nothing rests on the circle alone. That takes no time worth counting, so that
// the end of the budget does not hide what was found.
func (c checker) explainCircle(ctx context.Context, t *trace.Trace, f *forced) *checkers.Finding {
	if f.circle == nil {
		return nil
	}
	part := f.evidence()
	believing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if newProblem(t, part).search(believing, nil, c.Memory) != illegal {
		return nil
	}
	part, smallest := c.shrink(ctx, t, part)
	found := tell(t, part, smallest)
	return &found
}
