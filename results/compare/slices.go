package compare

import (
	"slices"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
)

// width is how long a slice is: short, for there may be little time between two faults.
const width = 500 * time.Millisecond

// slice is a piece of the load of a run.
type slice struct {
	// Faults says that a fault may have been in force in some part of it.
	Faults bool
	// Answered counts the operations that were answered in it.
	Answered int
	// Took is how long they took, by kind; All is all kinds together.
	Took map[string]histogram
	All  histogram
}

// cutLoad cuts the load of a run into slices. Its first second is left out, in which
// connections are made. An operation belongs to the slice in which it was answered, by
// its success or by a mismatch, which is an answer too.
func cutLoad(run results.Run, h *history.History) []slice {
	from, to := loadOf(run, h)
	from += time.Second
	n := int((to - from) / width)
	if n <= 0 {
		return nil
	}
	all := make([]slice, n)
	took := make([]map[string][]time.Duration, n)
	for _, c := range h.Calls() {
		at := int((c.End - from) / width)
		if !answered(c) || c.Final || c.End < from || at >= n {
			continue
		}
		if took[at] == nil {
			took[at] = map[string][]time.Duration{}
		}
		took[at][c.F] = append(took[at][c.F], c.End-c.Start)
	}
	for i := range all {
		all[i].count(took[i])
	}
	markFaults(all, from, h.FaultSpans())
	return all
}

func answered(c history.Call) bool {
	return c.Type == history.OK || c.Type == history.Fail && c.Error == history.Mismatch
}

func (s *slice) count(took map[string][]time.Duration) {
	s.Took = map[string]histogram{}
	var all []time.Duration
	for kind, durations := range took {
		s.Took[kind] = newHistogram(durations)
		all = append(all, durations...)
	}
	s.All, s.Answered = newHistogram(all), len(all)
}

func markFaults(all []slice, from time.Duration, spans []history.FaultSpan) {
	for _, span := range spans {
		for i := max(0, int((span.Start-from)/width)); i < len(all); i++ {
			begins := from + time.Duration(i)*width
			if begins > span.End {
				break
			}
			all[i].Faults = all[i].Faults || begins+width > span.Start
		}
	}
}

// loadOf is when the clients worked under faults. A run of a version that did not note
// its phases has the time of its operations.
func loadOf(run results.Run, h *history.History) (from, to time.Duration) {
	at := slices.IndexFunc(run.Phases, func(p results.Phase) bool { return p.Name == "load" })
	if at >= 0 {
		return run.Phases[at].Start, run.Phases[at].End
	}
	first := slices.IndexFunc(h.Ops, func(op history.Op) bool { return op.Process != history.Nemesis })
	if first < 0 {
		return 0, 0
	}
	from = h.Ops[first].Time
	for i := range h.Ops {
		if op := &h.Ops[i]; op.Process != history.Nemesis && !op.Final {
			to = op.Time
		}
	}
	return from, to
}
