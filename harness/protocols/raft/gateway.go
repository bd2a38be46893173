package raft

import (
	"slices"
	"time"
)

// Gateway is what a node keeps for the clients that talk to it: their requests
// until the leader has answered.
type Gateway struct {
	// Last is the number of the last request.
	Last int `json:"last,omitempty"`
	// Pending are in the order of their numbers.
	Pending []Pending `json:"pending,omitempty"`
	// Own is used by the bug ParallelSnapshots only.
	Own []Pending `json:"own,omitempty"`
}

// Pending is a client's request that waits for its answer.
type Pending struct {
	Number int `json:"number"`
	// Request is what Context.Reply wants to know.
	Request uint64  `json:"request"`
	Command Command `json:"command"`
	// Age and Quiet count ticks since it came and since it was last forwarded.
	Age   int `json:"age,omitempty"`
	Quiet int `json:"quiet,omitempty"`
	// Forwarded is set once a leader may have seen it.
	Forwarded bool `json:"forwarded,omitempty"`
}

// request takes a client's request.
func (n node) request(request uint64, body []byte) {
	command, err := parse(body)
	switch {
	case err != nil:
		n.Reply(request, encode(refusal(err.Error())))
	case command.F == status:
		n.Reply(request, encode(n.status()))
	case command.readOnly() && n.bug(FollowerReads):
		n.Reply(request, encode(n.Machine.read(command)))
	case command.F == transact && command.readOnly() && n.bug(ParallelSnapshots):
		n.Reply(request, encode(n.ownFirst(command)))
	case functions[command.F].local:
		n.Reply(request, encode(functions[command.F].do(&n.Machine.Objects, command, n.config.Bug)))
	default:
		n.admit(request, command)
	}
}

// admit keeps the request until it is answered, and asks the leader.
func (n node) admit(request uint64, c Command) {
	n.Gateway.Last++
	number := n.Gateway.Last
	if len(n.Gateway.Pending) == 0 {
		n.SetTimer(gatewayTimer, gatewayTick)
	}
	p := Pending{Number: number, Request: request, Command: c}
	n.Gateway.Pending = append(n.Gateway.Pending, p)
	n.keepOwn(p)
	n.forward(number)
}

// forwardAll gives everything that waits to a leader just met.
func (n node) forwardAll() {
	var numbers []int
	for _, p := range n.Gateway.Pending {
		numbers = append(numbers, p.Number)
	}
	for _, number := range numbers {
		n.forward(number)
	}
}

// forward asks the leader, if one is known, under the same id every time. The
// leader may be this node, and may answer before forward returns.
func (n node) forward(number int) {
	i := n.Gateway.find(number)
	if i < 0 || n.Leader == "" {
		return
	}
	p := &n.Gateway.Pending[i]
	p.Forwarded, p.Quiet = true, 0
	f := Forward{
		ID:      RequestID{Gateway: n.Self(), Incarnation: n.Incarnation, Number: number},
		Low:     n.Gateway.Pending[0].Number,
		Command: p.Command,
	}
	if n.Leader == n.Self() {
		n.execute(f)
		return
	}
	n.Send(n.Leader, Message{Term: n.Term, Forward: &f})
}

// answer sends a response to the gateway that wants it.
func (n node) answer(id RequestID, r Response) {
	a := Answer{ID: id, Response: r}
	if id.Gateway == n.Self() {
		n.resolve(a)
		return
	}
	n.Send(id.Gateway, Message{Term: n.Term, Answer: &a})
}

// resolve hands the first answer to the client; later ones find nobody waiting.
func (n node) resolve(a Answer) {
	i := n.Gateway.find(a.ID.Number)
	if i < 0 || a.ID.Gateway != n.Self() || a.ID.Incarnation != n.Incarnation {
		return
	}
	n.Reply(n.Gateway.Pending[i].Request, encode(a.Response))
	n.Gateway.Pending = slices.Delete(n.Gateway.Pending, i, i+1)
}

// retry looks after the requests that wait: some are given up, some sent again.
func (n node) retry() {
	n.giveUp()
	var quiet []int
	for i := range n.Gateway.Pending {
		p := &n.Gateway.Pending[i]
		p.Quiet++
		if ticks(p.Quiet) >= n.config.Retry {
			quiet = append(quiet, p.Number)
		}
	}
	for _, number := range quiet {
		n.forward(number)
	}
	if len(n.Gateway.Pending) > 0 {
		n.SetTimer(gatewayTimer, gatewayTick)
	}
}

func (n node) giveUp() {
	var kept []Pending
	for _, p := range n.Gateway.Pending {
		p.Age++
		if ticks(p.Age) >= n.config.Deadline {
			n.Reply(p.Request, encode(p.failure()))
		} else {
			kept = append(kept, p)
		}
	}
	n.Gateway.Pending = kept
}

// failure is the answer to a request that got none in time. It had certainly no
// effect if it can have none, or if nobody else has ever seen it.
func (p Pending) failure() Response {
	switch {
	case !p.Forwarded:
		return refusal("no leader")
	case p.Command.readOnly():
		return refusal("timeout")
	}
	return Response{Error: "timeout"}
}

func ticks(n int) time.Duration { return time.Duration(n) * gatewayTick }

// find returns the place of a pending request, or -1.
func (g Gateway) find(number int) int {
	return slices.IndexFunc(g.Pending, func(p Pending) bool { return p.Number == number })
}
