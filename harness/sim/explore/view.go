package explore

import (
	"iter"
	"slices"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/history"
)

// View is one state of a System, as properties see it. It is valid during the call
// only, and nothing that it gives is to be changed.
type View[S, M any] struct {
	expander *systemExpander[S, M]
	state    []uint32
}

// Nodes are the names of all nodes.
func (v View[S, M]) Nodes() []actor.ID { return v.expander.ids }

func (v View[S, M]) local(id actor.ID) *local[S] {
	return v.expander.local(v.state[v.expander.nodeNumber(id)])
}

// State is the state of a node; of one that is down, the last one before.
func (v View[S, M]) State(id actor.ID) *S { return v.local(id).state }

// States are all nodes' states.
func (v View[S, M]) States() iter.Seq2[actor.ID, *S] {
	return func(yield func(actor.ID, *S) bool) {
		for i, id := range v.expander.ids {
			if !yield(id, v.expander.local(v.state[i]).state) {
				return
			}
		}
	}
}

// Up says that a node is not down.
func (v View[S, M]) Up(id actor.ID) bool { return !v.local(id).down }

// Durable is what a node has persisted, oldest first. It is not kept, and empty, if
// no node can crash.
func (v View[S, M]) Durable(id actor.ID) [][]byte { return v.local(id).durable }

// Timers are the names of the timers of a node that are set.
func (v View[S, M]) Timers(id actor.ID) []string { return slices.Clone(v.local(id).timers) }

// Sent is a message on the network as properties see it.
type Sent[M any] struct {
	From, To actor.ID
	// Message is what one node sends to another; nil if this is a Request to a node
	// or a Reply to a client.
	Message        *M
	Request, Reply []byte
	// Number is that of the request or reply.
	Number uint64
}

// Messages are those on the network, and with an Ordered network only the next one
// from each node to each other. Those that a Duplicating network may deliver once
// more are among them.
func (v View[S, M]) Messages() iter.Seq[Sent[M]] {
	return func(yield func(Sent[M]) bool) {
		e := v.expander
		for at, end := e.network(v.state), len(v.state); at < end; at++ {
			if e.shadowed(v.state, at) {
				continue
			}
			if !yield(e.message(v.state[at]).sent(e)) {
				return
			}
		}
	}
}

// Answered is how many of a client's calls were answered.
func (v View[S, M]) Answered(client int) int {
	return v.expander.conversation(v.state).clients[client].answered
}

// Finished says that all calls of all clients were answered.
func (v View[S, M]) Finished() bool {
	for i, c := range v.expander.conversation(v.state).clients {
		if c.answered < len(v.expander.system.Clients[i].Calls) {
			return false
		}
	}
	return true
}

// History is what clients did and saw, if there are Promises: the processes'
// operations and which of them came before which others. The times are places in
// that order and mean nothing else.
func (v View[S, M]) History() *history.History {
	return v.expander.conversation(v.state).past.history(v.expander.script.clients)
}
