package weak_test

import (
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
	"github.com/assaykit/assay/checkers/rwregister/internal/weak"
)

// level is one of those that the package decides.
type level uint8

const (
	monotonicAtomicView level = iota
	readAtomic
	causal
)

var levels = [...]string{monotonicAtomicView: "monotonic atomic view", readAtomic: "read atomic", causal: "causal"}

// verdict is what a judge says of one level.
type verdict struct {
	demands      []weak.Demand
	unrepeatable []weak.Unrepeatable
	circular     bool
}

func ask(j *weak.Judge, l level) (v verdict) {
	switch l {
	case monotonicAtomicView:
		v.demands = j.MonotonicAtomicView()
	case readAtomic:
		v.demands, v.unrepeatable = j.ReadAtomic()
	case causal:
		var acyclic bool
		v.demands, acyclic = j.Causal()
		v.circular = !acyclic
	}
	return v
}

// kept says whether a level is kept, as the package says that this follows.
func (v verdict) kept(h *registers.History, l level) bool {
	return !v.circular && len(v.unrepeatable) == 0 && weak.Cycle(h, l == causal, v.demands) == nil
}

// possible says whether there is a commit order for a level. All are tried, and each is
// checked by the letter of the axioms.
func possible(h *registers.History, l level) bool {
	sees := flows(h, true).closure()
	var try func(order []int32) bool
	try = func(order []int32) bool {
		if len(order) == len(h.Txns) {
			return agrees(h, l, order) && right(h, l, order, sees)
		}
		for t := range h.Txns {
			if !slices.Contains(order, int32(t)) && try(append(order, int32(t))) {
				return true
			}
		}
		return false
	}
	return try([]int32{registers.Initial})
}

// agrees says whether an order is one of who read from whom, and at causal of sessions.
func agrees(h *registers.History, l level, order []int32) bool {
	for at, t := range order {
		txn := &h.Txns[t]
		if l == causal && !slices.Contains(order[:at], txn.After) && t != registers.Initial {
			return false
		}
		for _, r := range txn.Reads {
			if !slices.Contains(order[:at], r.From) {
				return false
			}
		}
	}
	return true
}

// right says whether in an order each writer of a key that a reader could see comes no
// later than the one that it read from.
func right(h *registers.History, l level, order []int32, sees distances) bool {
	for t := range h.Txns {
		for n, r := range h.Txns[t].Reads {
			for _, other := range order[slices.Index(order, r.From)+1:] {
				if h.Txns[other].Wrote(r.Key) && visible(h, l, other, int32(t), n, sees) {
					return false
				}
			}
		}
	}
	return true
}

// visible says whether a reader could see another transaction at its read n.
func visible(h *registers.History, l level, other, reader int32, n int, sees distances) bool {
	from := func(r registers.Read) bool { return r.From == other }
	reads := h.Txns[reader].Reads
	switch l {
	case monotonicAtomicView:
		return slices.ContainsFunc(reads[:n], from)
	case readAtomic:
		return slices.ContainsFunc(reads, from)
	}
	return sees[other][reader] < far
}

// distances are how many steps it takes at least from one transaction to another one, or
// back to itself.
type distances [][]int

// far is further than any distance there is.
const far = 1 << 20

// flows has a step from each transaction to those that read from it, and to the next in its
// session if that counts.
func flows(h *registers.History, sessions bool) distances {
	d := make(distances, len(h.Txns))
	for t := range d {
		d[t] = slices.Repeat([]int{far}, len(h.Txns))
	}
	for t := 1; t < len(h.Txns); t++ {
		for _, r := range h.Txns[t].Reads {
			d[r.From][t] = 1
		}
		if sessions {
			d[h.Txns[t].After][t] = 1
		}
	}
	// The initial state is no transaction that anybody has seen or comes after.
	d[registers.Initial] = slices.Repeat([]int{far}, len(h.Txns))
	return d
}

// demanded adds a step for each demand, and those from the initial state, which comes
// before all.
func (d distances) demanded(demands []weak.Demand) distances {
	for _, demand := range demands {
		d[demand.Before][demand.After] = 1
	}
	for t := 1; t < len(d); t++ {
		d[registers.Initial][t] = 1
	}
	return d
}

// closure has the distances of any number of steps (Floyd, Shortest Path, 1962).
func (d distances) closure() distances {
	for between := range d {
		for from := range d {
			for to := range d {
				d[from][to] = min(d[from][to], d[from][between]+d[between][to])
			}
		}
	}
	return d
}

// shortest is the length of a shortest cycle, or far.
func (d distances) shortest() int {
	best := far
	for t := range d {
		best = min(best, d[t][t])
	}
	return best
}

// The oracle's own answers about histories so small that they can be seen at a glance.
func TestTheOracleKnowsTheSimplestHistories(t *testing.T) {
	for _, c := range []struct {
		text string
		want [3]bool
	}{
		{"", [3]bool{true, true, true}},
		{"A x!; B x=A", [3]bool{true, true, true}},
		{"A x! y=B; B y! x=A", [3]bool{}},
		{"A x!; B x=A x=-", [3]bool{}},
		{"A x!; B x=- x=A", [3]bool{true, false, false}},
		{"A@1 x!; B@1 x=-", [3]bool{true, true, false}},
		{"A@1? x!; B@1 x=-", [3]bool{true, true, true}},
	} {
		s := read(t, c.text)
		for l, name := range levels {
			if got := possible(s.History, level(l)); got != c.want[l] {
				t.Errorf("%q, %s: %t", c.text, name, got)
			}
		}
	}
}
