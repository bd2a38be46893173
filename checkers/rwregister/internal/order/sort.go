package order

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

// sort puts the moments into an order that agrees with the arcs, or returns false. Of
// those that may come next the one with the smallest wish does; without wishes, any.
func (p *problem) sort(wish []int32) bool {
	missing := make([]int32, len(p.arcs))
	for _, arcs := range p.arcs {
		for _, a := range arcs {
			missing[a.to]++
		}
	}
	ready := &queue{wish: wish}
	for m := range missing {
		if missing[m] == 0 {
			ready.push(int32(m))
		}
	}
	order := make([]int32, 0, len(p.arcs))
	for ready.Len() > 0 {
		m := ready.pop()
		order = append(order, m)
		for _, a := range p.arcs[m] {
			if missing[a.to]--; missing[a.to] == 0 {
				ready.push(a.to)
			}
		}
	}
	if len(order) < len(p.arcs) {
		return false
	}
	p.order = order
	p.rank = make([]int32, len(order))
	for at, m := range order {
		p.rank[m] = int32(at)
	}
	return true
}

// queue has the moments that may come next.
type queue struct {
	wish    []int32
	moments []int32
}

func (q *queue) Len() int           { return len(q.moments) }
func (q *queue) Less(i, j int) bool { return q.wish[q.moments[i]] < q.wish[q.moments[j]] }
func (q *queue) Swap(i, j int)      { q.moments[i], q.moments[j] = q.moments[j], q.moments[i] }
func (q *queue) Push(m any)         { q.moments = append(q.moments, m.(int32)) }
func (q *queue) Pop() any {
	last := q.moments[len(q.moments)-1]
	q.moments = q.moments[:len(q.moments)-1]
	return last
}

func (q *queue) push(m int32) {
	if q.wish == nil {
		q.moments = append(q.moments, m)
		return
	}
	heap.Push(q, m)
}

func (q *queue) pop() int32 {
	if q.wish == nil {
		return q.Pop().(int32)
	}
	return heap.Pop(q).(int32)
}

// wishes are where moments would come if transactions took effect as soon as they
// were invoked, or else only when they were done.
func (p *problem) wishes(early bool) []int32 {
	wish := make([]int32, len(p.arcs)) // moments between transactions come at once
	for t := 1; t < len(p.h.Txns); t++ {
		txn := &p.h.Txns[t]
		at := txn.Invoke
		if !early && txn.Complete != registers.Never {
			at = txn.Complete
		}
		wish[p.end(int32(t))] = at
		if p.apart() {
			wish[p.begin(int32(t))] = txn.Invoke
		}
	}
	return wish
}

// guess sorts by time, lets the chains of all keys come in that order, and says
// whether that is right.
func (p *problem) guess(early bool) bool {
	if !p.sort(p.wishes(early)) {
		return false
	}
	counts := make([]int, len(p.arcs))
	for m := range p.arcs {
		counts[m] = len(p.arcs[m])
	}
	for n := range p.keys {
		k := &p.keys[n]
		chains := slices.Clone(k.chains[1:])
		slices.SortFunc(chains, func(a, b chain) int {
			return cmp.Compare(p.rank[p.overwriting(a.head)], p.rank[p.overwriting(b.head)])
		})
		for i := 1; i < len(chains); i++ {
			p.put(k, &chains[i-1], &chains[i], -1)
		}
	}
	right := p.sort(nil)
	for m := range p.arcs {
		p.arcs[m] = p.arcs[m][:counts[m]]
	}
	return right
}
