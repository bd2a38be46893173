package raft

import "time"

const (
	generate = "generate"
	reserve  = "reserve"
)

// reserveInterval is how often the bug IdentifiersInMemory replicates how many
// identifiers were given out.
const (
	reserveTimer    = "reserve"
	reserveInterval = 500 * time.Millisecond
)

func (o *Objects) increment(c Command, _ Bug) Response {
	assign(&o.Counters, c.Key, o.Counters[c.Key]+c.Value)
	return Response{OK: true}
}

func (o *Objects) count(c Command, _ Bug) Response {
	return Response{OK: true, Value: o.Counters[c.Key], Found: true}
}

func (o *Objects) generate(Command, Bug) Response {
	o.Identifiers++
	return Response{OK: true, Number: o.Identifiers}
}

func (o *Objects) reserve(c Command, _ Bug) Response {
	o.Identifiers = max(o.Identifiers, c.Value)
	return Response{OK: true}
}

// generateInMemory is what a leader does with the bug IdentifiersInMemory: it counts
// by itself, and tells the others half a second later.
func (n node) generateInMemory() Response {
	if n.Lead.Issued == 0 {
		n.Lead.Issued = n.Machine.Objects.Identifiers
	}
	if n.Lead.Issued == n.Machine.Objects.Identifiers {
		n.SetTimer(reserveTimer, reserveInterval)
	}
	n.Lead.Issued++
	return Response{OK: true, Number: n.Lead.Issued}
}

func (n node) reserveIssued() {
	if n.Role != LeaderRole || n.Lead.Issued <= n.Machine.Objects.Identifiers {
		return
	}
	n.propose(Entry{Command: Command{F: reserve, Value: n.Lead.Issued}})
	n.SetTimer(reserveTimer, reserveInterval)
}
