// Package actor says what a protocol written as a pure actor is. An actor
// reacts to events and asks for effects through its Context; it touches no
// clock, network, disk, goroutine or random source itself, so that the same
// code runs as a real process (harness/actor/process), in a simulation and in
// an exhaustive exploration.
package actor

import "time"

// ID names a node of the protocol.
type ID string

// Actor is a protocol. S is the state of one node, which only the actor's
// methods change; M is the type of the messages between nodes. Both must
// survive a round trip through encoding/json. An Actor value holds its
// configuration and never changes.
//
// The effects of one reaction take place together after the method returned:
// first everything that was persisted becomes durable, and only then do sends
// and replies leave the node. A crash in between loses the reaction as a whole.
type Actor[S, M any] interface {
	// Start makes the state of a node that starts or restarts, from the records
	// that it had persisted, oldest first (none at the first start).
	Start(c Context[M], durable [][]byte) S
	// Receive reacts to a message. Messages may be lost, repeated and reordered.
	Receive(c Context[M], s *S, from ID, m M)
	// Timer reacts to a timer that was set by name.
	Timer(c Context[M], s *S, name string)
	// Request reacts to a client. The answer is given by Context.Reply with the
	// same number, now or in a later reaction, at most once, or never.
	Request(c Context[M], s *S, request uint64, body []byte)
}

// Describer is implemented by actors that can tell in a few words what a node has become,
// such as "leader of term 2". It is for pictures: whoever draws one asks after a reaction,
// and shows what is new.
type Describer[S any] interface{ Describe(s *S) string }

// Context is how an actor learns where it is and asks for effects. It is valid
// only during the call that it was passed to.
type Context[M any] interface {
	Self() ID
	// Peers are all other nodes, in a fixed order.
	Peers() []ID
	Send(to ID, m M)
	// SetTimer (re)sets the named timer of this node. Timers do not survive a
	// restart.
	SetTimer(name string, after time.Duration)
	CancelTimer(name string)
	// Persist appends a record to the node's durable log.
	Persist(record []byte)
	// Reply answers a client's request that this incarnation of the node got.
	Reply(request uint64, body []byte)
	// Choose draws a number in [0, n). It is the only source of chance.
	Choose(n int) int
	// Now is the node's monotonic time since some moment, which is another one
	// after a restart. It never jumps.
	Now() time.Duration
	// WallClock is the node's idea of the time of day, in nanoseconds since
	// 1970. It may jump, and differ from node to node.
	WallClock() time.Duration
}
