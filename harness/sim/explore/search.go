package explore

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/assaykit/assay/harness/sim/explore/internal/visited"
)

// search is one search through a space.
type search[V any] struct {
	space   space[V]
	options Options
	began   time.Time
	set     *visited.Set
	exact   *exactSet[V]
	outs    []*out[V]
	experts []expander[V]

	generated atomic.Int64
	depth     atomic.Int64
	// ended is why the search stopped before its end; nil if it did not.
	ended    atomic.Pointer[string]
	findings []finding
	problem  *problem
	// cut is set if there were states whose successors were not visited.
	cut atomic.Bool
}

// run searches a space and concludes.
func run[V any](ctx context.Context, s space[V], o Options) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	q := newSearch(s, o)
	stop := q.watch(ctx)
	q.begin()
	if o.Search == DepthFirst {
		q.depthFirst()
	} else {
		q.breadthFirst()
	}
	stop()
	return q.conclude(ctx)
}

func (o Options) check() error {
	switch {
	case o.Search != BreadthFirst && o.Search != DepthFirst:
		return fmt.Errorf("search %d is neither breadth first nor depth first", o.Search)
	case o.Search == DepthFirst && o.MaxDepth > 0:
		return fmt.Errorf("a depth-first search with a limit of depth would miss states that it first saw at that depth: search breadth first")
	case min(o.MaxStates, o.MaxDepth, o.MaxMemory, o.Workers) < 0:
		return fmt.Errorf("limits and workers cannot be negative")
	}
	return nil
}

func newSearch[V any](s space[V], o Options) *search[V] {
	workers := cmp.Or(o.Workers, runtime.GOMAXPROCS(0))
	if o.Search == DepthFirst {
		workers = 1
	}
	q := &search[V]{space: s, options: o, began: time.Now(), set: visited.New(workers), findings: make([]finding, len(s.judged()))}
	for range workers {
		q.experts = append(q.experts, s.expander())
	}
	if o.Exact {
		q.exact = newExactSet(q.experts[0].identity)
	}
	for _, e := range q.experts {
		q.outs = append(q.outs, &out[V]{exact: q.exact, judge: e.judge, total: &q.generated, findings: make([]finding, len(q.findings)), shown: make([]bool, len(q.findings)), undecided: make([]bool, len(q.findings))})
	}
	return q
}

// end stops the search for a reason, the first one that there is.
func (q *search[V]) end(reason string) { q.ended.CompareAndSwap(nil, &reason) }

func (q *search[V]) over() bool { return q.ended.Load() != nil }

// begin visits the initial states.
func (q *search[V]) begin() {
	o := q.outs[0]
	o.session = q.set.Open()
	o.expanding(0, 0)
	q.experts[0].initial(o)
	o.session.Close()
	o.flush()
	if len(o.next) > 0 {
		q.depth.Store(1)
	}
	q.gather()
}

// gather takes together what was found since the last time. Of each property the
// first example stays: later ones are no closer to the start.
func (q *search[V]) gather() {
	for i := range q.findings {
		var latest finding
		for _, o := range q.outs {
			latest.merge(o.findings[i])
			o.findings[i] = finding{}
		}
		if q.findings[i].count > 0 {
			latest.first = q.findings[i].first
		}
		q.findings[i] = finding{q.findings[i].count + latest.count, latest.first}
		for _, o := range q.outs {
			o.shown[i] = q.findings[i].count > 0
		}
	}
	for _, o := range q.outs {
		if o.problem != nil && o.problem.worse(q.problem) {
			q.problem = o.problem
		}
	}
	switch {
	case q.problem != nil:
		q.end("a problem")
	case !q.options.Exhaust && q.violated():
		q.end("a violation was found")
	}
}

// violated says that something bad was seen, rather than something hoped for.
func (q *search[V]) violated() bool {
	for i, p := range q.space.judged() {
		if (p.kind == AlwaysKind || p.kind == HistoryKind) && q.findings[i].count > 0 {
			return true
		}
	}
	return false
}

// breadthFirst visits level after level. All states of a level are visited before
// the search can end because of what was found on it.
func (q *search[V]) breadthFirst() {
	for level := q.frontier(); len(level) > 0; {
		if q.over() {
			q.cut.Store(true)
			return
		}
		depth := int(q.depth.Load())
		if depth == q.options.MaxDepth {
			q.cut.Store(true)
			q.end(fmt.Sprintf("at the limit of depth %d", depth))
			return
		}
		q.visit(level, depth)
		q.gather()
		if level = q.frontier(); len(level) > 0 {
			q.depth.Store(int64(depth + 1))
		}
	}
}

// frontier takes the blocks of the next level from all goroutines.
func (q *search[V]) frontier() [][]item[V] {
	var level [][]item[V]
	for _, o := range q.outs {
		level = append(level, o.next...)
		o.next = nil
	}
	return level
}

// visit expands a level, whose states are so deep.
func (q *search[V]) visit(level [][]item[V], depth int) {
	var next atomic.Int64
	var working sync.WaitGroup
	for i := range min(len(q.outs), len(level)) {
		working.Go(func() {
			for {
				at := int(next.Add(1)) - 1
				if at >= len(level) {
					return
				}
				q.expandBlock(i, level[at], depth)
				level[at] = nil
			}
		})
	}
	working.Wait()
}

// expandBlock expands some states. If the search is over for a reason from
// outside, they are left.
func (q *search[V]) expandBlock(worker int, block []item[V], depth int) {
	if q.over() {
		q.cut.Store(true)
		return
	}
	o := q.outs[worker]
	o.session = q.set.Open()
	for _, s := range block {
		o.expanding(s.fingerprint, depth)
		q.experts[worker].expand(s.state, s.fingerprint, o)
	}
	o.session.Close()
	o.flush()
	q.checkStates()
}

func (q *search[V]) checkStates() {
	if limit := q.options.MaxStates; limit > 0 && q.set.Len() >= limit {
		q.end(fmt.Sprintf("at the limit of %d states", limit))
	}
}

// depthFirst follows each way to its end. The way back is not remembered: the
// trace of a violation is the way by which it was found.
func (q *search[V]) depthFirst() {
	o, e := q.outs[0], q.experts[0]
	type step struct {
		item[V]
		depth int
	}
	var stack []step
	push := func(depth int) {
		for _, block := range q.frontier() {
			for _, i := range block {
				stack = append(stack, step{i, depth})
			}
		}
	}
	for push(1); len(stack) > 0; {
		if q.over() {
			q.cut.Store(true)
			return
		}
		last := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		q.depth.Store(max(q.depth.Load(), int64(last.depth)))
		o.session = q.set.Open()
		o.expanding(last.fingerprint, last.depth)
		e.expand(last.state, last.fingerprint, o)
		o.session.Close()
		o.flush()
		q.gather()
		q.checkStates()
		push(last.depth + 1)
	}
}
