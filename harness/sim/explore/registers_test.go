package explore_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/register"
	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/sim/explore"
)

// quiet is the rest of an actor.
type quiet[S, M any] struct{}

func (quiet[S, M]) Start(actor.Context[M], [][]byte) (s S)       { return s }
func (quiet[S, M]) Receive(actor.Context[M], *S, actor.ID, M)    {}
func (quiet[S, M]) Timer(actor.Context[M], *S, string)           {}
func (quiet[S, M]) Request(actor.Context[M], *S, uint64, []byte) {}

// single is a register of which each node has a copy of its own.
type single struct{ quiet[int, int] }

func (single) Request(c actor.Context[int], s *int, request uint64, body []byte) {
	if v := value(body); v != 0 {
		*s = v
		c.Reply(request, []byte("ok"))
		return
	}
	c.Reply(request, []byte(strconv.Itoa(*s)))
}

func value(body []byte) int {
	v, _ := strconv.Atoi(string(body))
	return v
}

func write(v int) explore.Call {
	return explore.Call{
		Op: history.Op{F: "write", Value: history.Int(v)}, Body: []byte(strconv.Itoa(v)),
		Read: func([]byte) (explore.Answer, error) {
			return explore.Answer{Type: history.OK, Value: history.Int(v)}, nil
		},
	}
}

func read() explore.Call {
	return explore.Call{Op: history.Op{F: "read"}, Read: func(reply []byte) (explore.Answer, error) {
		if string(reply) == "ok" {
			return explore.Answer{}, fmt.Errorf("a read is answered like a write")
		}
		if v := value(reply); v != 0 {
			return explore.Answer{Type: history.OK, Value: history.Int(v)}, nil
		}
		return explore.Answer{Type: history.OK}, nil
	}}
}

// registers lets each client write puts times and then read, as Stateright's register
// clients do.
func registers[S, M any](a actor.Actor[S, M], servers, clients, puts int, n explore.Network) explore.System[S, M] {
	s := explore.System[S, M]{Nodes: explore.Cluster(a, servers), Network: n, Promises: []explore.Promise{explore.Linearizable(register.Type())}}
	var scripts [][]explore.Call
	for i := range clients {
		var calls []explore.Call
		for k := range puts {
			calls = append(calls, write(10*k+i+1))
		}
		scripts = append(scripts, append(calls, read()))
	}
	s.Clients = explore.InTurn(explore.IDs(s.Nodes), scripts...)
	s.Properties = []explore.Property[explore.View[S, M]]{explore.Sometimes("value chosen", func(v explore.View[S, M]) bool {
		for m := range v.Messages() {
			if m.Reply != nil && string(m.Reply) != "ok" && value(m.Reply) != 0 {
				return true
			}
		}
		return false
	})}
	return s
}

func lossy[S, M any](s explore.System[S, M]) explore.System[S, M] {
	s.Lossy = true
	return s
}

type ballot struct {
	Round int
	ID    actor.ID
}

func (b ballot) less(c ballot) bool { return b.Round < c.Round || b.Round == c.Round && b.ID < c.ID }

type proposal struct {
	Request uint64
	Value   int
}

type vote struct {
	Ballot   ballot
	Proposal proposal
}

// paxos is Stateright's examples/paxos.rs.
type paxos struct {
	quiet[paxosState, paxosMessage]
}

type paxosState struct {
	Ballot   ballot
	Proposal *proposal
	Prepares map[actor.ID]*vote
	Accepts  map[actor.ID]bool
	Accepted *vote
	Decided  bool
}

type paxosMessage struct {
	Kind     string
	Ballot   ballot
	Last     *vote
	Proposal proposal
}

func broadcast[M any](c actor.Context[M], m M) {
	for _, p := range c.Peers() {
		c.Send(p, m)
	}
}

func (paxos) Request(c actor.Context[paxosMessage], s *paxosState, request uint64, body []byte) {
	v := value(body)
	switch {
	case s.Decided && v == 0:
		c.Reply(request, []byte(strconv.Itoa(s.Accepted.Proposal.Value)))
	case !s.Decided && v != 0 && s.Proposal == nil:
		s.Proposal = &proposal{request, v}
		s.Prepares = map[actor.ID]*vote{c.Self(): s.Accepted}
		s.Accepts = nil
		s.Ballot = ballot{s.Ballot.Round + 1, c.Self()}
		broadcast(c, paxosMessage{Kind: "prepare", Ballot: s.Ballot})
	}
}

