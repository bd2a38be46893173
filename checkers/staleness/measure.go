package staleness

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/harness/history"
)

// Stale is a read that was certainly out of date.
type Stale struct {
	// Read, and the write that was the first to have certainly overwritten what it
	// found, are places among the trace's operations.
	Read, Overwrote int32
	// Age is for how long it had been overwritten, at least, and Versions by how
	// many writes.
	Age      time.Duration
	Versions int
	// since is when what was found was certainly there.
	since int
}

// Measured is how far behind the reads of a history were.
type Measured struct {
	// Reads is how many were measured. Unsound ones were not: they found what
	// nobody had written by then. For the Obscure ones, several writes can have
	// left what they found.
	Reads, Unsound, Obscure int
	// Stale are those that were out of date, in order of their invocations.
	Stale []Stale
}

// Measure measures all reads that were answered.
func Measure(h *history.History, t *trace.Trace) Measured {
	var m Measured
	for _, r := range registersOf(t) {
		m.measure(h, r)
	}
	slices.SortFunc(m.Stale, func(a, b Stale) int { return cmp.Compare(a.Read, b.Read) })
	return m
}

// register is one key: its writes that happened and its reads, in the order of
// their invocations.
type register struct {
	trace *trace.Trace
	key   int32
	// writes are the operations, and starts and dues their times. soonest is, for
	// each place, the write there or later that was certainly there first.
	writes, reads []int32
	starts, dues  []int
	soonest       []int32
	// writers are the operations that may have left each of the values that
	// several can have left, without those that were certainly there no later than
	// one before them.
	writers map[int32][]int32
}

func registersOf(t *trace.Trace) []*register {
	registers := make([]*register, len(t.Keys))
	for key := range registers {
		registers[key] = &register{trace: t, key: int32(key), writers: map[int32][]int32{}}
	}
	for i := range t.Ops {
		op, r := &t.Ops[i], registers[t.Ops[i].Key]
		if op.Finds() && op.Acknowledged {
			r.reads = append(r.reads, int32(i))
		}
		if op.Changes() && op.Certain {
			r.writes = append(r.writes, int32(i))
			r.starts, r.dues = append(r.starts, op.Start), append(r.dues, op.Due)
		}
		if op.Changes() && t.Values[op.Left].Writers > 1 {
			r.addWriter(int32(i))
		}
	}
	for _, r := range registers {
		r.soonest = make([]int32, len(r.writes))
		for i := len(r.writes) - 1; i >= 0; i-- {
			r.soonest[i] = int32(i)
			if next := i + 1; next < len(r.writes) && r.dues[r.soonest[next]] < r.dues[i] {
				r.soonest[i] = r.soonest[next]
			}
		}
	}
	return registers
}

// addWriter notes an operation that may have left a value.
func (r *register) addWriter(i int32) {
	op := &r.trace.Ops[i]
	before := r.writers[op.Left]
	if n := len(before); n == 0 || r.trace.Ops[before[n-1]].Due < op.Due {
		r.writers[op.Left] = append(before, i)
	}
}

// there is when what a read found was certainly there: -1 for the initial value,
// trace.Never if that is not certain of any time. It is not known if nobody can
// have written it.
func (r *register) there(read int32) (when int, known bool) {
	op := &r.trace.Ops[read]
	source, known := r.trace.Source(op.Found)
	switch {
	case known && source == trace.None:
		return -1, true
	case known:
		return r.trace.Ops[source].Due, true
	case r.trace.Values[op.Found].Unsound:
		return 0, false
	}
	writers := r.writers[op.Found]
	invoked := sort.Search(len(writers), func(i int) bool { return r.trace.Ops[writers[i]].Start > op.End })
	return r.trace.Ops[writers[invoked-1]].Due, true
}

// overwriter is the write that was the first to have certainly overwritten what
// was there at a time, if there is one.
func (r *register) overwriter(there int) (at int, found bool) {
	next := sort.SearchInts(r.starts, there+1)
	if there == trace.Never || next == len(r.starts) {
		return 0, false
	}
	return int(r.soonest[next]), true
}

func (m *Measured) measure(h *history.History, r *register) {
	first := len(m.Stale)
	for _, read := range r.reads {
		op := &r.trace.Ops[read]
		there, known := r.there(read)
		if !known {
			m.Unsound++
			continue
		}
		m.Reads++
		if _, plain := r.trace.Source(op.Found); !plain {
			m.Obscure++
		}
		if at, is := r.overwriter(there); is && r.dues[at] < op.Start {
			m.Stale = append(m.Stale, Stale{Read: read, Overwrote: r.writes[at], since: there,
				Age: h.Ops[op.Start].Time - h.Ops[r.dues[at]].Time})
		}
	}
	r.countVersions(m.Stale[first:])
}

// countVersions counts, for each stale read, the writes that were invoked after
// what it found was there, and were there before it was invoked. It goes through
// the reads and the writes in the order of time, and keeps the writes that are
// there by the order of their invocations, in a binary indexed tree (Fenwick, A
// New Data Structure for Cumulative Frequency Tables, 1994).
func (r *register) countVersions(stale []Stale) {
	if len(stale) == 0 {
		return
	}
	byDue := make([]int32, len(r.writes))
	for i := range byDue {
		byDue[i] = int32(i)
	}
	slices.SortFunc(byDue, func(a, b int32) int { return cmp.Compare(r.dues[a], r.dues[b]) })
	there := make([]int32, len(r.writes)+1)
	before, done := 0, 0
	for i := range stale { // reads come in the order of their invocations
		for ; done < len(byDue) && r.dues[byDue[done]] < r.trace.Ops[stale[i].Read].Start; done++ {
			for at := int(byDue[done]) + 1; at < len(there); at += at & -at {
				there[at]++
			}
			before++
		}
		older := 0
		for at := sort.SearchInts(r.starts, stale[i].since+1); at > 0; at -= at & -at {
			older += int(there[at])
		}
		stale[i].Versions = before - older
	}
}
