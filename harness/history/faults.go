package history

import "time"

// What the nemesis does: the F of its ops. Inject and Heal are about one fault;
// the others are about the whole cluster, and say in their Value what they saw. What
// clocks showed is told by Clocks.
const (
	Inject = "inject"
	Heal   = "heal"
	// Reapply: a node was started again while a fault was in force that has to
	// hold there too. It names the fault and completes OK once that was seen.
	Reapply = "reapply"
	// Missed: something was asked for that never happened; it completes Info, with the
	// reason.
	Missed = "missed"
	// Crashed: a node was found dead that no fault had killed.
	Crashed = "crashed"
	// Restore: everything was put right after the last fault.
	Restore = "restore"
	// Ready: clients can use the cluster again.
	Ready = "ready"
)

// FaultSpan is a fault from its injection to its end.
type FaultSpan struct {
	Fault Fault
	// Start is when its injection began: it may have been in force from then on.
	Start time.Duration
	// Injected is when the injection was over, Never if that is not known.
	Injected time.Duration
	// Verified says that the fault was seen in effect.
	Verified bool
	// HealStart is when healing began, Never if it did not.
	HealStart time.Duration
	// End is when the fault was seen to be gone, Never if it was not: it may
	// have been in force until the end of the run.
	End time.Duration
	// Healed says that the fault was seen to be gone, or certainly never was.
	Healed bool
	// Error says why it was not verified or not healed; the last reason counts.
	Error string
	// Ops are the indexes of the fault's ops.
	Ops []int
}

// FaultSpans are the faults of the history in the order of their injections.
func (h *History) FaultSpans() []FaultSpan {
	var spans []FaultSpan
	place := map[int]int{} // fault's ID -> its span
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Process != Nemesis || op.Fault == nil || op.F != Inject && op.F != Heal {
			continue
		}
		at, known := place[op.Fault.ID]
		if !known {
			at = len(spans)
			place[op.Fault.ID] = at
			spans = append(spans, FaultSpan{Fault: *op.Fault, Start: op.Time, Injected: Never, HealStart: Never, End: Never})
		}
		spans[at].add(op, i)
	}
	return spans
}

func (s *FaultSpan) add(op *Op, at int) {
	s.Ops = append(s.Ops, at)
	switch {
	case op.F == Inject && op.Type != Invoke:
		s.injected(op)
	case op.F == Heal && op.Type == Invoke:
		s.HealStart = min(s.HealStart, op.Time)
	case op.F == Heal && op.Type == OK:
		s.End, s.Healed, s.Error = op.Time, true, ""
	case op.F == Heal:
		s.Error = op.Error
	}
}

func (s *FaultSpan) injected(op *Op) {
	s.Injected, s.Verified, s.Error = op.Time, op.Type == OK, op.Error
	if op.Type == Fail {
		s.End, s.Healed = op.Time, true
	}
}
