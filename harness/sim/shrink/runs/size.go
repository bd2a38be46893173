package runs

import (
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/sim"
	"github.com/assaykit/assay/harness/sim/trace"
)

// Size is how much there is to follow in a run, up to where it fails.
type Size struct {
	Nodes, Clients, Operations, Faults int
	// Messages are those with a fate of their own.
	Messages int
	// Events are those of the trace, 0 if there is none.
	Events int
}

func (s Size) String() string {
	text := fmt.Sprintf("%s, %s, %s, %s", checkers.Count(s.Nodes, "node"), checkers.Count(s.Clients, "client"),
		checkers.Count(s.Operations, "operation"), checkers.Count(s.Faults, "fault"))
	if s.Messages > 0 {
		text += fmt.Sprintf(", %s lost, late or repeated", checkers.Count(s.Messages, "message"))
	}
	if s.Events > 0 {
		text += fmt.Sprintf(", %s", checkers.Count(s.Events, "event"))
	}
	return text
}

// small says that a person can follow it.
func (s Size) small() bool {
	return s.Operations <= 12 && s.Faults <= 3 && s.Messages <= 3
}

// weight compares sizes: a fault is more to think about than an operation.
func (s Size) weight() int { return s.Operations + 3*s.Faults + s.Messages }

// SizeOf is the size of a run that happened. All clients' operations count, those
// after the violation too.
func SizeOf(o *sim.Outcome) Size {
	p := o.Explicit()
	s := Size{Nodes: p.Nodes, Operations: len(p.Operations) + len(p.Final), Messages: len(p.Messages)}
	clients := make(map[int]bool)
	for _, all := range [][]sim.Operation{p.Operations, p.Final} {
		for _, op := range all {
			clients[op.Client] = true
		}
	}
	s.Clients = len(clients)
	for _, op := range o.History.Ops {
		if op.Process == history.Nemesis && op.F == history.Inject && op.Type == history.Invoke {
			s.Faults++
		}
	}
	if o.Trace != nil {
		s.Events = len(o.Trace.Events)
		if at, ok := o.Trace.Violated(); ok {
			s.Events = at
		}
	}
	return s
}

// Mark marks in the run's trace where the violation is complete: when the last of
// the operations that contradict each other has ended.
func Mark(o *sim.Outcome) {
	f, ok := firstFinding(o.Verdict)
	if !ok || o.Trace == nil {
		return
	}
	at := len(o.Trace.Events) - 1
	v := trace.Event{Kind: trace.Violation, Text: f.Anomaly}
	if f.Key != "" {
		v.Text += " on " + f.Key
	}
	if last, ok := lastOf(o.Trace, f.Culprits); ok {
		at = last
		v.Node, v.Number = o.Trace.Events[at].Node, o.Trace.Events[at].Number
	}
	if at < 0 {
		return
	}
	v.At = o.Trace.Events[at].At
	events := append([]trace.Event{}, o.Trace.Events[:at+1]...)
	o.Trace.Events = append(append(events, v), o.Trace.Events[at+1:]...)
}

// lastOf is where the last of some operations ends, or begins if it does not end.
func lastOf(t *trace.Trace, operations []int) (at int, ok bool) {
	wanted := make(map[int]bool)
	for _, n := range operations {
		wanted[n] = true
	}
	for i, e := range t.Events {
		if (e.Kind == trace.Invoke || e.Kind == trace.Complete) && wanted[e.Number] {
			at, ok = i, true
		}
	}
	return at, ok
}
