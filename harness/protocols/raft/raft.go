// Package raft is a replicated store of registers, queues, sets and more on Raft
// (Ongaro and Ousterhout 2014, with the pre-vote, check-quorum and ReadIndex of
// Ongaro's thesis), written as a pure actor: linearizable under every loss,
// delay, repetition and reordering of messages, crashes and pauses, as long as
// no deliberate Bug is switched on.
//
// It takes no snapshots and changes no membership: the log grows as long as a
// run lasts. It never asks what time it is (waiting is counted in ticks of
// timers), so that its states can be compared and explored.
package raft

import (
	"time"

	"github.com/assaykit/assay/harness/actor"
)

// Config says how patient nodes are, and what is wrong with them. Zero fields
// mean the default. All nodes need the same.
type Config struct {
	Bug Bug
	// Heartbeat is how often a leader makes itself heard; 50 ms.
	Heartbeat time.Duration
	// ElectionMin and ElectionMax bound the random time without a leader's word
	// after which a node wants to be leader; 150 and 300 ms. A leader that hears
	// from no majority for ElectionMax steps down.
	ElectionMin, ElectionMax time.Duration
	// Retry is how long a request may go without an answer before it is sent
	// again, Deadline when the client is told that the outcome is unknown; 200
	// and 900 ms.
	Retry, Deadline time.Duration
	// Batch is how many log entries one message carries at most; 128.
	Batch int
}

// gatewayTick is how often a node looks after the requests that wait.
const gatewayTick = 50 * time.Millisecond

func (c Config) withDefaults() Config {
	orElse(&c.Heartbeat, 50*time.Millisecond)
	orElse(&c.ElectionMin, 150*time.Millisecond)
	orElse(&c.ElectionMax, 2*c.ElectionMin)
	orElse(&c.Retry, 200*time.Millisecond)
	orElse(&c.Deadline, 900*time.Millisecond)
	orElse(&c.Batch, 128)
	return c
}

func orElse[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Actor is the protocol with its configuration.
type Actor struct{ config Config }

// New makes the protocol.
func New(c Config) Actor { return Actor{c.withDefaults()} }

var _ actor.Actor[State, Message] = Actor{}

// State is one node: what Raft keeps on disk first, then what a restart forgets.
type State struct {
	Term int      `json:"term"`
	Vote actor.ID `json:"vote,omitempty"`
	Log  []Entry  `json:"log,omitempty"`
	// Incarnation counts the starts of this node. It makes the numbers of
	// requests unique.
	Incarnation int `json:"incarnation"`

	Role Role `json:"role"`
	// Leader is who leads this term, as far as this node knows; it is forgotten
	// when nothing is heard from it for an election timeout.
	Leader actor.ID `json:"leader,omitempty"`
	// Commit is the last index known to be committed, Applied the last that
	// Machine has seen.
	Commit  int     `json:"commit"`
	Applied int     `json:"applied"`
	Machine Machine `json:"machine"`
	// Votes are those granted in the election or pre-election that runs.
	Votes   map[actor.ID]bool `json:"votes,omitempty"`
	Lead    Leadership        `json:"lead"`
	Gateway Gateway           `json:"gateway"`
}

// Role is what a node is in its term.
type Role string

const (
	FollowerRole Role = "follower"
	// PreCandidateRole asks whether it could win, without disturbing the term.
	PreCandidateRole Role = "pre-candidate"
	CandidateRole    Role = "candidate"
	LeaderRole       Role = "leader"
)

// The timers of a node.
const (
	electionTimer  = "election"
	heartbeatTimer = "heartbeat"
	gatewayTimer   = "gateway"
	removalTimer   = "removal"
)

// node is one reaction of one node: everything that its methods may touch.
type node struct {
	actor.Context[Message]
	*State
	config Config
}

func (a Actor) at(c actor.Context[Message], s *State) node {
	return node{Context: c, State: s, config: a.config}
}

func (n node) bug(b Bug) bool { return n.config.Bug == b }

// Start implements actor.Actor.
func (a Actor) Start(c actor.Context[Message], durable [][]byte) State {
	s := State{Role: FollowerRole, Machine: newMachine()}
	s.replay(durable)
	n := a.at(c, &s)
	n.beginIncarnation()
	n.waitForLeader()
	return s
}

// Receive implements actor.Actor.
func (a Actor) Receive(c actor.Context[Message], s *State, from actor.ID, m Message) {
	n := a.at(c, s)
	n.renewLease(from, m.Term)
	// Clients' requests between nodes have nothing to do with terms.
	switch {
	case m.Forward != nil:
		n.execute(*m.Forward)
		return
	case m.Answer != nil:
		n.resolve(*m.Answer)
		return
	}
	if m.Term > n.Term {
		n.follow(m.Term, "")
	}
	switch {
	case m.VoteRequest != nil:
		n.voteRequested(from, m.Term, *m.VoteRequest)
	case m.VoteReply != nil:
		n.voted(from, m.Term, *m.VoteReply)
	case m.Append != nil:
		n.append(from, m.Term, *m.Append)
	case m.AppendReply != nil:
		n.appended(from, m.Term, *m.AppendReply)
	}
}

// Timer implements actor.Actor.
func (a Actor) Timer(c actor.Context[Message], s *State, name string) {
	n := a.at(c, s)
	switch name {
	case electionTimer:
		n.electionTimeout()
	case heartbeatTimer:
		n.heartbeat()
	case gatewayTimer:
		n.retry()
	case removalTimer:
		n.removeHandedOut()
	case tickTimer:
		n.tick()
	case reserveTimer:
		n.reserveIssued()
	}
}

// Request implements actor.Actor.
func (a Actor) Request(c actor.Context[Message], s *State, request uint64, body []byte) {
	a.at(c, s).request(request, body)
}

// majority is how many nodes decide.
func (n node) majority() int { return (len(n.Peers())+1)/2 + 1 }

func (n node) broadcast(m Message) {
	for _, p := range n.Peers() {
		n.Send(p, m)
	}
}
