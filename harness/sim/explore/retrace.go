package explore

import (
	"fmt"
	"slices"
)

// way is the fingerprints of the states on the way to one, from an initial state.
func (q *search[V]) way(to uint64) []uint64 {
	way := []uint64{to}
	for {
		before, ok := q.set.Predecessor(way[len(way)-1])
		if !ok {
			break
		}
		way = append(way, before)
	}
	slices.Reverse(way)
	return way
}

// retrace walks the way again, which gives the steps. It also gives the state at
// the end.
func (q *search[V]) retrace(to uint64) (*Trace, V, error) {
	way := q.way(to)
	e := q.experts[0]
	at, ok := pick(q.initialStates(), way[0], func(item[V], act) string { return "" })
	if !ok {
		return nil, at.state, errLost
	}
	t := q.newTrace(at.state)
	for _, fingerprint := range way[1:] {
		from := at
		reached := q.successors(from)
		best := Step{}
		at, ok = pick(reached, fingerprint, func(to item[V], a act) string {
			s := e.describe(from.state, a, to.state)
			if best.Label == "" || s.Label < best.Label {
				best = s
			}
			return s.Label
		})
		if !ok {
			return nil, at.state, errLost
		}
		t.Steps = append(t.Steps, best)
	}
	t.End = lastState(t)
	return t, at.state, nil
}

func (q *search[V]) newTrace(start V) *Trace {
	t := &Trace{Start: q.experts[0].start(start), Loop: -1}
	t.Nodes, t.Clients = q.space.lanes()
	return t
}

func lastState(t *Trace) string {
	if n := len(t.Steps); n > 0 {
		return t.Steps[n-1].State
	}
	return t.Start.State
}

// errLost can only come of two states that have one fingerprint, or of a property
// or a Model that depends on more than the state.
var errLost = fmt.Errorf("the way to a violation cannot be walked again: the steps of a state are not the same each time, or two states have the same fingerprint")

// pick finds a state among those that were reached, by the smallest label.
func pick[V any](reached *out[V], fingerprint uint64, label func(item[V], act) string) (best item[V], found bool) {
	smallest := ""
	for i, r := range reached.records {
		if r.fingerprint != fingerprint {
			continue
		}
		if l := label(r, reached.acts[i]); !found || l < smallest {
			best, smallest, found = r, l, true
		}
	}
	return best, found
}

func (q *search[V]) initialStates() *out[V] {
	o := &out[V]{record: true}
	q.experts[0].initial(o)
	return o
}

func (q *search[V]) successors(of item[V]) *out[V] {
	o := &out[V]{record: true}
	q.experts[0].expand(of.state, of.fingerprint, o)
	return o
}
