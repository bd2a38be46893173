// Package trace holds what happened in a cluster of actors, event by event, in
// virtual time or in steps: messages, timers, crashes, faults, the operations of
// clients and what nodes noted about their state. A trace survives a round trip
// through its text form, one line an event, unchanged. The package judges nothing
// and knows no protocol.
package trace

import (
	"slices"
	"time"
)

// Kind says what an Event is.
type Kind uint8

const (
	// Send: Node hands message Number to the network, for Peer. Text is the
	// message.
	Send Kind = iota + 1
	// Deliver: message Number, which Node had sent, reaches Peer, which reacts.
	Deliver
	// Drop: a copy of message Number, which Node had sent, will not reach Peer.
	// Text is why: loss, partition, crash, ...
	Drop
	// Duplicate: a further copy of message Number is under way.
	Duplicate
	// Timer: the timer named Text of Node goes off.
	Timer
	// Crash: Node's process ends. Text says what was lost with it.
	Crash
	// Restart: Node's process begins anew, with what it had made durable.
	Restart
	// Pause and Resume: Node's process stands still, and goes on.
	Pause
	Resume
	// Fault: fault Number comes into force on Nodes. Text is the fault.
	Fault
	// Heal: fault Number is over.
	Heal
	// Invoke: the client Node begins operation Number. Text is the operation. The
	// request is a message like all others.
	Invoke
	// Complete: operation Number of the client Node ends with Outcome. Text is the
	// result, or why there is none.
	Complete
	// Note: Node tells something about its state, in Text.
	Note
	// Violation: with this a promise is broken. Text says which; Number is the
	// operation of Node that completes the contradiction, Node may be empty.
	Violation
)

// Outcome is how an operation ended.
type Outcome uint8

const (
	// OK: it certainly took effect.
	OK Outcome = iota + 1
	// Fail: it certainly had no effect.
	Fail
	// Info: nobody knows.
	Info
)

// Event is one thing that happened. Which fields are in use, the Kind says.
type Event struct {
	// At is when: nanoseconds of virtual time since the run began, or the number
	// of the step, as the trace's Clock says.
	At   time.Duration
	Kind Kind
	// Node is the lane on which it happened: a node, or a client. Of a message it
	// is always the sender.
	Node string
	// Peer is the receiver of a message.
	Peer string
	// Number ties events together: those of a message, of a fault, or of an
	// operation. Each has numbers of its own, from any start. The number of an
	// operation is the index of its invocation in the history.
	Number int
	// Nodes are those that a Fault strikes; none if it strikes all.
	Nodes []string
	// Outcome is that of a Complete.
	Outcome Outcome
	// Text may hold anything, also what a system under test has written.
	Text string
}

// Clock says what Event.At counts.
type Clock uint8

const (
	// Time: nanoseconds.
	Time Clock = iota
	// Steps: steps of an exploration.
	Steps
)

// Trace is what happened in one run.
type Trace struct {
	Clock Clock
	// Nodes and Clients are the lanes in the order in which they are shown. A name
	// stands in one of them only.
	Nodes   []string
	Clients []string
	// Events are in the order in which they happened; their At never decreases.
	Events []Event
}

// Add appends an event.
func (t *Trace) Add(e Event) { t.Events = append(t.Events, e) }

// Violated is the index of the first violation, and whether there is one.
func (t *Trace) Violated() (int, bool) {
	at := slices.IndexFunc(t.Events, func(e Event) bool { return e.Kind == Violation })
	return at, at >= 0
}

// message says whether events of this kind tell of a message on its way.
func (k Kind) message() bool { return k == Send || k == Deliver || k == Drop || k == Duplicate }

// kinds and outcomes are the words of the text form.
var kinds = map[Kind]string{
	Send: "send", Deliver: "deliver", Drop: "drop", Duplicate: "duplicate",
	Timer: "timer", Crash: "crash", Restart: "restart", Pause: "pause", Resume: "resume",
	Fault: "fault", Heal: "heal", Invoke: "invoke", Complete: "complete", Note: "note", Violation: "violation",
}

var outcomes = map[Outcome]string{OK: "ok", Fail: "fail", Info: "info"}

func (k Kind) String() string    { return kinds[k] }
func (o Outcome) String() string { return outcomes[o] }
