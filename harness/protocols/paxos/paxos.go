// Package paxos is the single-decree synod of Lamport (Paxos Made Simple, 2001): a
// set of nodes decides one value, once and for ever, and any two that tell the
// decision tell the same one, whatever is lost, repeated or reordered and whoever
// crashes. Every node is proposer, acceptor and learner in one.
//
// It shows why each of its two phases is needed. A proposer first makes a majority
// promise to ignore older ballots, and learns what they have accepted; then it must
// propose the newest of that in place of its own value. Acceptors that break their
// promise, or a quorum that is no majority, decide twice, and the exploration says
// by which steps.
package paxos

import (
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/call"
)

// Actor is the protocol with its configuration. The zero value proposes each
// request once and answers it if and when its own value is decided: all there is to
// the algorithm, and safe, but a proposer that was outrun never comes back.
type Actor struct {
	// Retry makes a service of it: a node that has heard of no decision for about so
	// long tries a higher ballot, and every request is answered.
	Retry time.Duration
	// Quorum is how many nodes decide; 0 is a majority, and less is a mistake.
	Quorum int
	// AcceptAny is the mistake of accepting a value of a ballot that is older than one
	// promised.
	AcceptAny bool
	// OwnValue is the mistake of proposing one's own value although another one may
	// have been decided.
	OwnValue bool
	// Volatile is the mistake of keeping promises in memory only.
	Volatile bool
}

// Ballot numbers the attempts to decide.
type Ballot struct {
	Round int      `json:"round,omitempty"`
	Node  actor.ID `json:"node,omitempty"`
}

// Less is the order of ballots.
func (b Ballot) Less(other Ballot) bool {
	return b.Round < other.Round || b.Round == other.Round && b.Node < other.Node
}

// Proposal is a value, and the request that it came with.
type Proposal struct {
	Request uint64 `json:"request,omitempty"`
	Value   int    `json:"value,omitempty"`
}

// Vote is what a node accepted last, in which ballot. The zero vote is none: no
// ballot has the round 0.
type Vote struct {
	Ballot   Ballot   `json:"ballot,omitzero"`
	Proposal Proposal `json:"proposal,omitzero"`
}

// State is one node.
type State struct {
	// Ballot is the highest one that the node takes part in, Accepted what it has
	// accepted: the acceptor's memory.
	Ballot   Ballot `json:"ballot"`
	Accepted Vote   `json:"accepted"`
	// Decided says that Accepted is decided.
	Decided bool `json:"decided,omitempty"`
	// Proposal is what this node wants to be decided, Promises are the votes of those
	// who promised, and Accepts those who accepted: the proposer's.
	Proposal *Proposal         `json:"proposal,omitempty"`
	Promises map[actor.ID]Vote `json:"promises,omitempty"`
	Accepts  map[actor.ID]bool `json:"accepts,omitempty"`
	// Waiting are the requests to answer once there is a decision; with Retry only.
	Waiting []uint64 `json:"waiting,omitempty"`
}

// Message is about a ballot; Vote is what the sender accepted (Promise), or what is
// to be accepted (Accept) or was decided (Decide).
type Message struct {
	Kind   Kind   `json:"kind"`
	Ballot Ballot `json:"ballot"`
	Vote   Vote   `json:"vote,omitzero"`
}

// Kind says what a message is.
type Kind string

const (
	Prepare  Kind = "prepare"
	Promise  Kind = "promise"
	Accept   Kind = "accept"
	Accepted Kind = "accepted"
	Decide   Kind = "decide"
)

var _ actor.Actor[State, Message] = Actor{}

// node is one reaction of one node.
type node struct {
	actor.Context[Message]
	*State
	config Actor
}

// Request implements actor.Actor: propose and learn, or write and read of those who
// take it for a register that is written once.
func (a Actor) Request(c actor.Context[Message], s *State, request uint64, body []byte) {
	n := node{c, s, a}
	r, err := call.Parse(body)
	if err != nil {
		n.Reply(request, call.Refused("%v", err).Body())
		return
	}
	switch r.F {
	case call.Propose, call.Write:
		n.proposed(Proposal{Request: request, Value: r.Value})
	case call.Learn, call.Read:
		n.asked(request)
	default:
		n.Reply(request, call.Unknown(r.F, "propose, learn").Body())
	}
}

