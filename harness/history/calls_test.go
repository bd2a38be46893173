package history

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// parse reads a history that is written down in a test.
func parse(t *testing.T, lines string) *History {
	t.Helper()
	h, notice, err := read(strings.NewReader(lines), t.Name(), 0)
	if err != nil || notice.Truncated {
		t.Fatal(notice, err)
	}
	return h
}

const story = `
{"process":0,"type":"invoke","f":"write","key":"a","value":1,"time":1,"node":"n1"}
{"process":1,"type":"invoke","f":"read","key":"b","time":2,"final":true}
{"process":"nemesis","type":"invoke","f":"inject","time":3,"fault":{"id":1,"name":"kill","nodes":["n1"]}}
{"process":1,"type":"ok","f":"read","key":"b","value":7,"time":4,"final":true}
{"process":0,"type":"info","f":"write","key":"a","value":1,"time":5,"error":"timeout"}
{"process":"nemesis","type":"ok","f":"inject","time":6,"fault":{"id":1,"name":"kill","nodes":["n1"]}}
{"process":1,"type":"invoke","f":"cas","key":"a","value":[1,2],"time":7}
{"process":2,"type":"invoke","f":"read","key":"a","time":8}
{"process":1,"type":"fail","f":"cas","key":"a","value":[1,2],"time":9,"error":"mismatch"}
{"process":"nemesis","type":"invoke","f":"heal","time":10,"fault":{"id":1,"name":"kill","nodes":["n1"]}}
{"process":"nemesis","type":"ok","f":"heal","time":11,"fault":{"id":1,"name":"kill","nodes":["n1"]}}
`

func TestCalls(t *testing.T) {
	h := parse(t, story)
	if err := h.WellFormed(); err != nil {
		t.Fatal(err)
	}
	want := []Call{
		{Process: 0, Node: "n1", F: "write", Key: "a", In: Int(1), Out: Int(1), Type: Info, Error: "timeout", Start: 1, End: Never, Invoke: 0, Complete: 4},
		{Process: 1, F: "read", Key: "b", Final: true, Out: Int(7), Type: OK, Start: 2, End: 4, Invoke: 1, Complete: 3},
		{Process: 1, F: "cas", Key: "a", In: Ints(1, 2), Out: Ints(1, 2), Type: Fail, Error: Mismatch, Start: 7, End: 9, Invoke: 6, Complete: 8},
		{Process: 2, F: "read", Key: "a", Type: Info, Start: 8, End: Never, Invoke: 7, Complete: -1},
	}
	calls := h.Calls()
	if !reflect.DeepEqual(calls, want) {
		t.Errorf("got  %+v\nwant %+v", calls, want)
	}
	keys := []KeyCalls{{"a", []Call{want[0], want[2], want[3]}}, {"b", want[1:2]}}
	if got := ByKey(calls); !reflect.DeepEqual(got, keys) {
		t.Errorf("by key: got %+v", got)
	}
}

func TestFaultSpans(t *testing.T) {
	kill := Fault{ID: 1, Name: "kill", Nodes: []string{"n1"}}
	type step struct {
		f    string
		t    Type
		err  string
		want FaultSpan
	}
	tests := map[string][]step{
		"verified and healed": {
			{Inject, Invoke, "", FaultSpan{Injected: Never, HealStart: Never, End: Never}},
			{Inject, OK, "", FaultSpan{Injected: 1, Verified: true, HealStart: Never, End: Never}},
			{Heal, Invoke, "", FaultSpan{Injected: 1, Verified: true, HealStart: 2, End: Never}},
			{Heal, OK, "", FaultSpan{Injected: 1, Verified: true, HealStart: 2, End: 3, Healed: true}},
		},
		"healed at the second attempt": {
			{Inject, Invoke, "", FaultSpan{Injected: Never, HealStart: Never, End: Never}},
			{Inject, Info, "not seen", FaultSpan{Injected: 1, HealStart: Never, End: Never, Error: "not seen"}},
			{Heal, Invoke, "", FaultSpan{Injected: 1, HealStart: 2, End: Never, Error: "not seen"}},
			{Heal, Info, "still there", FaultSpan{Injected: 1, HealStart: 2, End: Never, Error: "still there"}},
			{Heal, Invoke, "", FaultSpan{Injected: 1, HealStart: 2, End: Never, Error: "still there"}},
			{Heal, OK, "", FaultSpan{Injected: 1, HealStart: 2, End: 5, Healed: true}},
		},
		"certainly never there": {
			{Inject, Invoke, "", FaultSpan{Injected: Never, HealStart: Never, End: Never}},
			{Inject, Fail, "no engine", FaultSpan{Injected: 1, HealStart: Never, End: 1, Healed: true, Error: "no engine"}},
		},
	}
	for name, steps := range tests {
		h := &History{}
		for i, s := range steps {
			h.Ops = append(h.Ops, Op{Index: i, Process: Nemesis, F: s.f, Type: s.t, Error: s.err, Fault: &kill, Time: time.Duration(i)})
			s.want.Fault = kill
			for op := range h.Ops {
				s.want.Ops = append(s.want.Ops, op)
			}
			if got := h.FaultSpans(); len(got) != 1 || !reflect.DeepEqual(got[0], s.want) {
				t.Errorf("%s, after op %d:\ngot  %+v\nwant %+v", name, i, got, s.want)
			}
		}
	}
}

