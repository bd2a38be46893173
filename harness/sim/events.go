package sim

import (
	"fmt"
	"strings"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/sim/trace"
	"github.com/assaykit/assay/harness/sim/world"
)

func newTrace(p Plan) *trace.Trace {
	t := &trace.Trace{Clock: trace.Time}
	for i := range p.Nodes {
		t.Nodes = append(t.Nodes, fmt.Sprint("n", i+1))
	}
	for i := range max(p.Clients, p.Nodes) {
		t.Clients = append(t.Clients, world.Lane(i))
	}
	t.Clients = append(t.Clients, world.Observer)
	return t
}

// recording notes where in the trace an op of the history belongs.
func (s *simulation) recording() {
	if t := s.outcome.Trace; t != nil {
		s.recorded = append(s.recorded, mark{len(t.Events), s.time.Elapsed()})
	}
}

// mergeHistory puts what clients and the nemesis did into the trace.
func (s *simulation) mergeHistory() {
	t := s.outcome.Trace
	if t == nil {
		return
	}
	clients := max(s.plan.Clients, s.plan.Nodes)
	merged := make([]trace.Event, 0, len(t.Events)+len(s.recorded))
	done := 0
	invoked := map[int]int{}
	for i, m := range s.recorded {
		if i >= len(s.outcome.History.Ops) {
			break
		}
		merged = append(merged, t.Events[done:m.at]...)
		done = m.at
		if e, some := eventOf(&s.outcome.History.Ops[i], clients, invoked); some {
			e.At = m.moment
			merged = append(merged, e)
		}
	}
	t.Events = append(merged, t.Events[done:]...)
}

// eventOf is an op of the history as an event. Invoked has the number of what
// each process does.
func eventOf(op *history.Op, clients int, invoked map[int]int) (trace.Event, bool) {
	if op.Process == history.Nemesis {
		return faultOf(op)
	}
	e := trace.Event{Node: world.Lane(op.Process % clients), Number: op.Index}
	if op.Type == history.Invoke {
		invoked[op.Process] = op.Index
		e.Kind, e.Text = trace.Invoke, strings.TrimSpace(op.F+" "+op.Key+" "+text(op.Value))
		return e, true
	}
	e.Kind, e.Number, e.Text = trace.Complete, invoked[op.Process], text(op.Value)
	switch op.Type {
	case history.OK:
		e.Outcome = trace.OK
	case history.Fail:
		e.Outcome, e.Text = trace.Fail, op.Error
	default:
		e.Outcome, e.Text = trace.Info, op.Error
	}
	return e, true
}

func text(v history.Value) string {
	if v.IsNil() {
		return ""
	}
	line, err := v.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return string(line)
}

// faultOf is a fault when it begins to strike, and when it is healed.
func faultOf(op *history.Op) (trace.Event, bool) {
	switch {
	case op.Fault == nil:
	case op.F == history.Inject && op.Type == history.Invoke:
		return trace.Event{Kind: trace.Fault, Number: op.Fault.ID, Nodes: op.Fault.Nodes, Text: op.Fault.Name + " " + op.Fault.Detail}, true
	case op.F == history.Heal && op.Type == history.OK:
		return trace.Event{Kind: trace.Heal, Number: op.Fault.ID}, true
	}
	return trace.Event{}, false
}
