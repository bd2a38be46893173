package explore

import (
	"fmt"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// Trace is a run: the steps from an initial state.
type Trace struct {
	// Start is the initial state as text, and what was sent in it.
	Start Step
	Steps []Step
	// Loop is the number of steps after which the state was the same as at the end,
	// so that the run can go on for ever with the steps since then; -1 if it ends.
	Loop int
	// End is the state at the end, as text.
	End string
	// Nodes and Clients are all that take part.
	Nodes, Clients []string
}

// Action is what makes a step.
type Action int

const (
	// Act is a step of a Model.
	Act Action = iota
	Begin
	Deliver
	Drop
	Duplicate
	Timeout
	Crash
	Restart
	Cut
	Heal
	GiveUp
)

// Step is one step of a run.
type Step struct {
	// Label says all in one line: "deliver n1 → n2 Prepare{Ballot:1}".
	Label  string
	Action Action
	// Message is what was delivered, dropped or duplicated.
	Message *Message
	// Node is the node or client to which something happened.
	Node string
	// Timer is the name of the timer that fired.
	Timer string
	// Choices are what the actor drew with Choose.
	Choices []int
	// Sent are the messages that were sent.
	Sent []Message
	// Changes are what became of the state: "n2: Term 0 → 1".
	Changes []string
	// Ops are the invocations and completions of clients.
	Ops []history.Op
	// State is the state after the step, as text.
	State string
}

// Message is what is on the network.
type Message struct {
	From, To string
	// Kind is "message" between nodes, "request" of a client, or "reply" to it.
	Kind string
	// Request is the number of a request or reply.
	Request uint64
	Text    string
}

func (m Message) String() string { return fmt.Sprintf("%s → %s %s", m.From, m.To, m.Text) }

// String is the steps, one a line, each with what it sent and changed.
func (t *Trace) String() string {
	var b strings.Builder
	for i, s := range t.Steps {
		if i == t.Loop {
			b.WriteString("    from here, for ever:\n")
		}
		fmt.Fprintf(&b, "%3d %s\n", i+1, s.Label)
		for _, c := range s.Changes {
			fmt.Fprintf(&b, "      %s\n", c)
		}
		for _, m := range s.Sent {
			fmt.Fprintf(&b, "      sends %v\n", m)
		}
	}
	return b.String()
}

// Labels are the labels of the steps.
func (t *Trace) Labels() []string {
	labels := make([]string, len(t.Steps))
	for i, s := range t.Steps {
		labels[i] = s.Label
	}
	return labels
}

// History is what clients did and saw on the way. Its times are the numbers of steps
// in milliseconds.
func (t *Trace) History() *history.History {
	h := &history.History{}
	add := func(s Step, at int) {
		for _, op := range s.Ops {
			op.Index, op.Time = len(h.Ops), time.Duration(at)*time.Millisecond
			h.Ops = append(h.Ops, op)
		}
	}
	add(t.Start, 0)
	for i, s := range t.Steps {
		add(s, i+1)
	}
	return h
}
