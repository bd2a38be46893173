// Package abd is the register of Attiya, Bar-Noy and Dolev (Sharing Memory
// Robustly in Message-Passing Systems, 1995), for many writers as Lynch and
// Shvartsman extended it: linearizable as long as a majority of the nodes answers,
// without a leader and without consensus. It offers reads and writes; no
// compare-and-set can be had this way.
//
// A node that is asked for either first queries a majority for its versions, and
// then records the newest value (a read), or a newer one (a write), at a majority.
// That a read writes back what it is going to tell looks like a waste, and is the
// point of the algorithm: without it, a second reader may miss what the first saw.
package abd

import (
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/call"
)

// Actor is the protocol with its configuration, of which the zero value is
// correct where no message is lost and no node restarts.
type Actor struct {
	// Retry is after what time a node sends again what a majority has not answered;
	// 0 is never.
	Retry time.Duration
	// NoWriteBack is the mistake of answering a read after its first phase.
	NoWriteBack bool
	// Volatile is the mistake of keeping the register in memory only, so that a
	// majority that restarts has forgotten what it promised to remember.
	Volatile bool
}

// Version orders what was written: by round, and among the writes of one round by
// writer. The zero round is that of a register never written to.
type Version struct {
	Round  int      `json:"round"`
	Writer actor.ID `json:"writer"`
}

// Less is the order of versions.
func (v Version) Less(w Version) bool {
	return v.Round < w.Round || v.Round == w.Round && v.Writer < w.Writer
}

// Copy is what a node holds.
type Copy struct {
	Version Version `json:"version"`
	Value   int     `json:"value"`
}

// State is one node.
type State struct {
	Copy Copy `json:"copy"`
	// Asked is the request that this node works at, one at a time. A request that
	// comes meanwhile is not taken.
	Asked *Asked `json:"asked,omitempty"`
}

// Asked is a request in one of its two phases.
type Asked struct {
	Request uint64 `json:"request"`
	// Copies are what nodes hold, in the first phase. Write is what is to be written,
	// nil for a read.
	Copies map[actor.ID]Copy `json:"copies,omitempty"`
	Write  *int              `json:"write,omitempty"`
	// Recorded are the nodes that hold what they shall, in the second phase. Answer is
	// what the client is going to be told.
	Recorded map[actor.ID]bool `json:"recorded,omitempty"`
	Answer   call.Answer       `json:"answer"`
}

// Message is one of four: a query, its answer, a record, its answer.
type Message struct {
	Kind    Kind   `json:"kind"`
	Request uint64 `json:"request"`
	// Copy is that of an answer to a query, and of a record.
	Copy Copy `json:"copy"`
}

// Kind says which of the four a message is.
type Kind string

const (
	Query    Kind = "query"
	Queried  Kind = "queried"
	Record   Kind = "record"
	Recorded Kind = "recorded"
)

// retryTimer asks whoever has not answered once more.
const retryTimer = "retry"

var _ actor.Actor[State, Message] = Actor{}

// node is one reaction of one node.
type node struct {
	actor.Context[Message]
	*State
	config Actor
}

// Start implements actor.Actor.
func (a Actor) Start(c actor.Context[Message], durable [][]byte) State {
	s := State{Copy: Copy{Version: Version{Writer: c.Self()}}}
	if len(durable) > 0 {
		s.Copy = decode(durable[len(durable)-1])
	}
	return s
}

// Request implements actor.Actor: the first phase begins.
func (a Actor) Request(c actor.Context[Message], s *State, request uint64, body []byte) {
	n := node{c, s, a}
	r, err := call.Parse(body)
	switch {
	case err != nil:
		n.Reply(request, call.Refused("%v", err).Body())
	case r.F != call.Read && r.F != call.Write:
		n.Reply(request, call.Unknown(r.F, "read, write").Body())
	case n.Asked == nil:
		n.query(request, r)
	}
}

func (n node) query(request uint64, r call.Request) {
	n.Asked = &Asked{Request: request, Copies: map[actor.ID]Copy{n.Self(): n.Copy}}
	if r.F == call.Write {
		n.Asked.Write = &r.Value
	}
	n.tell(Message{Kind: Query, Request: request})
	n.countCopies()
}

// tell sends all others what the phase is about.
func (n node) tell(m Message) {
	for _, p := range n.Peers() {
		n.Send(p, m)
	}
	if n.config.Retry > 0 {
		n.SetTimer(retryTimer, n.config.Retry)
	}
}

// Timer implements actor.Actor: whoever has not answered is told once more. What is to
// be recorded is the node's own copy by now, or an older one, which that serves for.
func (a Actor) Timer(c actor.Context[Message], s *State, _ string) {
	n := node{c, s, a}
	switch {
	case n.Asked == nil:
	case n.Asked.Recorded == nil:
		n.tell(Message{Kind: Query, Request: n.Asked.Request})
	default:
		n.tell(Message{Kind: Record, Request: n.Asked.Request, Copy: n.Copy})
	}
}

// Receive implements actor.Actor.
func (a Actor) Receive(c actor.Context[Message], s *State, from actor.ID, m Message) {
	n := node{c, s, a}
	switch m.Kind {
	case Query:
		n.Send(from, Message{Kind: Queried, Request: m.Request, Copy: n.Copy})
	case Record:
		n.hold(m.Copy)
		n.Send(from, Message{Kind: Recorded, Request: m.Request})
	case Queried:
		if n.Asked != nil && n.Asked.Request == m.Request && n.Asked.Copies != nil {
			n.Asked.Copies[from] = m.Copy
			n.countCopies()
		}
	case Recorded:
		if n.Asked != nil && n.Asked.Request == m.Request && n.Asked.Recorded != nil {
			n.Asked.Recorded[from] = true
			n.countRecorded()
		}
	}
}

// hold takes over what is newer than what this node has, and makes it durable.
func (n node) hold(c Copy) {
	if !n.Copy.Version.Less(c.Version) {
		return
	}
	n.Copy = c
	if !n.config.Volatile {
		n.Persist(encode(c))
	}
}

// countCopies begins the second phase once a majority has told what it holds. Any
// two majorities have a node in common: what was recorded is among the copies.
func (n node) countCopies() {
	if len(n.Asked.Copies) < n.majority() {
		return
	}
	newest, answer := n.newest(), call.Done()
	if n.Asked.Write != nil {
		newest = Copy{Version{newest.Version.Round + 1, n.Self()}, *n.Asked.Write}
	} else {
		answer = call.Maybe(newest.Value, newest.Version.Round > 0)
	}
	if n.Asked.Write == nil && n.config.NoWriteBack {
		n.finish(answer)
		return
	}
	*n.Asked = Asked{Request: n.Asked.Request, Recorded: map[actor.ID]bool{n.Self(): true}, Answer: answer}
	n.hold(newest)
	n.tell(Message{Kind: Record, Request: n.Asked.Request, Copy: newest})
	n.countRecorded()
}

func (n node) newest() Copy {
	newest := n.Asked.Copies[n.Self()]
	for _, c := range n.Asked.Copies {
		if newest.Version.Less(c.Version) {
			newest = c
		}
	}
	return newest
}

func (n node) countRecorded() {
	if len(n.Asked.Recorded) >= n.majority() {
		n.finish(n.Asked.Answer)
	}
}

func (n node) finish(answer call.Answer) {
	n.Reply(n.Asked.Request, answer.Body())
	n.Asked = nil
	n.CancelTimer(retryTimer)
}

// majority is of all nodes, this one included.
func (n node) majority() int { return (len(n.Peers())+1)/2 + 1 }
