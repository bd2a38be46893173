// Package twophase is two-phase commit (Gray, Notes on Data Base Operating Systems,
// 1978): a transaction that writes a value to an instance, at all nodes or at none.
// The node that a client asks coordinates. All nodes vote, and each may refuse; only
// when all have agreed is the transaction committed.
//
// A node that has voted yes gave its right to decide away: until it hears from the
// coordinator it can neither commit nor abort. That is the price of two phases, and
// the exploration shows it: a crash of the coordinator leaves the others in doubt for
// as long as it is down, and a node that loses its patience breaks atomicity.
package twophase

import (
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/call"
)

// Actor is the protocol with its configuration. The zero value is correct.
type Actor struct {
	// Patience is after what time a coordinator that misses votes aborts, and a node in
	// doubt asks; 0 is a second.
	Patience time.Duration
	// CommitInDoubt is the mistake of a node that has voted yes to commit when it has
	// heard nothing for too long.
	CommitInDoubt bool
	// TellFirst is the mistake of a coordinator that tells of a decision before it is
	// durable: it forgets it in a crash, and takes it for no decision later.
	TellFirst bool
}

// Transaction is one of a client: to decide on a value.
type Transaction struct {
	// Request is the number of the client's request, which no other one has.
	Request     uint64   `json:"request"`
	Coordinator actor.ID `json:"coordinator"`
	Value       int      `json:"value"`
}

// State is one node.
type State struct {
	// Prepared is the transaction that this node has voted for and is in doubt about.
	Prepared *Transaction `json:"prepared,omitempty"`
	// Committed is the one that was committed, Aborted those that this node knows were
	// not.
	Committed *Transaction    `json:"committed,omitempty"`
	Aborted   map[uint64]bool `json:"aborted,omitempty"`
	// Votes are those for the transaction that this node coordinates, which is the
	// one that it has prepared; nil if it coordinates none.
	Votes map[actor.ID]bool `json:"votes,omitempty"`
}

// Message is about a transaction.
type Message struct {
	Kind        Kind        `json:"kind"`
	Transaction Transaction `json:"transaction"`
}

// Kind says what a message is.
type Kind string

const (
	Prepare Kind = "prepare"
	Yes     Kind = "yes"
	No      Kind = "no"
	Commit  Kind = "commit"
	Abort   Kind = "abort"
	// Inquire asks the coordinator what became of a transaction.
	Inquire Kind = "inquire"
)

// The timers: a coordinator waits for votes, a node in doubt for the decision.
const (
	votesTimer = "votes"
	doubtTimer = "doubt"
)

var _ actor.Actor[State, Message] = Actor{}

// node is one reaction of one node.
type node struct {
	actor.Context[Message]
	*State
	config Actor
}

// Request implements actor.Actor: propose a value, or learn what was committed.
func (a Actor) Request(c actor.Context[Message], s *State, request uint64, body []byte) {
	n := node{c, s, a}
	r, err := call.Parse(body)
	switch {
	case err != nil:
		n.Reply(request, call.Refused("%v", err).Body())
	case r.F != call.Propose && r.F != call.Learn:
		n.Reply(request, call.Unknown(r.F, "propose, learn").Body())
	case n.Committed != nil:
		n.Reply(request, call.Valued(n.Committed.Value).Body())
	case r.F == call.Learn:
		n.Reply(request, call.Done().Body())
	case n.Prepared != nil:
		n.Reply(request, call.Refused("another transaction is being decided").Body())
	default:
		n.begin(Transaction{Request: request, Coordinator: n.Self(), Value: r.Value})
	}
}

// begin asks for votes, after the coordinator's own.
func (n node) begin(t Transaction) {
	n.prepare(t)
	n.Votes = map[actor.ID]bool{n.Self(): true}
	n.broadcast(Message{Kind: Prepare, Transaction: t})
	n.SetTimer(votesTimer, n.patience())
	n.countVotes()
}

// prepare makes a vote durable, and with it the promise to wait.
func (n node) prepare(t Transaction) {
	n.Prepared = &t
	n.persist(record{Prepared: &t})
}

// Receive implements actor.Actor.
func (a Actor) Receive(c actor.Context[Message], s *State, from actor.ID, m Message) {
	n, t := node{c, s, a}, m.Transaction
	switch m.Kind {
	case Prepare:
		n.vote(from, t)
	case Yes:
		if n.coordinates(t) {
			n.Votes[from] = true
			n.countVotes()
		}
	case No:
		if n.coordinates(t) {
			n.abort()
		}
	case Commit:
		n.commit(t)
	case Abort:
		n.forget(t)
	case Inquire:
		n.tell(from, t)
	}
}

// vote agrees unless the node is bound to another transaction.
func (n node) vote(to actor.ID, t Transaction) {
	free := n.Committed == nil && !n.Aborted[t.Request]
	if !free || n.Prepared != nil && *n.Prepared != t {
		n.Send(to, Message{No, t})
		return
	}
	n.prepare(t)
	n.SetTimer(doubtTimer, n.patience())
	n.Send(to, Message{Yes, t})
}

func (n node) coordinates(t Transaction) bool {
	return n.Votes != nil && n.Prepared != nil && *n.Prepared == t
}

func (n node) countVotes() {
	if len(n.Votes) <= len(n.Peers()) {
		return
	}
	t := *n.Prepared
	n.commit(t)
	n.broadcast(Message{Commit, t})
	n.Reply(t.Request, call.Valued(t.Value).Body())
}

func (n node) abort() {
	t := *n.Prepared
	n.forget(t)
	n.broadcast(Message{Abort, t})
	n.Reply(t.Request, call.Refused("the transaction was aborted").Body())
}

// commit and forget end a node's doubt.
func (n node) commit(t Transaction) {
	if n.Committed != nil {
		return
	}
	n.Committed = &t
	if !n.config.TellFirst || t.Coordinator != n.Self() {
		n.persist(record{Committed: &t})
	}
	n.settle(t)
}

func (n node) forget(t Transaction) {
	if n.Aborted[t.Request] {
		return
	}
	if n.Aborted == nil {
		n.Aborted = make(map[uint64]bool)
	}
	n.Aborted[t.Request] = true
	n.persist(record{Aborted: t.Request})
	n.settle(t)
}

func (n node) settle(t Transaction) {
	if n.Prepared != nil && *n.Prepared == t {
		n.Prepared, n.Votes = nil, nil
		n.CancelTimer(votesTimer)
		n.CancelTimer(doubtTimer)
	}
}

// Timer implements actor.Actor.
func (a Actor) Timer(c actor.Context[Message], s *State, name string) {
	n := node{c, s, a}
	switch {
	case n.Prepared == nil:
	case name == votesTimer:
		n.abort()
	case n.config.CommitInDoubt:
		n.commit(*n.Prepared)
	default:
		n.SetTimer(doubtTimer, n.patience())
		n.Send(n.Prepared.Coordinator, Message{Inquire, *n.Prepared})
	}
}

// tell answers a node in doubt. A coordinator that knows nothing of a transaction has
// not committed it, and never will: it presumes that it was aborted.
func (n node) tell(to actor.ID, t Transaction) {
	switch {
	case n.coordinates(t):
	case n.Committed != nil && *n.Committed == t:
		n.Send(to, Message{Commit, t})
	default:
		n.forget(t)
		n.Send(to, Message{Abort, t})
	}
}

func (n node) broadcast(m Message) {
	for _, p := range n.Peers() {
		n.Send(p, m)
	}
}

func (n node) patience() time.Duration {
	if n.config.Patience > 0 {
		return n.config.Patience
	}
	return time.Second
}
