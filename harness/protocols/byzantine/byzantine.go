// Package byzantine is the oral-messages algorithm OM(1) of Lamport, Shostak and Pease
// (The Byzantine Generals Problem, 1982): a commander gives an order to lieutenants, of
// all of whom one may be a traitor and say anything to anybody. It asks for two things:
//
//   - IC1: all loyal lieutenants obey the same order;
//   - IC2: if the commander is loyal, every loyal lieutenant obeys its order.
//
// Each lieutenant tells the others what it was ordered, and obeys the majority of all
// it has heard. With four generals that is enough, with three nothing is: the
// exploration tries every lie. Messages are never lost here, and traitors lie but do
// not keep silent, which the paper takes for the order to retreat.
package byzantine

import (
	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/call"
)

// Order is what to do. The zero Order is none yet.
type Order string

const (
	Attack  Order = "attack"
	Retreat Order = "retreat"
)

// Actor is the protocol. The first of all nodes is the commander.
type Actor struct {
	// Traitor is who lies; empty is nobody.
	Traitor actor.ID
	// Trusting is the mistake of obeying what the commander said without asking the
	// others: OM(0).
	Trusting bool
}

// State is one general.
type State struct {
	// Heard is, by sender, what the commander ordered, as the sender says; for the
	// commander itself, that is its order.
	Heard map[actor.ID]Order `json:"heard,omitempty"`
	// Obeys is what the general does in the end.
	Obeys Order `json:"obeys,omitempty"`
}

// Message is an order, of the commander or passed on by a lieutenant.
type Message struct {
	Order Order `json:"order"`
}

var _ actor.Actor[State, Message] = Actor{}

// Start implements actor.Actor: the commander decides, and tells everybody.
func (a Actor) Start(c actor.Context[Message], _ [][]byte) State {
	if c.Self() != commander(c) {
		return State{}
	}
	order := choose(c)
	for _, p := range c.Peers() {
		a.tell(c, p, order)
	}
	return State{Heard: map[actor.ID]Order{c.Self(): order}, Obeys: order}
}

// tell says the order, if this general is loyal, and anything if it is not.
func (a Actor) tell(c actor.Context[Message], to actor.ID, order Order) {
	if c.Self() == a.Traitor {
		order = choose(c)
	}
	c.Send(to, Message{order})
}

func choose(c actor.Context[Message]) Order {
	return []Order{Attack, Retreat}[c.Choose(2)]
}

func commander(c actor.Context[Message]) actor.ID {
	first := c.Self()
	for _, p := range c.Peers() {
		first = min(first, p)
	}
	return first
}

// Receive implements actor.Actor. Whoever has been told the order by the commander
// passes it on.
func (a Actor) Receive(c actor.Context[Message], s *State, from actor.ID, m Message) {
	if _, again := s.Heard[from]; again {
		return
	}
	if s.Heard == nil {
		s.Heard = make(map[actor.ID]Order)
	}
	s.Heard[from] = m.Order
	if from == commander(c) && !a.Trusting {
		for _, p := range c.Peers() {
			if p != from {
				a.tell(c, p, m.Order)
			}
		}
	}
	if len(s.Heard) == a.witnesses(c) {
		s.Obeys = majority(s.Heard)
	}
}

// witnesses is how many a lieutenant listens to: everybody else, or the commander.
func (a Actor) witnesses(c actor.Context[Message]) int {
	if a.Trusting {
		return 1
	}
	return len(c.Peers())
}

// majority is what most say; if as many say the one as the other, to retreat.
func majority(heard map[actor.ID]Order) Order {
	attack := 0
	for _, order := range heard {
		if order == Attack {
			attack++
		}
	}
	if 2*attack > len(heard) {
		return Attack
	}
	return Retreat
}

// Timer implements actor.Actor.
func (Actor) Timer(actor.Context[Message], *State, string) {}

// Request implements actor.Actor. Generals have no clients.
func (Actor) Request(c actor.Context[Message], _ *State, request uint64, _ []byte) {
	c.Reply(request, call.Refused("generals take no requests").Body())
}
