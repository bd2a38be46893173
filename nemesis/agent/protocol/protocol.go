// Package protocol is what a runtime and its agent say to each other: one JSON
// object a line, one response for each request, in order. It holds types only,
// so that the runtime does not link what the agent needs.
package protocol

import (
	"net/netip"
	"time"
)

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
	// Count tells what was done to packets under the present shapes.
	Count Operation = "count"
	// Measure sends a volley of datagrams over each of the request's links and
	// tells what became of them.
	Measure Operation = "measure"
	// Knock tries to open a TCP connection over each of the request's links.
	Knock Operation = "knock"
	// Check tries in a throw-away namespace which mechanisms work here. With Alone it
	// tries them in the agent's own, which must be nobody's: those of the network only.
	Check Operation = "check"
)

// The mechanisms that Check tries.
const (
	Drop      = "drop"
	Reject    = "reject"
	New       = "new"
	Clients   = "clients"
	Delay     = "delay"
	Loss      = "loss"
	Duplicate = "duplicate"
	Reorder   = "reorder"
	Noise     = "noise"
	Corrupt   = "corrupt"
	Rate      = "rate"
	Tamper    = "tamper"
)

// Request is one line from the runtime to the agent.
type Request struct {
	Operation Operation `json:"operation"`
	// Nodes are all nodes that run (paused ones too).
	Nodes []Node `json:"nodes,omitempty"`
	// Links are those to observe, for Measure and Knock.
	Links []Way `json:"links,omitempty"`
	// Text is what the datagrams of Measure carry.
	Text string `json:"text,omitempty"`
	// Stranger is an address within the nodes' network that no node has, for
	// Reach. It is from there that packets of a client may come.
	Stranger netip.Addr `json:"stranger,omitzero"`
	// Alone is for Check.
	Alone bool `json:"alone,omitempty"`

	// The rest is for agents that look at links together: see Open.
	Nonce string `json:"nonce,omitempty"`
	Paths []Path `json:"paths,omitempty"`
	Count int    `json:"count,omitempty"`
	Sent  []Sent `json:"sent,omitempty"`
	// Wait asks Judge to wait, and Late is how much later than at once something may
	// arrive, in nanoseconds.
	Wait bool          `json:"wait,omitempty"`
	Late time.Duration `json:"late,omitempty"`
}

// Way leads from one of the request's nodes to another.
type Way struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Node is a running node and the rules that are to hold for what it receives.
type Node struct {
	Name string `json:"name"`
	// Incarnation changes whenever the node gets another network namespace. The
	// inode of a namespace would not do: kernels give it to the next one.
	Incarnation string `json:"incarnation"`
	// PID is a process in the node's namespaces, as the agent sees it. 0 is an agent
	// that stands in the node's network itself.
	PID int `json:"pid"`
	// Address is the node's own, by which the agent makes sure that the PID has
	// not passed to somebody else.
	Address netip.Addr `json:"address"`
	// Peers are the addresses of all nodes of the cluster, running or not. All
	// other sources are Strangers.
	Peers []netip.Addr `json:"peers,omitempty"`
	// Rules say what happens to the packets from sources, each at most once.
	Rules []Rule `json:"rules,omitempty"`
	// Skew is how its clocks differ, for Clocks.
	Skew *Skew `json:"skew,omitempty"`
	// Disk is what becomes of its files, for the operations on disks.
	Disk *Disk `json:"disk,omitempty"`
}

// Rule is what happens to the packets from one source.
type Rule struct {
	// From is the address of a peer, or Strangers.
	From netip.Addr `json:"from"`
	// Cut is Drop (nothing arrives), Reject (neither, and TCP connections are
	// reset), New (no TCP connection can be opened) or empty.
	Cut string `json:"cut,omitempty"`
	// Shape is what happens to packets that are not cut off.
	Shape Shape `json:"shape,omitzero"`
}

// Response is one line from the agent to the runtime.
type Response struct {
	// Error says why the request failed as a whole.
	Error string `json:"error,omitempty"`
	// Failed says, for Rules and Reach, why it failed at the named nodes.
	Failed map[string]string `json:"failed,omitempty"`
	// Links are the answer to Reach, Count, Measure and Knock.
	Links []Link `json:"links,omitempty"`
	// Missing is the answer to Check: mechanisms that do not work, and why.
	Missing map[string]string `json:"missing,omitempty"`
	// Clocks are the answer to Times.
	Clocks []NodeClock `json:"clocks,omitempty"`
	// Disks are the answer to the operations on disks.
	Disks []NodeDisk `json:"disks,omitempty"`
	// Sockets are the answer to Open, Sent that to Send, Judge and Call.
	Sockets *Sockets `json:"sockets,omitempty"`
	Sent    []Sent   `json:"sent,omitempty"`
}

// Link is the way from one node to another, with what was observed on it.
type Link struct {
	// From is empty if it leads from a stranger.
	From string `json:"from"`
	To   string `json:"to"`
	// Arrives says whether a packet arrived (Reach).
	Arrives bool `json:"arrives,omitempty"`
	// Counts are what was done to packets (Count).
	Counts *Counts `json:"counts,omitempty"`
	// Volley is what became of datagrams (Measure).
	Volley *Volley `json:"volley,omitempty"`
	// Knock is Accepted, Refused or Silence (Knock).
	Knock string `json:"knock,omitempty"`
}

// What a connection that is to be opened meets with.
const (
	Accepted = "accepted"
	Refused  = "refused"
	Silence  = "silence"
)

// Volley is what became of datagrams that were sent in a row.
type Volley struct {
	// Sent were sent and Arrived arrived at least once, Twice of them more than
	// once, Late after one that was sent later, Changed with other bytes.
	Sent    int `json:"sent,omitempty"`
	Arrived int `json:"arrived,omitempty"`
	Twice   int `json:"twice,omitempty"`
	Late    int `json:"late,omitempty"`
	Changed int `json:"changed,omitempty"`
	// Fastest and Median are how long they were on their way, in nanoseconds.
	Fastest time.Duration `json:"fastest,omitempty"`
	Median  time.Duration `json:"median,omitempty"`
	// Rate is at how many bytes a second they arrived since the first was sent.
	Rate int64 `json:"rate,omitempty"`
}
