package explore_test

import (
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/register"
	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/protocols/abd"
	"github.com/assaykit/assay/harness/protocols/call"
	"github.com/assaykit/assay/harness/protocols/paxos"
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
	if r, _ := call.Parse(body); r.F == call.Write {
		*s = r.Value
		c.Reply(request, call.Done().Body())
		return
	}
	c.Reply(request, call.Maybe(*s, *s != 0).Body())
}

func write(v int) explore.Call {
	return explore.Call{
		Op: history.Op{F: "write", Value: history.Int(v)}, Body: call.Request{F: call.Write, Value: v}.Body(),
		Read: func([]byte) (explore.Answer, error) {
			return explore.Answer{Type: history.OK, Value: history.Int(v)}, nil
		},
	}
}

func read() explore.Call {
	return explore.Call{Op: history.Op{F: "read"}, Body: call.Request{F: call.Read}.Body(), Read: func(reply []byte) (explore.Answer, error) {
		a, err := call.ParseAnswer(reply)
		if a.Found {
			return explore.Answer{Type: history.OK, Value: history.Int(a.Value)}, err
		}
		return explore.Answer{Type: history.OK}, err
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
			if a, err := call.ParseAnswer(m.Reply); err == nil && a.Found {
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

func registerRows() []row {
	const u, o = explore.Unordered, explore.Ordered
	return []row{
		{"single copy, 2 clients", registers(single{}, 1, 2, 1, u), 93, 121, 9, false},
		{"single copy, 2 clients, ordered", registers(single{}, 1, 2, 1, o), 93, 121, 9, false},
		{"single copy, 3 clients, ordered", registers(single{}, 1, 3, 1, o), 4243, 6778, 13, false},
		{"single copy, 2 clients, 2 servers", registers(single{}, 2, 2, 1, u), 62, 81, 9, false},
		{"single copy, 2 clients, 2 servers, ordered", registers(single{}, 2, 2, 1, o), 62, 81, 9, false},
		{"single copy, 4 clients", registers(single{}, 1, 4, 1, u), 400233, 731789, 0, true},
		{"ABD, 2 clients, 2 servers", registers(abd.Actor{}, 2, 2, 1, u), 544, 875, 25, false},
		{"ABD, 2 clients, 2 servers, ordered", registers(abd.Actor{}, 2, 2, 1, o), 620, 883, 25, false},
		{"ABD, 2 clients, 3 servers, ordered", registers(abd.Actor{}, 3, 2, 1, o), 1212979, 4730934, 41, true},
		{"Paxos, 1 client", registers(paxos.Actor{}, 3, 1, 1, u), 265, 482, 14, false},
		{"Paxos, 1 client, ordered", registers(paxos.Actor{}, 3, 1, 1, o), 237, 512, 15, false},
		{"Paxos, 2 clients", registers(paxos.Actor{}, 3, 2, 1, u), 16668, 32971, 21, false},
		{"Paxos, 2 clients, lossy", lossy(registers(paxos.Actor{}, 3, 2, 1, u)), 954508, 0, 0, true},
		{"Paxos, 3 clients", registers(paxos.Actor{}, 3, 3, 1, u), 1194428, 2420477, 28, true},
		{"Paxos, 6 clients", registers(paxos.Actor{}, 3, 6, 1, u), 9357525, 18972647, 28, true},
	}
}

func TestCountsOfRegisters(t *testing.T) { testCounts(t, registerRows()) }

// TestTwoCopies has the shortest way to a read that no register answers so, and how
// many of the states are wrong.
func TestTwoCopies(t *testing.T) {
	result := explored(t, registers(single{}, 2, 2, 1, explore.Unordered), explore.Options{Exhaust: true})
	j := result.Property("linearizable register")
	want := []string{
		"deliver c2 → n2 write 2", "deliver n2 → c2 write ok 2", "deliver c2 → n1 read", "deliver n1 → c2 read ok",
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
	explore.Test(t, registers(paxos.Actor{}, 3, 2, 1, explore.Ordered), explore.Options{})
}
