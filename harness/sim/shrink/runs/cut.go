package runs

import (
	"slices"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/sim"
)

// cutAtViolation tries to end the run when the violation is complete.
func cutAtViolation(s *search) {
	f, _ := firstFinding(s.Outcome.Verdict)
	end, atTheEnd, ok := ended(s.Outcome.History, f.Culprits)
	if !ok || atTheEnd {
		return
	}
	at := end - loadBegan(s.Outcome)
	p := s.Best
	p.Final = []sim.Operation{}
	p.Operations = slices.DeleteFunc(slices.Clone(p.Operations), func(o sim.Operation) bool { return o.At > at })
	p.Time = min(p.Time, at+time.Millisecond)
	p = withFaults(p, slices.DeleteFunc(faults(p), func(f fault) bool { return f.At > at }))
	s.Try(p)
}

// ended is when the last of some operations ended, and whether it is one of the
// final ones.
func ended(h *history.History, invocations []int) (end time.Duration, final, ok bool) {
	for _, c := range h.Calls() {
		if !slices.Contains(invocations, c.Invoke) {
			continue
		}
		ok, final = true, final || c.Final
		end = max(end, c.Start)
		if c.End != history.Never {
			end = max(end, c.End)
		}
	}
	return end, final, ok
}

// loadBegan is the moment from which the times of operations count.
func loadBegan(o *sim.Outcome) time.Duration {
	operations := o.Explicit().Operations
	first := slices.IndexFunc(o.History.Ops, func(op history.Op) bool { return op.Process != history.Nemesis })
	if first < 0 || len(operations) == 0 {
		return 0
	}
	return o.History.Ops[first].Time - operations[0].At
}

// onlyWitness tries to do with the operations that the finding names, or with those
// on its key.
func onlyWitness(s *search) {
	f, _ := firstFinding(s.Outcome.Verdict)
	named := witness(s.Outcome, append(slices.Clone(f.Culprits), f.Context...))
	if len(named) > 0 && s.Try(withOperations(s.Best, named)) || f.Key == "" {
		return
	}
	s.Try(withOperations(s.Best, slices.DeleteFunc(slices.Clone(s.Best.Operations), func(o sim.Operation) bool { return o.Key != f.Key })))
}

// witness are the plan's operations behind invocations of the history. Clients begin
// their operations in the order of the plan.
func witness(o *sim.Outcome, invocations []int) []sim.Operation {
	operations := o.Explicit().Operations
	var found []sim.Operation
	next := 0
	for _, op := range o.History.Ops {
		if op.Process == history.Nemesis || op.Type != history.Invoke || op.Final {
			continue
		}
		if next < len(operations) && slices.Contains(invocations, op.Index) {
			found = append(found, operations[next])
		}
		next++
	}
	return found
}
