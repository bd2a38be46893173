// Package primarybackup is primary-backup replication of a register (Alsberg and Day, 1976;
// with the views of Oki and Liskov, Viewstamped Replication, 1988): one node, the
// primary of the view, orders all operations and tells the others; when it does not
// react to what another one hands on, that one takes over in a later view, which a
// majority has to enter.
//
// The question is when to answer. A primary that waits until a majority holds what it
// did (the zero Actor) is linearizable. One that answers at once and replicates
// afterwards, as many databases do unless told otherwise, loses what it has
// acknowledged when it is replaced.
package primarybackup

import (
	"slices"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/call"
)

// Actor is the protocol with its configuration. The zero value is correct.
type Actor struct {
	// Repeat is after what time a primary sends again what others do not hold yet, and
	// a quarter of the time after which a backup that hears nothing of what it handed
	// on wants to take over; 0 is 50 ms.
	Repeat time.Duration
	// Asynchronous is the mistake of answering before anybody else knows.
	Asynchronous bool
	// LocalReads is the mistake of a primary that answers reads at once: it may have
	// been replaced without knowing.
	LocalReads bool
}

// Stored is the register, after how many operations, in which view. It is ordered by
// view and then by operation.
type Stored struct {
	View      int  `json:"view"`
	Operation int  `json:"operation"`
	Found     bool `json:"found"`
	Value     int  `json:"value"`
}

// Less is the order of what nodes hold.
func (s Stored) Less(other Stored) bool {
	return s.View < other.View || s.View == other.View && s.Operation < other.Operation
}

// State is one node.
type State struct {
	// View is the latest that the node has entered, whose primary is node View modulo
	// the number of nodes, and Stored what it holds.
	View   int    `json:"view"`
	Stored Stored `json:"stored"`
	// Serves says that this node is the primary, and has heard from a majority that
	// there is nothing newer than what it holds.
	Serves bool `json:"serves,omitempty"`
	// Entered is what those hold who entered this node's view, until it serves.
	Entered map[actor.ID]Stored `json:"entered,omitempty"`
	// Listens says that a backup waits for a sign of the primary.
	Listens bool `json:"listens,omitempty"`
	// Pending are the operations that a primary has not answered, and Holds up to
	// which operation others hold what it has done.
	Pending []Pending        `json:"pending,omitempty"`
	Holds   map[actor.ID]int `json:"holds,omitempty"`
	// Taken are the requests that others handed on in this view. The network may repeat
	// them, and what is done twice is done once too often.
	Taken map[uint64]bool `json:"taken,omitempty"`
}

// Pending is an operation that was done but not answered.
type Pending struct {
	Request   uint64      `json:"request"`
	Operation int         `json:"operation"`
	Answer    call.Answer `json:"answer"`
}

// Message is one between nodes in a view.
type Message struct {
	Kind   Kind   `json:"kind"`
	View   int    `json:"view"`
	Stored Stored `json:"stored,omitzero"`
	// Request and Body are a client's, for the primary.
	Request uint64 `json:"request,omitempty"`
	Body    []byte `json:"body,omitempty"`
}

// Kind says what a message is.
type Kind string

const (
	// Replicate tells what the primary holds; Hold that the sender holds it.
	Replicate Kind = "replicate"
	Hold      Kind = "hold"
	// Enter asks to enter a view; Entered tells what the sender holds.
	Enter   Kind = "enter"
	Entered Kind = "entered"
	Forward Kind = "forward"
)

// The timers: a primary's, and a backup's patience.
const (
	repeatTimer  = "repeat"
	silenceTimer = "silence"
)

var _ actor.Actor[State, Message] = Actor{}

// node is one reaction of one node.
type node struct {
	actor.Context[Message]
	*State
	config Actor
}

// Start implements actor.Actor. The primary of the first view serves at once, if this
// is its first start: nobody holds anything.
func (a Actor) Start(c actor.Context[Message], durable [][]byte) State {
	var s State
	n := node{c, &s, a}
	n.restore(durable)
	if s.View == 0 && len(durable) == 0 && n.primary(0) == c.Self() {
		n.Serves, n.Holds = true, make(map[actor.ID]int)
	}
	return s
}