func (paxos) Receive(c actor.Context[paxosMessage], s *paxosState, from actor.ID, m paxosMessage) {
	majority := (len(c.Peers())+1)/2 + 1
	if s.Decided {
		return
	}
	switch {
	case m.Kind == "prepare" && s.Ballot.less(m.Ballot):
		s.Ballot = m.Ballot
		c.Send(from, paxosMessage{Kind: "prepared", Ballot: m.Ballot, Last: s.Accepted})
	case m.Kind == "prepared" && m.Ballot == s.Ballot:
		if s.Prepares == nil {
			s.Prepares = map[actor.ID]*vote{}
		}
		s.Prepares[from] = m.Last
		if len(s.Prepares) == majority {
			s.accept(c, m.Ballot)
		}
	case m.Kind == "accept" && !m.Ballot.less(s.Ballot):
		s.Ballot, s.Accepted = m.Ballot, &vote{m.Ballot, m.Proposal}
		c.Send(from, paxosMessage{Kind: "accepted", Ballot: m.Ballot})
	case m.Kind == "accepted" && m.Ballot == s.Ballot:
		s.Accepts[from] = true
		if len(s.Accepts) == majority {
			s.Decided = true
			broadcast(c, paxosMessage{Kind: "decided", Ballot: m.Ballot, Proposal: *s.Proposal})
			c.Reply(s.Proposal.Request, []byte("ok"))
		}
	case m.Kind == "decided":
		s.Ballot, s.Accepted, s.Decided = m.Ballot, &vote{m.Ballot, m.Proposal}, true
	}
}

func (s *paxosState) accept(c actor.Context[paxosMessage], b ballot) {
	var last *vote
	for _, v := range s.Prepares {
		if v != nil && (last == nil || last.Ballot.less(v.Ballot)) {
			last = v
		}
	}
	if last != nil {
		s.Proposal = &last.Proposal
	}
	s.Accepted = &vote{b, *s.Proposal}
	s.Accepts = map[actor.ID]bool{c.Self(): true}
	broadcast(c, paxosMessage{Kind: "accept", Ballot: b, Proposal: *s.Proposal})
}

// abd is Stateright's examples/linearizable-register.rs.
type abd struct{ quiet[abdState, abdMessage] }

type stamped struct {
	Seq   ballot
	Value int
}

type abdState struct {
	stamped
	Query  *abdQuery
	Record *abdRecord
}

type abdQuery struct {
	Request   uint64
	Write     int
	Responses map[actor.ID]stamped
}

type abdRecord struct {
	Request uint64
	Read    *int
	Acks    map[actor.ID]bool
}

type abdMessage struct {
	Kind    string
	Request uint64
	stamped
}

func (abd) Start(c actor.Context[abdMessage], _ [][]byte) abdState {
	return abdState{stamped: stamped{Seq: ballot{0, c.Self()}}}
}

func (abd) Request(c actor.Context[abdMessage], s *abdState, request uint64, body []byte) {
	if s.Query != nil || s.Record != nil {
		return
	}
	broadcast(c, abdMessage{Kind: "query", Request: request})
	s.Query = &abdQuery{request, value(body), map[actor.ID]stamped{c.Self(): s.stamped}}
}

func (abd) Receive(c actor.Context[abdMessage], s *abdState, from actor.ID, m abdMessage) {
	majority := (len(c.Peers())+1)/2 + 1
	switch {
	case m.Kind == "query":
		c.Send(from, abdMessage{"ack query", m.Request, s.stamped})
	case m.Kind == "ack query" && s.Query != nil && s.Query.Request == m.Request:
		s.Query.Responses[from] = m.stamped
		if len(s.Query.Responses) == majority {
			s.record(c)
		}
	case m.Kind == "record":
		c.Send(from, abdMessage{Kind: "ack record", Request: m.Request})
		if s.Seq.less(m.Seq) {
			s.stamped = m.stamped
		}
	case m.Kind == "ack record" && s.Record != nil && s.Record.Request == m.Request && !s.Record.Acks[from]:
		s.Record.Acks[from] = true
		if len(s.Record.Acks) == majority {
			answer := "ok"
			if s.Record.Read != nil {
				answer = strconv.Itoa(*s.Record.Read)
			}
			c.Reply(m.Request, []byte(answer))
			s.Record = nil
		}
	}
}