// asked tells the decision. Without Retry, a node that knows of none keeps silent.
func (n node) asked(request uint64) {
	if n.Decided || n.config.Retry > 0 {
		n.Reply(request, call.Maybe(n.Accepted.Proposal.Value, n.Decided).Body())
	}
}

func (n node) proposed(p Proposal) {
	if n.config.Retry > 0 {
		n.wait(p.Request)
	}
	if !n.Decided && n.Proposal == nil {
		n.Proposal = &p
		n.prepare()
	}
}

// prepare begins a ballot of this node's own.
func (n node) prepare() {
	n.Ballot = Ballot{Round: n.Ballot.Round + 1, Node: n.Self()}
	n.Promises = map[actor.ID]Vote{n.Self(): n.Accepted}
	n.Accepts = nil
	n.remember()
	n.broadcast(Message{Kind: Prepare, Ballot: n.Ballot})
	n.again()
	n.countPromises()
}

// Receive implements actor.Actor.
func (a Actor) Receive(c actor.Context[Message], s *State, from actor.ID, m Message) {
	n := node{c, s, a}
	if n.Decided {
		n.remind(from, m)
		return
	}
	switch m.Kind {
	case Prepare:
		n.prepared(from, m.Ballot)
	case Promise:
		// A node that restarted has forgotten its own ballot's promises.
		if m.Ballot == n.Ballot && n.Promises != nil {
			n.Promises[from] = m.Vote
			n.countPromises()
		}
	case Accept:
		n.accept(from, m.Ballot, m.Vote)
	case Accepted:
		if m.Ballot == n.Ballot && n.Accepts != nil {
			n.Accepts[from] = true
			n.countAccepts()
		}
	case Decide:
		n.Ballot = m.Ballot
		n.decide(m.Vote)
	}
}

func (n node) prepared(from actor.ID, b Ballot) {
	if !n.Ballot.Less(b) {
		return
	}
	n.Ballot = b
	n.remember()
	n.Send(from, Message{Kind: Promise, Ballot: b, Vote: n.Accepted})
}

// countPromises proposes once there is a quorum: what may have been decided in an
// older ballot, or else this node's own value.
func (n node) countPromises() {
	if len(n.Promises) != n.quorum() {
		return
	}
	if newest := n.newestPromised(); newest != (Vote{}) && !n.config.OwnValue {
		n.Proposal = &newest.Proposal
	}
	n.Accepted = Vote{n.Ballot, *n.Proposal}
	if n.Accepts == nil {
		n.Accepts = make(map[actor.ID]bool)
	}
	n.Accepts[n.Self()] = true
	n.remember()
	n.broadcast(Message{Kind: Accept, Ballot: n.Ballot, Vote: n.Accepted})
	n.countAccepts()
}

func (n node) newestPromised() (newest Vote) {
	for _, v := range n.Promises {
		if newest.Ballot.Less(v.Ballot) {
			newest = v
		}
	}
	return newest
}

func (n node) accept(from actor.ID, b Ballot, v Vote) {
	if b.Less(n.Ballot) && !n.config.AcceptAny {
		return
	}
	n.Ballot, n.Accepted = b, v
	n.remember()
	n.Send(from, Message{Kind: Accepted, Ballot: b})
}

func (n node) countAccepts() {
	if len(n.Accepts) != n.quorum() {
		return
	}
	decided := n.Accepted
	n.broadcast(Message{Kind: Decide, Ballot: n.Ballot, Vote: decided})
	n.decide(decided)
	if n.config.Retry == 0 {
		n.Reply(decided.Proposal.Request, n.told())
	}
}

// decide ends it, and answers whoever waits here.
func (n node) decide(v Vote) {
	n.Accepted, n.Decided = v, true
	n.remember()
	n.answerAll()
}

// quorum is how many nodes decide, this one included.
func (n node) quorum() int {
	if n.config.Quorum > 0 {
		return n.config.Quorum
	}
	return (len(n.Peers())+1)/2 + 1
}

func (n node) broadcast(m Message) {
	for _, p := range n.Peers() {
		n.Send(p, m)
	}
}
