package explore

import (
	"fmt"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/history"
)

// System is a cluster of actors with its clients and all that may go wrong. S is the
// state of a node and M a message, as of the actor: plain Go types.
//
// Nodes start in their order, each with what its first reaction asks for, and then
// the clients make their first requests. Thereafter one thing happens at a time, in
// every order that is possible: a message is delivered, a timer fires, a fault
// strikes. A delivery that changes nothing and sends nothing does not count as a
// step, but on an Ordered network, where it makes way for the next one.
type System[S, M any] struct {
	Nodes   []Node[S, M]
	Clients []Client
	Network Network
	// Lossy lets any message that could be delivered be lost instead, without a
	// budget.
	Lossy  bool
	Faults Faults
	// Timeouts is how many timers may fire altogether. Zero is Unlimited, as a timer
	// that is set does fire; Never is none.
	Timeouts int
	// Fairness is what runs of Eventually properties are promised.
	Fairness Fairness
	// Boundary, if there is one, keeps the search to the states for which it is
	// true. An actor whose counters grow for ever has infinitely many states.
	Boundary func(View[S, M]) bool
	// Properties judge states, Promises what clients saw.
	Properties []Property[View[S, M]]
	Promises   []Promise
	// Interchangeable are groups of nodes that differ in nothing but their names: of
	// states that differ in the same way, one is visited. Their actors must not
	// compare names by order, nor properties tell them apart; the former is checked
	// with each reaction. A node that a client speaks to is not interchangeable.
	Interchangeable [][]actor.ID
}

// Node is a node with its actor.
type Node[S, M any] struct {
	ID    actor.ID
	Actor actor.Actor[S, M]
}

// Cluster is n nodes, n1 to nN, with the same actor.
func Cluster[S, M any](a actor.Actor[S, M], n int) []Node[S, M] {
	nodes := make([]Node[S, M], n)
	for i := range nodes {
		nodes[i] = Node[S, M]{actor.ID(fmt.Sprintf("n%d", i+1)), a}
	}
	return nodes
}

// Client makes one request after another: each when the one before was answered. It
// does not repeat a request, and ignores answers that it does not wait for.
type Client struct {
	ID    actor.ID
	Calls []Call
}

// Call is an operation of a client. The request and its answer are messages on the
// network like those between nodes; the actor sees the request under a number that
// no other request of the exploration has, whatever node it is made to, and may
// pass the number on: whichever node replies, the reply goes to the client.
type Call struct {
	// Node is the node to which the request is made.
	Node actor.ID
	// Op is what the history says of it: F, Key and Value.
	Op history.Op
	// Body is the request as the actor gets it.
	Body []byte
	// Read reads an answer. It is a pure function.
	Read func(reply []byte) (Answer, error)
}

// Answer is what the history says of an answer.
type Answer struct {
	// Type is OK, Fail or Info. After an Info the client makes no further calls, as
	// its process may not go on.
	Type  history.Type
	Value history.Value
	// Error says why the Type is not OK.
	Error string
}

// InTurn gives each client's k-th call to a node, so that all have work: client i
// begins at node i and goes on to the next one with each call.
func InTurn(nodes []actor.ID, clients ...[]Call) []Client {
	all := make([]Client, len(clients))
	for i, calls := range clients {
		all[i] = Client{ID: actor.ID(fmt.Sprintf("c%d", i+1)), Calls: make([]Call, len(calls))}
		for k, c := range calls {
			c.Node = nodes[(i+k)%len(nodes)]
			all[i].Calls[k] = c
		}
	}
	return all
}

// IDs are the names of nodes.
func IDs[S, M any](nodes []Node[S, M]) []actor.ID {
	ids := make([]actor.ID, len(nodes))
	for i, n := range nodes {
		ids[i] = n.ID
	}
	return ids
}

// Network is what becomes of messages.
type Network int

const (
	// Unordered delivers each message once, in any order.
	Unordered Network = iota
	// Duplicating delivers each message any number of times, in any order. Which
	// message was delivered last is part of the state.
	Duplicating
	// Ordered delivers each message once, and those from one node to another in the
	// order in which they were sent.
	Ordered
)

// String is the word for people and flags.
func (n Network) String() string {
	switch n {
	case Unordered:
		return "unordered"
	case Duplicating:
		return "duplicating"
	case Ordered:
		return "ordered"
	}
	return fmt.Sprintf("network %d", int(n))
}

// Unlimited and Never are budgets.
const (
	Unlimited = -1
	Never     = -2
)

// Faults are budgets: how often each fault may strike in a run. Zero is never,
// Unlimited is no limit. What was used of a budget is part of the state.
type Faults struct {
	// Drops is how many messages may be lost.
	Drops int
	// Duplicates is how often a message may be delivered once more.
	Duplicates int
	// Crashes and Restarts are how often nodes may crash, and start again. A node
	// that is down keeps nothing but what it had persisted; messages to it wait.
	Crashes, Restarts int
	// MostDown is how many nodes may be down at the same time; 0 is no limit.
	MostDown int
	// Partitions is how often the nodes may be cut into two sides. What is between
	// the sides waits until the partition heals, which can be at any time. Clients
	// reach all nodes.
	Partitions int
	// GiveUps is how often a client may stop waiting for an answer: the operation
	// may still happen, and the client goes on under a new process.
	GiveUps int
}

// Fairness is what must not be put off for ever on a run of an Eventually property.
type Fairness int

const (
	// Unfair: nothing is promised; any circle counts as a run.
	Unfair Fairness = iota
	// FairDelivery: a message that stays deliverable is delivered.
	FairDelivery
	// FairTimers: and a timer that stays set fires.
	FairTimers
)
