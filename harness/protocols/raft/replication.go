package raft

import (
	"slices"

	"github.com/assaykit/assay/harness/actor"
)

// Leadership is what only a leader needs.
type Leadership struct {
	Followers map[actor.ID]*Follower `json:"followers,omitempty"`
	// Floor is the last index at the election: whatever was committed before is
	// at or below it.
	Floor int `json:"floor,omitempty"`
	// Round is the number of the last round of messages to all.
	Round int    `json:"round,omitempty"`
	Reads []Read `json:"reads,omitempty"`
	// Beats counts the first heartbeats, for the bug CommitPreviousTerm only.
	Beats int `json:"beats,omitempty"`
	// HandedOut is used by the bug Redeliver only.
	HandedOut []HandOut `json:"handed_out,omitempty"`
	// Ticking is set while the next tick is awaited.
	Ticking bool `json:"ticking,omitempty"`
	// Locks and Tokens are used by the bug LeaseInMemory only, Issued by the bug
	// IdentifiersInMemory.
	Locks  map[string]Hold `json:"locks,omitempty"`
	Tokens int             `json:"tokens,omitempty"`
	Issued int             `json:"issued,omitempty"`
}

// Follower is what the leader knows of another node.
type Follower struct {
	// Next is the index to send next, Match the last known to be there.
	Next  int `json:"next"`
	Match int `json:"match"`
	// InFlight is the last index that was sent and not yet answered; 0 is none.
	// One batch is under way at a time, and what is proposed meanwhile makes the
	// next one: under load, batches grow by themselves.
	InFlight int `json:"in_flight,omitempty"`
	// Round is the last round that it answered.
	Round int `json:"round"`
	// Silent counts heartbeats since it was last heard.
	Silent int `json:"silent"`
	// Lease is used by the bug LeaseByWallClock only.
	Lease int64 `json:"lease,omitempty"`
}

// propose appends an entry to the leader's log and sends it on its way.
func (n node) propose(e Entry) {
	e.Term = n.Term
	n.appendLog(n.last(), e)
	for _, p := range n.Peers() {
		n.sendBatch(p)
	}
	n.advanceCommit()
}

// heartbeat makes the leader heard, unless it should be one no more.
func (n node) heartbeat() {
	switch {
	case n.Role != LeaderRole:
		return
	case n.deserted():
		n.follow(n.Term, "")
		return
	}
	for _, p := range n.Peers() {
		f := n.Lead.Followers[p]
		f.Silent++
		// A batch that is not answered by now may be lost. The reply to this
		// heartbeat tells what to send again.
		f.InFlight = 0
	}
	if n.settling() {
		n.Lead.Beats++
	}
	n.startRound()
	n.SetTimer(heartbeatTimer, n.config.Heartbeat)
}

// deserted says that a leader should be one no more. With the bug LeaseByWallClock it
// stays as long as its lease does, however long nobody was heard.
func (n node) deserted() bool {
	switch {
	case n.heardByMajority(), n.bug(NoMajority), n.bug(StaleReads):
		return false
	case n.bug(LeaseByWallClock):
		return !n.leaseHeld()
	}
	return true
}

// heardByMajority is check-quorum: a leader that is cut off finds out by itself
// (thesis, 6.2).
func (n node) heardByMajority() bool {
	heard := 1
	for _, p := range n.Peers() {
		if n.Lead.Followers[p].Silent <= n.patience() {
			heard++
		}
	}
	return heard >= n.majority()
}

// patience is an election timeout in heartbeats.
func (n node) patience() int { return int(n.config.ElectionMax / n.config.Heartbeat) }

// settling says that a new leader takes no writes yet: with the bug
// CommitPreviousTerm it waits until an older leader must have stepped down,
// instead of writing an entry of its own.
func (n node) settling() bool {
	return n.bug(CommitPreviousTerm) && n.Lead.Beats < n.patience()+2
}

// startRound asks all followers to confirm that this node leads.
func (n node) startRound() {
	n.Lead.Round++
	for _, p := range n.Peers() {
		n.sendAppend(p, nil)
	}
}

func (n node) sendBatch(to actor.ID) {
	f := n.Lead.Followers[to]
	if f.InFlight != 0 || f.Next > n.last() {
		return
	}
	f.InFlight = min(n.last(), f.Next-1+n.config.Batch)
	n.sendAppend(to, slices.Clone(n.Log[f.Next-1:f.InFlight]))
}

