// Package protocol is what a runtime and its agent say to each other: one JSON
// object a line, one response for each request, in order. It holds types only,
// so that the runtime does not link what the agent needs.
package protocol

import "net/netip"

// Operation is what a request asks for.
type Operation string

const (
	// Ping asks whether the agent is there.
	Ping Operation = "ping"
	// Rules makes exactly the rules of the request's nodes hold; nodes that it
	// does not name are healed and forgotten.
	Rules Operation = "rules"
	// Reach observes whether packets pass between the request's nodes.
	Reach Operation = "reach"
	// Corrupted counts the packets that were changed under the present rules.
	Corrupted Operation = "corrupted"
	// Check tries in a throw-away namespace which mechanisms work here.
	Check Operation = "check"
)

// The mechanisms that Check tries.
const (
	Drop    = "drop"
	Corrupt = "corrupt"
)

// Request is one line from the runtime to the agent.
type Request struct {
	Operation Operation `json:"operation"`
	// Nodes are all nodes that run (paused ones too), for Rules and Reach.
	Nodes []Node `json:"nodes,omitempty"`
}

// Node is a running node and the rules that are to hold for what it receives.
type Node struct {
	Name string `json:"name"`
	// Incarnation changes whenever the node gets another network namespace. The
	// inode of a namespace would not do: kernels give it to the next one.
	Incarnation string `json:"incarnation"`
	// PID is a process in the node's namespaces, as the agent sees it.
	PID int `json:"pid"`
	// Address is the node's own, by which the agent makes sure that the PID has
	// not passed to somebody else.
	Address netip.Addr `json:"address"`
	// Drop are the peers whose packets do not arrive.
	Drop []netip.Addr `json:"drop,omitempty"`
	// Noise are the peers whose packets arrive changed.
	Noise []Noise `json:"noise,omitempty"`
	// Skew is how its clocks differ, for Clocks.
	Skew *Skew `json:"skew,omitempty"`
}

// Noise is a probability with which a packet with payload is changed.
type Noise struct {
	From        netip.Addr `json:"from"`
	Probability float64    `json:"probability"`
}

// Response is one line from the agent to the runtime.
type Response struct {
	// Error says why the request failed as a whole.
	Error string `json:"error,omitempty"`
	// Failed says, for Rules and Reach, why it failed at the named nodes.
	Failed map[string]string `json:"failed,omitempty"`
	// Links are the answer to Reach and Corrupted.
	Links []Link `json:"links,omitempty"`
	// Missing is the answer to Check: mechanisms that do not work, and why.
	Missing map[string]string `json:"missing,omitempty"`
	// Clocks are the answer to Times.
	Clocks []NodeClock `json:"clocks,omitempty"`
}

// Link is the way from one node to another, with what was observed on it.
type Link struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Arrives says whether a packet arrived (Reach).
	Arrives bool `json:"arrives,omitempty"`
	// Packets is how many arrived changed (Corrupted).
	Packets uint64 `json:"packets,omitempty"`
}