func TestFaultsMayOverlap(t *testing.T) {
	h := &History{}
	for i, id := range []int{2, 1, 2, 1} {
		h.Ops = append(h.Ops, Op{Index: i, Process: Nemesis, F: Inject, Type: Type(i / 2), Fault: &Fault{ID: id}})
	}
	if err := h.WellFormed(); err != nil {
		t.Error(err)
	}
	spans := h.FaultSpans()
	if len(spans) != 2 || spans[0].Fault.ID != 2 || spans[1].Fault.ID != 1 || !spans[0].Verified || !spans[1].Verified {
		t.Errorf("got %+v", spans)
	}
}

func TestWellFormedNamesTheLine(t *testing.T) {
	tests := []struct{ name, lines, want string }{
		{"two open", `{"process":1,"type":"invoke","f":"a"}
			{"process":1,"type":"invoke","f":"b"}`, "op 1 (line 2): process 1 invokes b while its a (op 0) is still open"},
		{"never invoked", `{"process":1,"type":"ok","f":"a"}`, "op 0 (line 1): process 1 completes a, which it never invoked"},
		{"completed twice", `{"process":1,"type":"invoke","f":"a"}
			{"process":1,"type":"ok","f":"a"}
			{"process":1,"type":"ok","f":"a"}`, "op 2 (line 3): process 1 completes a, which it never invoked"},
		{"time goes back", `{"process":1,"type":"invoke","f":"a","time":2}
			{"process":1,"type":"ok","f":"a","time":1}`, "op 1 (line 2): its time 1ns is before that of the op before it, 2ns"},
		{"acts after info", `{"process":1,"type":"invoke","f":"a"}
			{"process":1,"type":"info","f":"a"}
			{"process":1,"type":"invoke","f":"b"}`, "op 2 (line 3): process 1 acts again after its a (op 1) ended as info"},
		{"something else completes", `{"process":1,"type":"invoke","f":"a","key":"x"}
			{"process":1,"type":"ok","f":"a","key":"y"}`, `op 1 (line 2): process 1 completes a on "y", but invoked a on "x" (op 0)`},
		{"nemesis", `{"process":"nemesis","type":"ok","f":"heal"}`, "op 0 (line 1): the nemesis completes heal"},
	}
	for _, test := range tests {
		err := parse(t, test.lines).WellFormed()
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
	for _, h := range []*History{{Ops: []Op{{Index: 3}}}, {Ops: []Op{{Type: 7}}}} {
		if h.WellFormed() == nil {
			t.Errorf("%+v is not well-formed", h.Ops)
		}
	}
	if err := (&History{}).WellFormed(); err != nil {
		t.Error(err)
	}
}

func TestCallsOfABrokenHistoryDoNotPanic(t *testing.T) {
	h := parse(t, `{"process":1,"type":"ok","f":"a"}
		{"process":1,"type":"invoke","f":"a"}
		{"process":1,"type":"invoke","f":"b"}
		{"process":1,"type":"ok","f":"b"}`)
	calls := h.Calls()
	if len(calls) != 2 || calls[0].Type != Info || calls[0].Complete != -1 || calls[1].Type != OK {
		t.Errorf("got %+v", calls)
	}
}
