package explore

import (
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/sim/trace"
)

// Events are the steps that lead to a violation, event by event, with the violation
// at the end; nil if there are none. The numbers of operations are those in the
// Trace's History, to which the Verdict refers.
func (j *Judgement) Events() *trace.Trace {
	if j.Trace == nil || j.Trace.Nodes == nil {
		return nil
	}
	w := eventWriter{steps: j.Trace, trace: &trace.Trace{Clock: trace.Steps, Nodes: j.Trace.Nodes, Clients: j.Trace.Clients}}
	w.begin()
	for _, s := range j.Trace.Steps {
		w.at++
		w.step(s)
	}
	if j.Kind != SometimesKind {
		w.violation(j)
	}
	return w.trace
}

// eventWriter makes events of steps. Messages are told apart by numbers.
type eventWriter struct {
	steps *Trace
	trace *trace.Trace
	at    int
	// sent are the messages so far, by number; copies is how many are under way.
	sent   []Message
	copies []int
	// ops is how many operations' halves were written, open the number of each
	// process's last invocation.
	ops    int
	open   map[int]int
	last   trace.Event
	faults int
}

func (w *eventWriter) add(e trace.Event) {
	e.At = time.Duration(w.at)
	w.trace.Add(e)
}

func (w *eventWriter) begin() {
	w.open = make(map[int]int)
	w.halves(w.steps.Start.Ops)
	w.sends(w.steps.Start.Sent)
}

func (w *eventWriter) step(s Step) {
	switch s.Action {
	case Deliver:
		w.deliver(*s.Message)
	case Drop:
		w.underWay(*s.Message, func(n int) {
			w.copies[n]--
			w.add(trace.Event{Kind: trace.Drop, Node: s.Message.From, Peer: s.Message.To, Number: n, Text: "loss"})
		})
	case Duplicate:
		w.underWay(*s.Message, func(n int) { w.duplicate(*s.Message, n) })
	case Timeout:
		w.add(trace.Event{Kind: trace.Timer, Node: s.Node, Text: s.Timer})
	case Crash:
		w.add(trace.Event{Kind: trace.Crash, Node: s.Node})
	case Restart:
		w.add(trace.Event{Kind: trace.Restart, Node: s.Node})
	case Cut:
		w.faults++
		w.add(trace.Event{Kind: trace.Fault, Number: w.faults, Text: s.Label})
	case Heal:
		w.add(trace.Event{Kind: trace.Heal, Number: w.faults})
	}
	w.notes(s.Changes)
	w.halves(s.Ops)
	if s.Action != Duplicate {
		w.sends(s.Sent)
	}
}

// sends gives numbers to messages. What goes to nobody has no lane.
func (w *eventWriter) sends(all []Message) {
	for _, m := range all {
		if !slices.Contains(w.trace.Nodes, m.To) && !slices.Contains(w.trace.Clients, m.To) {
			continue
		}
		w.add(trace.Event{Kind: trace.Send, Node: m.From, Peer: m.To, Number: len(w.sent), Text: m.Text})
		w.sent, w.copies = append(w.sent, m), append(w.copies, 1)
	}
}

// deliver lets the oldest of equal messages arrive, or a further copy of the last
// one.
func (w *eventWriter) deliver(m Message) {
	if !w.underWay(m, func(n int) { w.arrive(m, n) }) {
		n := len(w.sent) - 1
		for w.sent[n] != m {
			n--
		}
		w.duplicate(m, n)
		w.arrive(m, n)
	}
}

func (w *eventWriter) arrive(m Message, n int) {
	w.copies[n]--
	w.add(trace.Event{Kind: trace.Deliver, Node: m.From, Peer: m.To, Number: n})
}

func (w *eventWriter) duplicate(m Message, n int) {
	w.copies[n]++
	w.add(trace.Event{Kind: trace.Duplicate, Node: m.From, Peer: m.To, Number: n})
}

// underWay does something with the oldest copy of a message that is under way, if
// there is one.
func (w *eventWriter) underWay(m Message, do func(n int)) bool {
	for n, sent := range w.sent {
		if sent == m && w.copies[n] > 0 {
			do(n)
			return true
		}
	}
	return false
}

// notes tells what has changed, node by node.
func (w *eventWriter) notes(changes []string) {
	for _, node := range w.trace.Nodes {
		var all []string
		for _, c := range changes {
			if text, its := strings.CutPrefix(c, node+": "); its {
				all = append(all, text)
			}
		}
		if len(all) > 0 {
			w.add(trace.Event{Kind: trace.Note, Node: node, Text: strings.Join(all, ", ")})
		}
	}
}

// halves are invocations and completions.
func (w *eventWriter) halves(ops []history.Op) {
	for _, op := range ops {
		e := trace.Event{Kind: trace.Complete, Node: w.trace.Clients[op.Process%len(w.trace.Clients)], Number: w.open[op.Process]}
		switch op.Type {
		case history.Invoke:
			e.Kind, e.Number = trace.Invoke, w.ops
			w.open[op.Process] = w.ops
		case history.OK:
			e.Outcome = trace.OK
		case history.Fail:
			e.Outcome = trace.Fail
		default:
			e.Outcome = trace.Info
		}
		e.Text = opText(op)
		w.add(e)
		w.last = e
		w.ops++
	}
}

// violation is the end: of a history, with the operation that came last.
func (w *eventWriter) violation(j *Judgement) {
	e := trace.Event{Kind: trace.Violation, Text: j.Name + ": " + j.Reason}
	if j.Kind == HistoryKind {
		e.Node, e.Number = w.last.Node, w.last.Number
	}
	w.add(e)
}
