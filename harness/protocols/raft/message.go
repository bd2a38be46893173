package raft

import "github.com/assaykit/assay/harness/actor"

// Message is what nodes send each other: exactly one of the pointers is set.
// Term is the sender's.
type Message struct {
	Term        int          `json:"term"`
	VoteRequest *VoteRequest `json:"vote_request,omitempty"`
	VoteReply   *VoteReply   `json:"vote_reply,omitempty"`
	Append      *Append      `json:"append,omitempty"`
	AppendReply *AppendReply `json:"append_reply,omitempty"`
	Forward     *Forward     `json:"forward,omitempty"`
	Answer      *Answer      `json:"answer,omitempty"`
}

// VoteRequest asks for a vote in the sender's term, or with Pre whether there
// would be one in the term after it.
type VoteRequest struct {
	Pre       bool `json:"pre,omitempty"`
	LastIndex int  `json:"last_index"`
	LastTerm  int  `json:"last_term"`
}

type VoteReply struct {
	Pre     bool `json:"pre,omitempty"`
	Granted bool `json:"granted"`
}

// Append carries the log from PrevIndex on (perhaps nothing) and the leader's
// commit index. Every Append is a heartbeat, and belongs to a round by which
// the leader proves that it still leads.
type Append struct {
	PrevIndex int     `json:"prev_index"`
	PrevTerm  int     `json:"prev_term"`
	Entries   []Entry `json:"entries,omitempty"`
	Commit    int     `json:"commit"`
	Round     int     `json:"round"`
}

// AppendReply says how far the follower's log is known to match (OK), or from
// which index the leader had better try again.
type AppendReply struct {
	OK    bool `json:"ok"`
	Match int  `json:"match,omitempty"`
	Hint  int  `json:"hint,omitempty"`
	Round int  `json:"round"`
}

// Forward carries a client's request from its gateway to the leader. What is
// asked comes first, as the answer does in Answer: where a transport changes
// bytes at certain places of a packet, they are more likely to mean something.
type Forward struct {
	Command Command   `json:"command"`
	ID      RequestID `json:"id"`
	// Low is the lowest number for which the gateway still wants an answer.
	Low int `json:"low"`
}

// Answer carries the response back.
type Answer struct {
	Response Response  `json:"response"`
	ID       RequestID `json:"id"`
}

// RequestID names a client's request once and for all: the node that took it,
// how often that node had started, and a number.
type RequestID struct {
	Gateway     actor.ID `json:"gateway,omitempty"`
	Incarnation int      `json:"incarnation,omitempty"`
	Number      int      `json:"number,omitempty"`
}
