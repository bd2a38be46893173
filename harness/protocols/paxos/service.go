package paxos

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/call"
)

// What makes a service of the algorithm: waiting, trying again, and a disk.

const retryTimer = "retry"

// wait keeps a request until there is a decision, which may be now.
func (n node) wait(request uint64) {
	n.Waiting = append(n.Waiting, request)
	if n.Decided {
		n.answerAll()
	}
}

func (n node) answerAll() {
	for _, request := range n.Waiting {
		n.Reply(request, n.told())
	}
	n.Waiting = nil
	n.CancelTimer(retryTimer)
}

func (n node) told() []byte { return call.Valued(n.Accepted.Proposal.Value).Body() }

// again looks after a ballot later. Proposers that outrun each other come back after
// different times, so that one of them is left alone sooner or later.
func (n node) again() {
	if n.config.Retry > 0 {
		spread := int(n.config.Retry/time.Millisecond) + 1
		n.SetTimer(retryTimer, n.config.Retry+time.Duration(n.Choose(spread))*time.Millisecond)
	}
}

// Timer implements actor.Actor.
func (a Actor) Timer(c actor.Context[Message], s *State, _ string) {
	if n := (node{c, s, a}); !n.Decided && n.Proposal != nil {
		n.prepare()
	}
}

// remind tells a node that still asks what was decided.
func (n node) remind(to actor.ID, m Message) {
	if n.config.Retry > 0 && (m.Kind == Prepare || m.Kind == Accept) {
		n.Send(to, Message{Kind: Decide, Ballot: n.Ballot, Vote: n.Accepted})
	}
}

// memory is what a node must not forget: what it promised, accepted and knows.
type memory struct {
	Ballot   Ballot `json:"ballot"`
	Accepted Vote   `json:"accepted"`
	Decided  bool   `json:"decided"`
}

func (n node) remember() {
	if n.config.Volatile {
		return
	}
	record, err := json.Marshal(memory{n.Ballot, n.Accepted, n.Decided})
	if err != nil {
		panic(fmt.Sprintf("a promise does not encode: %v", err))
	}
	n.Persist(record)
}

// Start implements actor.Actor: the last record is what the node knew.
func (Actor) Start(_ actor.Context[Message], durable [][]byte) State {
	var m memory
	if len(durable) > 0 {
		if err := json.Unmarshal(durable[len(durable)-1], &m); err != nil {
			panic(fmt.Sprintf("a record of our own does not decode: %v", err))
		}
	}
	return State{Ballot: m.Ballot, Accepted: m.Accepted, Decided: m.Decided}
}
