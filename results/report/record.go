package report

import (
	"slices"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// record is a history as the report looks at it.
type record struct {
	// calls are the clients', in the order of their invocation.
	calls  []history.Call
	faults []fault
	// coverage sums them up.
	coverage []history.Coverage
	// start is when pictures of the run begin: with the first op, if what was before
	// would take up much of them.
	start time.Duration
	// end is the time of the last op.
	end time.Duration
	// ended are the times at which calls got their outcome, in order.
	ended map[history.Type][]time.Duration
	ops   []history.Op
}

// fault is what the nemesis did, from its injection to its healing.
type fault struct {
	history.FaultSpan
	// Number is its place among the run's faults, from 1.
	Number int
}

func look(h *history.History) record {
	r := lookAt(h)
	r.coverage = (&history.History{Ops: r.ops}).Coverage()
	return r
}

// lookAgain leaves out what the verdict has already: a million operations need not be
// counted twice.
func lookAgain(in Input) record {
	if in.Verdict.Faults == nil {
		return look(in.History)
	}
	r := lookAt(in.History)
	r.coverage = in.Verdict.Faults
	return r
}

func lookAt(h *history.History) record {
	if h == nil {
		h = &history.History{}
	}
	r := record{ops: h.Ops, calls: h.Calls(), ended: map[history.Type][]time.Duration{}}
	for _, op := range h.Ops {
		r.end = max(r.end, op.Time)
	}
	r.start = startOf(h, r.end)
	for _, c := range r.calls {
		r.ended[c.Type] = append(r.ended[c.Type], r.over(c))
	}
	for _, times := range r.ended {
		slices.Sort(times)
	}
	for i, span := range h.FaultSpans() {
		r.faults = append(r.faults, fault{FaultSpan: span, Number: i + 1})
	}
	return r
}

// startOf is the time of the first op. A set-up before it that is short beside the run
// is shown as well.
func startOf(h *history.History, end time.Duration) time.Duration {
	if len(h.Ops) == 0 {
		return 0
	}
	first := h.Ops[0].Time
	for _, op := range h.Ops {
		first = min(first, op.Time)
	}
	const much = 20 // a twentieth of the run
	if first < end/much {
		return 0
	}
	return first
}

// over is when the client stopped waiting: at the completion, also of a call
// whose effect may still come. A call without one is over when it begins.
func (r record) over(c history.Call) time.Duration {
	if c.Complete < 0 || c.Complete >= len(r.ops) {
		return c.Start
	}
	return r.ops[c.Complete].Time
}

// count is how many calls got that outcome from the one time to before the
// other.
func (r record) count(t history.Type, from, to time.Duration) int {
	times := r.ended[t]
	first, _ := slices.BinarySearch(times, from)
	last, _ := slices.BinarySearch(times, to)
	return max(0, last-first)
}

// until is when a fault was over, at the latest with the history.
func (r record) until(f fault) time.Duration { return min(f.End, max(r.end, f.Start)) }
