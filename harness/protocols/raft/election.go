package raft

import (
	"time"

	"github.com/assaykit/assay/harness/actor"
)

// waitForLeader starts the patience of a node that does not lead anew.
func (n node) waitForLeader() {
	spread := n.config.ElectionMax - n.config.ElectionMin
	patience := n.config.ElectionMin + time.Duration(n.Choose(int(spread/time.Millisecond)+1))*time.Millisecond
	n.SetTimer(electionTimer, patience)
}

// follow makes the node a follower in the term, which is its own or a later
// one. Leader is empty if it is not known.
func (n node) follow(term int, leader actor.ID) {
	if term > n.Term {
		n.enterTerm(term, "")
		n.Leader = ""
	}
	if n.Role == LeaderRole {
		n.retire()
	}
	n.Role, n.Votes = FollowerRole, nil
	if leader != "" {
		n.meetLeader(leader)
	}
}

// retire ends a leadership. The requests that it had not answered are sent
// again by their gateways.
func (n node) retire() {
	n.Leader, n.Lead = "", Leadership{}
	n.CancelTimer(heartbeatTimer)
	n.CancelTimer(removalTimer)
	n.CancelTimer(tickTimer)
	n.CancelTimer(reserveTimer)
	n.waitForLeader()
}

// electionTimeout asks the others whether this node could win, before it raises
// the term: a node that was cut off does not depose a leader that works
// (thesis, 9.6).
func (n node) electionTimeout() {
	if n.Role == LeaderRole {
		return
	}
	n.Leader = ""
	n.Role = PreCandidateRole
	n.campaign()
}

// campaign asks for votes for the role that the node has taken.
func (n node) campaign() {
	n.waitForLeader()
	n.Votes = map[actor.ID]bool{n.Self(): true}
	n.broadcast(Message{Term: n.Term, VoteRequest: &VoteRequest{
		Pre:       n.Role == PreCandidateRole,
		LastIndex: n.last(),
		LastTerm:  n.termAt(n.last()),
	}})
	n.countVotes()
}

func (n node) voteRequested(from actor.ID, term int, r VoteRequest) {
	granted := term == n.Term && n.upToDate(r)
	if r.Pre {
		// Whoever hears from a leader, or leads, wants no other.
		granted = granted && n.Leader == ""
	} else {
		granted = granted && (n.Vote == "" || n.Vote == from)
	}
	if granted && !r.Pre {
		n.enterTerm(term, from)
		n.waitForLeader()
	}
	n.Send(from, Message{Term: n.Term, VoteReply: &VoteReply{Pre: r.Pre, Granted: granted}})
}

// upToDate says whether the candidate's log holds all that may be committed
// (paper, 5.4.1).
func (n node) upToDate(r VoteRequest) bool {
	own := n.termAt(n.last())
	return r.LastTerm > own || r.LastTerm == own && r.LastIndex >= n.last()
}

func (n node) voted(from actor.ID, term int, r VoteReply) {
	wanted := n.Role == PreCandidateRole && r.Pre || n.Role == CandidateRole && !r.Pre
	if term != n.Term || !wanted || !r.Granted {
		return
	}
	n.Votes[from] = true
	n.countVotes()
}

func (n node) countVotes() {
	if len(n.Votes) < n.majority() {
		return
	}
	if n.Role == CandidateRole {
		n.lead()
		return
	}
	n.Role = CandidateRole
	n.enterTerm(n.Term+1, n.Self())
	n.campaign()
}

// lead begins a leadership.
func (n node) lead() {
	n.Role, n.Votes = LeaderRole, nil
	n.CancelTimer(electionTimer)
	n.Lead = Leadership{Followers: make(map[actor.ID]*Follower)}
	for _, p := range n.Peers() {
		n.Lead.Followers[p] = &Follower{Next: n.last() + 1}
	}
	n.heartbeat()
	// The first entry of the term commits all before it; a leader that waits for
	// a client's write instead would have to guess (paper, 5.4.2 and 8).
	if !n.bug(CommitPreviousTerm) {
		n.propose(Entry{})
	}
	n.Lead.Floor = n.last()
	n.meetLeader(n.Self())
}

// meetLeader notes who leads, and gives it what clients wait for.
func (n node) meetLeader(leader actor.ID) {
	known := n.Leader == leader
	n.Leader = leader
	if !known {
		n.forwardAll()
	}
}
