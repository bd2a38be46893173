// Package diagram makes of the steps that an exploration found the events that a
// sequence diagram is drawn from. It invents nothing: what a step does not say is not
// in the events.
package diagram

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/sim/explore"
	"github.com/assaykit/assay/harness/sim/trace"
)

// Events are the steps of a run, each at the moment that is its number, and at the end
// that the promise is broken.
func Events(steps *explore.Trace, broken string) *trace.Trace {
	w := writer{out: &trace.Trace{Clock: trace.Steps}, waits: map[string]uint64{}, operations: map[uint64]int{}}
	w.step(steps.Start)
	for i, s := range steps.Steps {
		w.at = time.Duration(i + 1)
		w.step(s)
	}
	w.add(trace.Event{Kind: trace.Violation, Text: broken})
	slices.Sort(w.out.Nodes)
	slices.Sort(w.out.Clients)
	return w.out
}

// writer writes events.
type writer struct {
	out *trace.Trace
	at  time.Duration
	// sent are the messages under way with their numbers, last is the last number.
	sent []numbered
	last int
	// waits is, by client, the request that it waits for, and operations are the
	// numbers of requests as operations.
	waits      map[string]uint64
	operations map[uint64]int
	faults     int
}

type numbered struct {
	explore.Message
	number int
}

func (w *writer) add(e trace.Event) {
	e.At = w.at
	w.out.Add(e)
}

func (w *writer) step(s explore.Step) {
	w.cause(s)
	for _, m := range s.Sent {
		if s.Action != explore.Duplicate {
			w.send(m)
		}
	}
	w.note(s.Changes)
}

// mostChanges is how many a note tells of.
const mostChanges = 3

// note tells what became of each node, in one note for it.
func (w *writer) note(changes []string) {
	for _, node := range slices.Clone(w.out.Nodes) {
		var of []string
		for _, c := range changes {
			if text, ok := strings.CutPrefix(c, node+": "); ok {
				of = append(of, text)
			}
		}
		if more := len(of) - mostChanges; more > 0 {
			of = append(of[:mostChanges], fmt.Sprintf("%d more", more))
		}
		if len(of) > 0 {
			w.add(trace.Event{Kind: trace.Note, Node: node, Text: strings.Join(of, ", ")})
		}
	}
}

// cause is what made the step.
func (w *writer) cause(s explore.Step) {
	switch s.Action {
	case explore.Deliver:
		w.deliver(*s.Message)
	case explore.Drop:
		m := w.take(*s.Message)
		w.add(trace.Event{Kind: trace.Drop, Node: m.From, Peer: m.To, Number: m.number, Text: "loss"})
	case explore.Duplicate:
		w.sent = append(w.sent, w.copy(*s.Message))
	case explore.Timeout:
		w.add(trace.Event{Kind: trace.Timer, Node: w.node(s.Node), Text: s.Timer})
	case explore.Crash:
		w.add(trace.Event{Kind: trace.Crash, Node: w.node(s.Node)})
	case explore.Restart:
		w.add(trace.Event{Kind: trace.Restart, Node: w.node(s.Node)})
	case explore.Cut:
		w.faults++
		w.add(trace.Event{Kind: trace.Fault, Number: w.faults, Text: s.Label})
	case explore.Heal:
		w.add(trace.Event{Kind: trace.Heal, Number: w.faults})
	case explore.GiveUp:
		w.complete(s.Node, trace.Info, "no answer")
	}
}

// send puts a message under way. A request begins an operation, unless its client is
// in one already.
func (w *writer) send(m explore.Message) {
	if m.Kind == "request" && w.operations[m.Request] == 0 {
		w.client(m.From)
		w.operations[m.Request] = len(w.operations) + 1
		w.waits[m.From] = m.Request
		w.add(trace.Event{Kind: trace.Invoke, Node: m.From, Number: w.operations[m.Request], Text: m.Text})
	}
	w.meet(m)
	w.last++
	w.sent = append(w.sent, numbered{m, w.last})
	w.add(trace.Event{Kind: trace.Send, Node: m.From, Peer: m.To, Number: w.last, Text: m.Text})
}

// deliver takes a message from the network. One that was delivered before is a copy.
func (w *writer) deliver(m explore.Message) {
	d := w.take(m)
	w.add(trace.Event{Kind: trace.Deliver, Node: m.From, Peer: m.To, Number: d.number})
	if m.Kind == "reply" && w.waits[m.To] == m.Request {
		w.complete(m.To, trace.OK, m.Text)
	}
}

func (w *writer) complete(client string, o trace.Outcome, text string) {
	request := w.waits[client]
	delete(w.waits, client)
	w.add(trace.Event{Kind: trace.Complete, Node: client, Number: w.operations[request], Outcome: o, Text: text})
}

// take is a message under way. A network that delivers messages again has kept it.
func (w *writer) take(m explore.Message) numbered {
	if place := w.find(m); place >= 0 {
		found := w.sent[place]
		found.Message = m
		w.sent[place].Kind = delivered + m.Kind
		return found
	}
	return w.copy(m)
}

// delivered is set before the kind of messages that are under way no more.
const delivered = "delivered "

func (w *writer) find(m explore.Message) int {
	return slices.IndexFunc(w.sent, func(n numbered) bool { return n.Message == m })
}

// copy lets a message be under way once more.
func (w *writer) copy(m explore.Message) numbered {
	was := m
	was.Kind = delivered + m.Kind
	for _, kind := range []explore.Message{m, was} {
		if place := w.find(kind); place >= 0 {
			n := numbered{m, w.sent[place].number}
			w.add(trace.Event{Kind: trace.Duplicate, Node: m.From, Peer: m.To, Number: n.number})
			return n
		}
	}
	w.send(m)
	return w.sent[len(w.sent)-1]
}

// meet gives the ends of a message their lanes.
func (w *writer) meet(m explore.Message) {
	switch m.Kind {
	case "request":
		w.client(m.From)
		w.node(m.To)
	case "reply":
		w.node(m.From)
		w.client(m.To)
	default:
		w.node(m.From)
		w.node(m.To)
	}
}

func (w *writer) node(name string) string {
	if !slices.Contains(w.out.Nodes, name) {
		w.out.Nodes = append(w.out.Nodes, name)
	}
	return name
}

func (w *writer) client(name string) {
	if !slices.Contains(w.out.Clients, name) {
		w.out.Clients = append(w.out.Clients, name)
	}
}
