// Package history records what clients and the nemesis did in a run, and gives
// it back: operations, their outcomes and their times, as a value that checkers
// judge and that survives a killed recorder. It knows nothing of clusters,
// workloads or checkers.
package history

import "time"

// Type says which half of an operation an Op is: its invocation, or one of the
// three ways in which it can complete.
type Type uint8

const (
	// Invoke: the operation begins; the request has not been sent yet.
	Invoke Type = iota
	// OK: it certainly took effect.
	OK
	// Fail: it certainly had no effect, now or later.
	Fail
	// Info: nobody knows. It may have happened, may happen later, or never.
	Info
)

// Nemesis is the process under which faults stand in a history.
const Nemesis = -1

// Mismatch is the Error of a failed compare-and-set whose comparison the system
// itself answered with "not equal". It is the one failure that tells something:
// the object did not hold the expected value at some moment of the call.
const Mismatch = "mismatch"

// Op is one line of a history: an invocation or a completion.
type Op struct {
	// Index is the op's place in the history, from 0.
	Index int
	// Process is the single-threaded identity that acted. After an Info
	// completion a process never acts again. The nemesis is process Nemesis.
	Process int
	Type    Type
	// F is what was done: read, write, cas, send, receive, add, ... and
	// inject, heal for the nemesis.
	F string
	// Key names the object; empty where a workload has only one.
	Key string
	// Value is the argument in an invocation, the result in a completion.
	Value Value
	// Time is when, in nanoseconds since the run began, on one monotonic clock.
	Time time.Duration
	// Node is the node that the client spoke to.
	Node string
	// Error says why an op is Fail or Info.
	Error string
	// Final marks the reads after all faults were healed.
	Final bool
	// Fault is set on the nemesis' ops only.
	Fault *Fault
}

// Fault is what the nemesis did, the same in all four ops of a fault: inject
// (Invoke, then OK once verified or Info if not) and heal (likewise).
type Fault struct {
	// ID is unique within the run.
	ID int `json:"id"`
	// Name is the family: partition, kill, pause, corrupt.
	Name string `json:"name"`
	// Shape is where and how it struck, in the words in which it was asked for.
	Shape string `json:"shape,omitempty"`
	// Nodes are the nodes it struck.
	Nodes []string `json:"nodes"`
	// Detail says what exactly, for people: "leader n2 | n1 n3".
	Detail string `json:"detail,omitempty"`
	// Sides are the groups of nodes that it cut off from each other; nil if
	// nothing was.
	Sides [][]string `json:"sides,omitempty"`
}
