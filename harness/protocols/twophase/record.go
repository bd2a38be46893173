package twophase

import (
	"encoding/json"
	"fmt"

	"github.com/assaykit/assay/harness/actor"
)

// record is one line of a node's durable log. One of its fields is set.
type record struct {
	Prepared  *Transaction `json:"prepared,omitempty"`
	Committed *Transaction `json:"committed,omitempty"`
	Aborted   uint64       `json:"aborted,omitempty"`
}

func (n node) persist(r record) {
	line, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("a record does not encode: %v", err))
	}
	n.Persist(line)
}

// Start implements actor.Actor. A coordinator that had not decided does not go on
// with its transaction: it aborts it, as everybody presumes. Whoever else had voted
// asks.
func (a Actor) Start(c actor.Context[Message], durable [][]byte) State {
	var s State
	for _, line := range durable {
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			panic(fmt.Sprintf("a record of our own does not decode: %v", err))
		}
		s.replay(r)
	}
	n := node{c, &s, a}
	switch {
	case s.Prepared == nil:
	case s.Prepared.Coordinator == c.Self():
		t := *s.Prepared
		n.forget(t)
		n.broadcast(Message{Abort, t})
	default:
		n.SetTimer(doubtTimer, n.patience())
	}
	return s
}

func (s *State) replay(r record) {
	switch {
	case r.Prepared != nil:
		s.Prepared = r.Prepared
	case r.Committed != nil:
		s.Committed = r.Committed
		s.done(r.Committed.Request)
	default:
		if s.Aborted == nil {
			s.Aborted = make(map[uint64]bool)
		}
		s.Aborted[r.Aborted] = true
		s.done(r.Aborted)
	}
}

func (s *State) done(request uint64) {
	if s.Prepared != nil && s.Prepared.Request == request {
		s.Prepared = nil
	}
}
