package protocol

import "net/netip"

// An agent that stands in the network of a single node can neither enter those of the
// others nor see what arrives there. The runtime leads such agents, so that together
// they observe links: all open sockets, some send, others tell what has arrived.
const (
	// Open opens sockets in the network of the request's only node, in place of those
	// of before, and takes in what arrives there. The request's Text and Nonce are in
	// all datagrams.
	Open Operation = "open"
	// Send sends Count datagrams over each of the request's Paths, which begin at
	// sockets of this agent.
	Send Operation = "send"
	// Judge tells what became of the datagrams that, as the request's Sent say, were
	// sent to sockets of this agent. With Wait it first waits for those that are missing.
	Judge Operation = "judge"
	// Call tries to open a TCP connection over each of the request's Paths.
	Call Operation = "call"
	// Leave closes the sockets.
	Leave Operation = "leave"
)

// Path leads from one socket to another.
type Path struct {
	From netip.AddrPort `json:"from"`
	To   netip.AddrPort `json:"to"`
}

// Sockets are those of an agent in its node's network.
type Sockets struct {
	// Post sends and receives datagrams. Stranger sends them from an address that is
	// no node's. Door accepts TCP connections.
	Post     netip.AddrPort `json:"post"`
	Stranger netip.AddrPort `json:"stranger,omitzero"`
	Door     netip.AddrPort `json:"door"`
}

// Sent is what was sent over a path, when, and what became of it.
type Sent struct {
	Path Path `json:"path"`
	// At are the moments, in nanoseconds of the machine's monotonic clock, which all
	// agents of a machine share.
	At []int64 `json:"at,omitempty"`
	// Volley is the answer to Judge, Knock that to Call.
	Volley *Volley `json:"volley,omitempty"`
	Knock  string  `json:"knock,omitempty"`
}