func (n node) sendAppend(to actor.ID, entries []Entry) {
	previous := n.Lead.Followers[to].Next - 1
	n.Send(to, Message{Term: n.Term, Append: &Append{
		PrevIndex: previous,
		PrevTerm:  n.termAt(previous),
		Entries:   entries,
		Commit:    n.Commit,
		Round:     n.Lead.Round,
	}})
}

// append is the follower's side.
func (n node) append(from actor.ID, term int, a Append) {
	if term < n.Term || a.PrevTerm < 0 {
		n.Send(from, Message{Term: n.Term, AppendReply: &AppendReply{}})
		return
	}
	n.follow(term, from)
	n.waitForLeader()
	reply := AppendReply{Round: a.Round}
	if n.termAt(a.PrevIndex) == a.PrevTerm {
		reply.OK, reply.Match = true, a.PrevIndex+len(a.Entries)
		n.adopt(a)
		// Only what this message speaks of is known to be the leader's too.
		n.Commit = max(n.Commit, min(a.Commit, reply.Match))
		n.apply()
	} else {
		reply.Hint = n.conflict(a.PrevIndex)
	}
	n.Send(from, Message{Term: n.Term, AppendReply: &reply})
}

// adopt takes over the entries that are not in the log yet. Nothing is cut off
// unless it contradicts: a delayed message must not undo a later one.
func (n node) adopt(a Append) {
	for i, e := range a.Entries {
		if index := a.PrevIndex + 1 + i; n.termAt(index) != e.Term {
			n.appendLog(index-1, a.Entries[i:]...)
			return
		}
	}
}

// conflict is the index from which the leader had better try again: behind the
// log's end, or the first entry of the term that does not match (paper, 5.3).
func (n node) conflict(index int) int {
	if index > n.last() {
		return n.last() + 1
	}
	term := n.termAt(index)
	for index > n.Commit+1 && n.termAt(index-1) == term {
		index--
	}
	return index
}

// appended is the leader's side of a reply.
func (n node) appended(from actor.ID, term int, r AppendReply) {
	f, known := n.Lead.Followers[from]
	if n.Role != LeaderRole || term != n.Term || !known {
		return
	}
	f.Silent = 0
	f.Round = max(f.Round, r.Round)
	n.learn(f, r)
	if r.OK {
		n.sendBatch(from)
		n.advanceCommit()
	}
	n.serveReads()
}

// learn notes how far the follower's log matches. After a rejection the next
// heartbeat tries at the hint: a follower that finds a heap of delayed messages
// rejects them all, and must not be sent the log as many times.
func (n node) learn(f *Follower, r AppendReply) {
	if !r.OK {
		f.Next = max(f.Match+1, min(r.Hint, f.Next))
		f.InFlight = 0
		return
	}
	f.Match = max(f.Match, min(r.Match, n.last()))
	f.Next = max(f.Next, f.Match+1)
	if f.Match >= f.InFlight {
		f.InFlight = 0
	}
}

// advanceCommit commits what a majority has, if it ends in this term's entries
// (paper, 5.4.2).
func (n node) advanceCommit() {
	index := n.replicated()
	if n.bug(NoMajority) {
		index = n.last()
	}
	if index <= n.Commit {
		return
	}
	if n.termAt(index) != n.Term && !n.bug(CommitPreviousTerm) {
		return
	}
	n.Commit = index
	n.apply()
}

// replicated is the last index that a majority has in its log.
func (n node) replicated() int {
	matches := []int{n.last()}
	for _, p := range n.Peers() {
		matches = append(matches, n.Lead.Followers[p].Match)
	}
	slices.Sort(matches)
	return matches[len(matches)-n.majority()]
}

// apply hands what is committed to the state machine, and as a leader answers
// the gateways that wait for it.
func (n node) apply() {
	first := n.Applied
	var results []Response
	for n.Applied < min(n.Commit, n.last()) {
		results = append(results, n.Machine.apply(n.Log[n.Applied], n.config.Bug))
		n.Applied++
	}
	n.keepTime()
	if n.Role != LeaderRole {
		return
	}
	for i, result := range results {
		n.answerApplied(n.Log[first+i], result)
	}
	n.serveReads()
}

// answerApplied answers a request, unless its gateway has long stopped waiting:
// a node that has just started applies thousands of those.
func (n node) answerApplied(e Entry, result Response) {
	if e.Command.F == remove {
		n.forgetHandedOut(e.Command)
	}
	if n.goOn(e, result) {
		return
	}
	if n.Machine.awaited(e.ID) {
		n.answer(e.ID, result)
	}
}
