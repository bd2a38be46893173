// Package twogenerals is the problem of the two generals (Akkoyunlu, Ekanadham and
// Huber, 1975; so called by Gray, 1978): two armies win if both attack, and whichever
// attacks alone is lost; their messengers may be caught. The first one proposes to
// attack, the second one confirms, the first one confirms the confirmation, and so on.
//
// However many messages are agreed upon, somebody sends the last one, and must decide
// without knowing whether it arrives. If it attacks, it may be alone; if it does not
// attack unless it hears more, the last message was of no use and the one before was
// the last. So for every number of messages, and every rule how many of them a general
// wants to have seen, the exploration finds the messenger whose loss breaks it, or
// that nobody ever attacks.
package twogenerals

import (
	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/call"
)

// Actor is an attempt at a protocol.
type Actor struct {
	// Messages is how many are sent, in turns, if none is lost.
	Messages int
	// Unseen is how many of the messages that a general should receive may be missing
	// at the most, for it to attack nevertheless: 0 is the careful rule, that it attacks
	// when it has all of them.
	Unseen int
}

// State is one general.
type State struct {
	Received int  `json:"received"`
	Attacks  bool `json:"attacks"`
}

// Message is the Number-th, from 1. The odd ones are from the first general.
type Message struct {
	Number int `json:"number"`
}

var _ actor.Actor[State, Message] = Actor{}

// Start implements actor.Actor.
func (a Actor) Start(c actor.Context[Message], _ [][]byte) State {
	var s State
	if first(c) && a.Messages > 0 {
		c.Send(c.Peers()[0], Message{Number: 1})
	}
	s.decide(c, a)
	return s
}

func first(c actor.Context[Message]) bool { return c.Self() < c.Peers()[0] }

// Receive implements actor.Actor: the general answers, if it is agreed to be its turn.
func (a Actor) Receive(c actor.Context[Message], s *State, from actor.ID, m Message) {
	s.Received++
	if m.Number < a.Messages {
		c.Send(from, Message{Number: m.Number + 1})
	}
	s.decide(c, a)
}

// decide attacks once the general has received what it wants to have. The second one
// knows nothing of an attack before it has received anything.
func (s *State) decide(c actor.Context[Message], a Actor) {
	due := a.Messages / 2
	if !first(c) {
		due = (a.Messages + 1) / 2
	}
	knows := first(c) && a.Messages > 0 || s.Received > 0
	s.Attacks = s.Attacks || knows && s.Received >= due-a.Unseen
}

// Timer implements actor.Actor.
func (Actor) Timer(actor.Context[Message], *State, string) {}

// Request implements actor.Actor. Generals have no clients.
func (Actor) Request(c actor.Context[Message], _ *State, request uint64, _ []byte) {
	c.Reply(request, call.Refused("generals take no requests").Body())
}
