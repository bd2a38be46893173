// Package singlecopy is the simplest protocol there is: a register of which the
// node that a client asks holds the only copy. It is linearizable as long as there
// is one node. With two, each has a copy of its own that nobody tells of writes,
// and the exploration shows in four steps how a client reads what was never there:
// replication is what the other protocols add.
package singlecopy

import (
	"encoding/json"
	"fmt"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/call"
)

// Actor is the protocol.
type Actor struct {
	// Volatile is the mistake of keeping the register in memory only: a restart
	// loses it.
	Volatile bool
}

// State is the copy of one node.
type State struct {
	Written bool `json:"written"`
	Value   int  `json:"value"`
}

// Message is never sent.
type Message struct{}

var _ actor.Actor[State, Message] = Actor{}

// Start implements actor.Actor: the last record is the register.
func (Actor) Start(_ actor.Context[Message], durable [][]byte) State {
	var s State
	if len(durable) > 0 {
		if err := json.Unmarshal(durable[len(durable)-1], &s); err != nil {
			panic(fmt.Sprintf("a record of our own does not decode: %v", err))
		}
	}
	return s
}

// Receive implements actor.Actor.
func (Actor) Receive(actor.Context[Message], *State, actor.ID, Message) {}

// Timer implements actor.Actor.
func (Actor) Timer(actor.Context[Message], *State, string) {}

// Request implements actor.Actor: read, write and cas.
func (a Actor) Request(c actor.Context[Message], s *State, request uint64, body []byte) {
	r, err := call.Parse(body)
	if err != nil {
		c.Reply(request, call.Refused("%v", err).Body())
		return
	}
	before := *s
	answer := s.serve(r)
	if *s != before && !a.Volatile {
		c.Persist(s.record())
	}
	c.Reply(request, answer.Body())
}

func (s *State) serve(r call.Request) call.Answer {
	switch r.F {
	case call.Read:
		return call.Maybe(s.Value, s.Written)
	case call.Write:
		*s = State{Written: true, Value: r.Value}
		return call.Done()
	case call.CAS:
		if !s.Written || s.Value != r.Old {
			return call.Done()
		}
		s.Value = r.New
		return call.Answer{OK: true, Swapped: true}
	}
	return call.Unknown(r.F, "read, write, cas")
}

func (s *State) record() []byte {
	record, err := json.Marshal(*s)
	if err != nil {
		panic(fmt.Sprintf("a number does not encode: %v", err))
	}
	return record
}
