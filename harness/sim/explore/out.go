package explore

import (
	"sync/atomic"

	"github.com/assaykit/assay/harness/sim/explore/internal/visited"
)

// item is a state in a frontier.
type item[V any] struct {
	fingerprint uint64
	state       V
}

// blockSize is how many states a goroutine takes from a level at a time.
const blockSize = 256

// out is where an expander hands over the states that it reaches. It belongs to
// one goroutine.
type out[V any] struct {
	session visited.Session
	exact   *exactSet[V]
	judge   func(V, *out[V])
	// from is the state whose successors are reached, and way how they are.
	from, way uint64
	// at is the state that was handed over last.
	at        uint64
	generated int
	next      [][]item[V]
	findings  []finding
	// shown are the properties of which something was found on earlier levels.
	shown []bool
	// undecided are the properties about which a state could not be judged.
	undecided []bool
	problem   *problem
	// record collects everything that is reached instead, for a trace.
	record  bool
	acts    []act
	records []item[V]
	pending act
	// bounded is set if something lies beyond a boundary, and is not reached.
	bounded bool
	// total is the search's own count, which is up to date only now and then.
	total *atomic.Int64
}

// finding is what one goroutine found about a property: the violations (or, of
// Sometimes, the examples), the one with the smallest fingerprint to show.
type finding struct {
	count int
	first uint64
}

func (f *finding) add(fingerprint uint64) {
	if f.count++; f.count == 1 || fingerprint < f.first {
		f.first = fingerprint
	}
}

func (f *finding) merge(g finding) {
	if g.count == 0 {
		return
	}
	if f.count == 0 || g.first < f.first {
		f.first = g.first
	}
	f.count += g.count
}

// problem is something that ends the search: an actor that cannot be explored, or
// that panics, and the state in which it was found out.
type problem struct {
	at  uint64
	act act
	err error
}

// worse prefers the problem in the smallest state, so that it does not depend on
// who came first.
func (p *problem) worse(q *problem) bool {
	return q == nil || p.at < q.at || p.at == q.at && p.err.Error() < q.err.Error()
}

func (o *out[V]) fail(a act, err error) {
	if p := (&problem{o.from, a, err}); p.worse(o.problem) {
		o.problem = p
	}
}

// expanding says whose successors come next, and on which level they are.
func (o *out[V]) expanding(fingerprint uint64, level int) {
	o.from, o.way = fingerprint, visited.Way(level, fingerprint)
}

// reach says that a state is reached, in so many steps that look alike. If it is
// wanted, it is to be handed over to keep.
func (o *out[V]) reach(fingerprint uint64, a act, times int) (wanted bool) {
	if o.record {
		o.pending = a
		return true
	}
	o.generated += times
	return o.session.Add(fingerprint, o.way) || o.exact != nil
}

// keep takes a state that is new.
func (o *out[V]) keep(fingerprint uint64, v V) {
	if o.record {
		o.acts = append(o.acts, o.pending)
		o.records = append(o.records, item[V]{fingerprint, v})
		return
	}
	if o.exact != nil && !o.exact.add(fingerprint, v) {
		return
	}
	o.at = fingerprint
	o.push(item[V]{fingerprint, v})
	o.judge(v, o)
}

func (o *out[V]) push(i item[V]) {
	last := len(o.next) - 1
	if last < 0 || len(o.next[last]) == blockSize {
		o.next = append(o.next, make([]item[V], 0, blockSize))
		last++
	}
	o.next[last] = append(o.next[last], i)
}

// found tells that a property is violated in the state that was handed over last,
// or that it is an example of it.
func (o *out[V]) found(property int) { o.findings[property].add(o.at) }

// flush adds to the search's count of generated states.
func (o *out[V]) flush() {
	o.total.Add(int64(o.generated))
	o.generated = 0
}
