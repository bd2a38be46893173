package raft

import (
	"fmt"

	"github.com/assaykit/assay/harness/actor"
)

// Entry is one place of the replicated log; indexes count from 1. An entry
// without a command is a leader's first of its term.
type Entry struct {
	Term    int       `json:"term"`
	ID      RequestID `json:"id,omitzero"`
	Low     int       `json:"low,omitempty"`
	Command Command   `json:"command,omitzero"`
}

// replay makes the durable part of the state from its records.
func (s *State) replay(durable [][]byte) {
	for i, line := range durable {
		r, err := decodeRecord(line)
		if err != nil {
			panic(fmt.Sprintf("durable record %d: %v", i, err))
		}
		s.restore(r)
	}
}

func (s *State) restore(r record) {
	if r.Incarnation > 0 {
		s.Incarnation = r.Incarnation
	}
	if r.Term > 0 {
		s.Term, s.Vote = r.Term, r.Vote
	}
	if len(r.Entries) > 0 {
		s.Log = append(s.Log[:min(r.After, len(s.Log))], r.Entries...)
	}
}

func (n node) beginIncarnation() {
	n.Incarnation++
	n.Persist(record{Incarnation: n.Incarnation}.encode())
}

// enterTerm changes the term or the vote in it.
func (n node) enterTerm(term int, vote actor.ID) {
	n.Term, n.Vote = term, vote
	if n.bug(ForgetVote) {
		return
	}
	n.Persist(record{Term: term, Vote: vote}.encode())
}

// appendLog puts entries behind entry after, in place of what may be there.
func (n node) appendLog(after int, entries ...Entry) {
	n.Log = append(n.Log[:after], entries...)
	n.Persist(record{After: after, Entries: entries}.encode())
}

func (s *State) last() int { return len(s.Log) }

// termAt is the term of an entry: 0 before the first, -1 where there is none.
func (s *State) termAt(index int) int {
	switch {
	case index == 0:
		return 0
	case index < 0 || index > s.last():
		return -1
	}
	return s.Log[index-1].Term
}