func (s *abdState) record(c actor.Context[abdMessage]) {
	var best stamped
	for _, r := range s.Query.Responses {
		if best.Seq.less(r.Seq) {
			best = r
		}
	}
	s.Record = &abdRecord{Request: s.Query.Request, Acks: map[actor.ID]bool{c.Self(): true}}
	if s.Query.Write != 0 {
		best = stamped{ballot{best.Seq.Round + 1, c.Self()}, s.Query.Write}
	} else {
		s.Record.Read = &best.Value
	}
	broadcast(c, abdMessage{"record", s.Query.Request, best})
	if s.Seq.less(best.Seq) {
		s.stamped = best
	}
	s.Query = nil
}

func registerRows() []row {
	const u, o = explore.Unordered, explore.Ordered
	return []row{
		{"single copy, 2 clients", registers(single{}, 1, 2, 1, u), 93, 121, 9, false},
		{"single copy, 2 clients, ordered", registers(single{}, 1, 2, 1, o), 93, 121, 9, false},
		{"single copy, 3 clients, ordered", registers(single{}, 1, 3, 1, o), 4243, 6778, 13, false},
		{"single copy, 2 clients, 2 servers", registers(single{}, 2, 2, 1, u), 62, 81, 9, false},
		{"single copy, 2 clients, 2 servers, ordered", registers(single{}, 2, 2, 1, o), 62, 81, 9, false},
		{"single copy, 4 clients", registers(single{}, 1, 4, 1, u), 400233, 731789, 0, true},
		{"ABD, 2 clients, 2 servers", registers(abd{}, 2, 2, 1, u), 544, 875, 25, false},
		{"ABD, 2 clients, 2 servers, ordered", registers(abd{}, 2, 2, 1, o), 620, 883, 25, false},
		{"ABD, 2 clients, 3 servers, ordered", registers(abd{}, 3, 2, 1, o), 1212979, 4730934, 41, true},
		{"Paxos, 1 client", registers(paxos{}, 3, 1, 1, u), 265, 482, 14, false},
		{"Paxos, 1 client, ordered", registers(paxos{}, 3, 1, 1, o), 237, 512, 15, false},
		{"Paxos, 2 clients", registers(paxos{}, 3, 2, 1, u), 16668, 32971, 21, false},
		{"Paxos, 2 clients, lossy", lossy(registers(paxos{}, 3, 2, 1, u)), 954508, 0, 0, true},
		{"Paxos, 3 clients", registers(paxos{}, 3, 3, 1, u), 1194428, 2420477, 28, true},
		{"Paxos, 6 clients", registers(paxos{}, 3, 6, 1, u), 9357525, 18972647, 28, true},
	}
}

func TestCountsOfRegisters(t *testing.T) { testCounts(t, registerRows()) }

// TestTwoCopies has the shortest way to a read that no register answers so, and how
// many of the states are wrong.
func TestTwoCopies(t *testing.T) {
	result := explored(t, registers(single{}, 2, 2, 1, explore.Unordered), explore.Options{Exhaust: true})
	j := result.Property("linearizable register")
	want := []string{
		"deliver c1 → n1 write 1", "deliver n1 → c1 write ok 1", "deliver c1 → n2 read", "deliver n2 → c1 read ok",
	}
	if j.Validity != checkers.Invalid || j.Violations != 20 || !slices.Equal(j.Trace.Labels(), want) {
		t.Errorf("%d violations: %v, %s\n%v", j.Violations, j.Validity, j.Reason, j.Trace)
	}
	if j.Verdict == nil || len(j.Verdict.Findings) != 1 || j.Verdict.Findings[0].Anomaly != "stale-read" {
		t.Errorf("the checker says %+v", j.Verdict)
	}
}

// TestPaxosOnAnOrderedNetwork is what Stateright 0.31 takes for a violation: a second
// answer to a write, which the client must not take for one to its read.
func TestPaxosOnAnOrderedNetwork(t *testing.T) {
	explore.Test(t, registers(paxos{}, 3, 2, 1, explore.Ordered), explore.Options{})
}
