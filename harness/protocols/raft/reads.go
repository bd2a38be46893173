package raft

import (
	"slices"

	"github.com/assaykit/assay/harness/actor"
)

// Read is a request that changes nothing and waits at the leader until its
// answer is certain to be current (ReadIndex, thesis 6.4).
type Read struct {
	ID      RequestID `json:"id"`
	Command Command   `json:"command"`
	// Index has to be applied first.
	Index int `json:"index"`
	// Round has to be confirmed by a majority first: nobody else led when the
	// read arrived.
	Round int `json:"round"`
}

// execute does what a gateway asks of the leader. A node that does not lead
// keeps silent; the gateway will find out and ask again.
func (n node) execute(f Forward) {
	switch {
	case n.Role != LeaderRole:
	case f.Command.readOnly(), f.Command.F == receive && n.bug(Redeliver):
		n.read(f)
	case n.bug(LeaseInMemory) && (f.Command.F == "acquire" || f.Command.F == "release"):
		n.answer(f.ID, n.holdInMemory(f.Command))
	case n.bug(IdentifiersInMemory) && f.Command.F == generate:
		n.answer(f.ID, n.generateInMemory())
	case n.settling():
	case f.Command.F == transact:
		n.propose(n.transaction(f))
	default:
		n.propose(Entry{ID: f.ID, Low: f.Low, Command: f.Command})
		if n.bug(EarlyAck) && f.Command.unconditional() {
			n.answer(f.ID, Response{OK: true, Found: true})
		}
	}
}

func (n node) read(f Forward) {
	if n.bug(StaleReads) && f.Command.readOnly() {
		n.answer(f.ID, n.Machine.read(f.Command))
		return
	}
	index := max(n.Commit, n.Lead.Floor)
	if n.bug(EarlyAck) {
		index = n.last()
	}
	r := Read{ID: f.ID, Command: f.Command, Index: index, Round: n.joinRound()}
	n.Lead.Reads = append(n.Lead.Reads, r)
	n.serveReads()
}

// joinRound returns the round that proves leadership from now on. A round that
// is under way began too early; the next one serves all reads until then.
func (n node) joinRound() int {
	if n.confirmedRound() < n.Lead.Round {
		return n.Lead.Round + 1
	}
	n.startRound()
	return n.Lead.Round
}

// confirmedRound is the last round that a majority answered.
func (n node) confirmedRound() int {
	rounds := []int{n.Lead.Round}
	for _, p := range n.Peers() {
		rounds = append(rounds, min(n.Lead.Followers[p].Round, n.Lead.Round))
	}
	slices.Sort(rounds)
	return rounds[len(rounds)-n.majority()]
}

// serveReads answers the reads that may be, and starts the next round if one is
// wanted.
func (n node) serveReads() {
	confirmed := n.confirmedRound()
	var waiting []Read
	for _, r := range n.Lead.Reads {
		if r.Index <= n.Applied && n.entitled(r, confirmed) {
			n.answer(r.ID, n.perform(r))
		} else {
			waiting = append(waiting, r)
		}
	}
	n.Lead.Reads = waiting
	if confirmed == n.Lead.Round && wantRound(waiting, confirmed+1) {
		n.startRound()
	}
}

func wantRound(reads []Read, round int) bool {
	return slices.ContainsFunc(reads, func(r Read) bool { return r.Round >= round })
}

// entitled says whether this node certainly led after the read had arrived.
func (n node) entitled(r Read, confirmed int) bool {
	if n.bug(LeaseByWallClock) {
		return n.leaseHeld()
	}
	return r.Round <= confirmed
}

// renewLease takes every word from a follower for a sign that it still follows.
// The lease should count from the moment a question was sent, for its answer may
// have been lying in a buffer for long; and not by a clock that jumps.
func (n node) renewLease(from actor.ID, term int) {
	f, known := n.Lead.Followers[from]
	if !known || term != n.Term || !n.bug(LeaseByWallClock) {
		return
	}
	f.Lease = int64(n.WallClock())
	n.serveReads()
}

// leaseHeld believes that nobody else can lead for ElectionMin after a majority
// was heard.
func (n node) leaseHeld() bool {
	now := int64(n.WallClock())
	granted := 1
	for _, p := range n.Peers() {
		if now-n.Lead.Followers[p].Lease < int64(n.config.ElectionMin) {
			granted++
		}
	}
	return granted >= n.majority()
}

func (n node) perform(r Read) Response {
	if r.Command.F == receive {
		return n.handOut(r)
	}
	return n.Machine.read(r.Command)
}