// Request implements actor.Actor: the primary does it, others hand it on.
func (a Actor) Request(c actor.Context[Message], s *State, request uint64, body []byte) {
	n := node{c, s, a}
	if n.Serves {
		n.do(request, body)
		return
	}
	n.listen()
	if to := n.primary(n.View); to != n.Self() {
		n.Send(to, Message{Kind: Forward, View: n.View, Request: request, Body: body})
	}
}

// do executes an operation. Every one counts, reads too: whoever holds what came out
// of it confirms that this node was still the primary.
func (n node) do(request uint64, body []byte) {
	r, err := call.Parse(body)
	if err != nil {
		n.Reply(request, call.Refused("%v", err).Body())
		return
	}
	n.Stored.View = n.View
	n.Stored.Operation++
	answer := n.Stored.serve(r)
	n.persist()
	n.broadcast(n.replica())
	if n.config.Asynchronous || n.config.LocalReads && r.F == call.Read {
		n.Reply(request, answer.Body())
		return
	}
	n.Pending = append(n.Pending, Pending{request, n.Stored.Operation, answer})
	n.SetTimer(repeatTimer, n.config.repeat())
	n.answer()
}

func (s *Stored) serve(r call.Request) call.Answer {
	switch r.F {
	case call.Read:
		return call.Maybe(s.Value, s.Found)
	case call.Write:
		s.Found, s.Value = true, r.Value
		return call.Done()
	case call.CAS:
		if !s.Found || s.Value != r.Old {
			return call.Done()
		}
		s.Value = r.New
		return call.Answer{OK: true, Swapped: true}
	}
	return call.Unknown(r.F, "read, write, cas")
}

// replica tells all that there is: the register is small.
func (n node) replica() Message {
	return Message{Kind: Replicate, View: n.View, Stored: n.Stored}
}

// Receive implements actor.Actor.
func (a Actor) Receive(c actor.Context[Message], s *State, from actor.ID, m Message) {
	n := node{c, s, a}
	if m.Kind == Forward {
		n.take(m)
		return
	}
	if m.View > n.View {
		n.enter(m.View)
	}
	if m.View < n.View {
		return
	}
	switch m.Kind {
	case Enter:
		n.Send(from, Message{Kind: Entered, View: n.View, Stored: n.Stored})
	case Entered:
		if n.Entered != nil {
			n.Entered[from] = m.Stored
			n.takeOver()
		}
	case Replicate:
		n.store(from, m.Stored)
	case Hold:
		if n.Serves {
			n.Holds[from] = max(n.Holds[from], m.Stored.Operation)
			n.answer()
		}
	}
}

// take does what another node handed on, if that node knew the view.
func (n node) take(m Message) {
	if !n.Serves || m.View != n.View || n.Taken[m.Request] {
		return
	}
	if n.Taken == nil {
		n.Taken = make(map[uint64]bool)
	}
	n.Taken[m.Request] = true
	n.do(m.Request, m.Body)
}

// store follows the primary.
func (n node) store(primary actor.ID, s Stored) {
	n.Listens = false
	n.CancelTimer(silenceTimer)
	if n.Stored.Less(s) {
		n.Stored = s
		n.persist()
	}
	n.Send(primary, Message{Kind: Hold, View: n.View, Stored: s})
}

// answer tells clients what a majority holds.
func (n node) answer() {
	for len(n.Pending) > 0 && n.holders(n.Pending[0].Operation) >= n.majority() {
		n.Reply(n.Pending[0].Request, n.Pending[0].Answer.Body())
		n.Pending = slices.Delete(n.Pending, 0, 1)
	}
	if len(n.Pending) == 0 {
		n.Pending = nil
		n.CancelTimer(repeatTimer)
	}
}

// holders counts the nodes that hold an operation, this one included.
func (n node) holders(operation int) int {
	count := 1
	for _, upto := range n.Holds {
		if upto >= operation {
			count++
		}
	}
	return count
}

func (n node) broadcast(m Message) {
	for _, p := range n.Peers() {
		n.Send(p, m)
	}
}

func (n node) majority() int { return (len(n.Peers())+1)/2 + 1 }
