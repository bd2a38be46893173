// Package leaselock is a lock with leases: a hold ends by itself, so that a holder that
// is gone does not keep everybody else out for ever, unless it was asked for without a
// time. One node keeps the lock, the
// others hand on what clients ask of them.
//
// No lease can make sure that there is one holder at a time: whoever is slow may find
// its lease over only after it has acted on it (Gray and Cheriton, Leases, 1989, and
// Kleppmann, How to do distributed locking, 2016). What can be had is that the thing
// that the lock protects refuses whoever comes too late: each hold has a token, a
// number that grows, and the storage refuses a lower one than it has seen. The
// Workshop shows both.
package leaselock

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/call"
)

// Actor is the protocol with its configuration. The zero value is correct, as far as
// a lease can be.
type Actor struct {
	// Lease is how long a hold lasts that was asked for without a time; 0 is until it is
	// released.
	Lease time.Duration
	// NoFencing is the mistake of giving out no tokens.
	NoFencing bool
	// Volatile is the mistake of keeping holds in memory only.
	Volatile bool
}

// State is one node. Only that of the keeper ever changes.
type State struct {
	Hold *Hold `json:"hold,omitempty"`
	// Tokens is the last token that was given out.
	Tokens int `json:"tokens,omitempty"`
	// Taken are the requests that others handed on. The network may repeat them, and a
	// lock that was given back must not be taken once more.
	Taken map[uint64]bool `json:"taken,omitempty"`
}

// Hold is who holds the lock.
type Hold struct {
	// Owner is a number that clients choose.
	Owner int `json:"owner"`
	Token int `json:"token"`
	// Lasts is 0 if it lasts until it is released.
	Lasts time.Duration `json:"lasts"`
}

// Message is a client's request, for the keeper.
type Message struct {
	Request uint64 `json:"request"`
	Body    []byte `json:"body"`
}

// leaseTimer ends a hold.
const leaseTimer = "lease"

var _ actor.Actor[State, Message] = Actor{}

// node is one reaction of one node.
type node struct {
	actor.Context[Message]
	*State
	config Actor
}

// Start implements actor.Actor. How long a hold has lasted is not known after a
// restart, so it lasts once more.
func (a Actor) Start(c actor.Context[Message], durable [][]byte) State {
	var s State
	if len(durable) > 0 {
		if err := json.Unmarshal(durable[len(durable)-1], &s); err != nil {
			panic(fmt.Sprintf("a record of our own does not decode: %v", err))
		}
	}
	if s.Hold != nil && s.Hold.Lasts > 0 {
		c.SetTimer(leaseTimer, s.Hold.Lasts)
	}
	return s
}

// Request implements actor.Actor.
func (a Actor) Request(c actor.Context[Message], s *State, request uint64, body []byte) {
	n := node{c, s, a}
	if keeper := n.keeper(); keeper != n.Self() {
		n.Send(keeper, Message{request, body})
		return
	}
	n.serve(request, body)
}

// Receive implements actor.Actor.
func (a Actor) Receive(c actor.Context[Message], s *State, _ actor.ID, m Message) {
	if s.Taken[m.Request] {
		return
	}
	if s.Taken == nil {
		s.Taken = make(map[uint64]bool)
	}
	s.Taken[m.Request] = true
	node{c, s, a}.serve(m.Request, m.Body)
}

// keeper is the first of all nodes.
func (n node) keeper() actor.ID {
	keeper := n.Self()
	for _, p := range n.Peers() {
		keeper = min(keeper, p)
	}
	return keeper
}

func (n node) serve(request uint64, body []byte) {
	r, err := call.Parse(body)
	var answer call.Answer
	switch {
	case err != nil:
		answer = call.Refused("%v", err)
	case r.F == call.Acquire:
		answer = n.acquire(r.Value, time.Duration(r.Old)*time.Millisecond)
	case r.F == call.Release:
		answer = n.release(r.Value)
	default:
		answer = call.Unknown(r.F, "acquire, release")
	}
	n.Reply(request, answer.Body())
}

// acquire gives the lock to who has it already, or if nobody has.
func (n node) acquire(owner int, lasts time.Duration) call.Answer {
	if n.Hold != nil && n.Hold.Owner != owner {
		return call.Done()
	}
	if lasts == 0 {
		lasts = n.config.Lease
	}
	// A request that comes late must not cut short what was promised since.
	if n.Hold != nil && (n.Hold.Lasts == 0 || lasts > 0 && n.Hold.Lasts > lasts) {
		lasts = n.Hold.Lasts
	}
	n.Tokens++
	n.Hold = &Hold{Owner: owner, Token: n.Tokens, Lasts: lasts}
	n.CancelTimer(leaseTimer)
	if lasts > 0 {
		n.SetTimer(leaseTimer, lasts)
	}
	n.persist()
	answer := call.Answer{OK: true, Swapped: true, Number: n.Tokens}
	if n.config.NoFencing {
		answer.Number = 0
	}
	return answer
}

func (n node) release(owner int) call.Answer {
	if n.Hold == nil || n.Hold.Owner != owner {
		return call.Done()
	}
	n.CancelTimer(leaseTimer)
	n.end()
	return call.Answer{OK: true, Swapped: true}
}

func (n node) end() {
	n.Hold = nil
	n.persist()
}

// Timer implements actor.Actor: a lease is over.
func (a Actor) Timer(c actor.Context[Message], s *State, _ string) { node{c, s, a}.end() }

func (n node) persist() {
	if n.config.Volatile {
		return
	}
	record, err := json.Marshal(*n.State)
	if err != nil {
		panic(fmt.Sprintf("numbers do not encode: %v", err))
	}
	n.Persist(record)
}
