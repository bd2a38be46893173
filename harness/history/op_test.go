package history

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestOpIsOneLineInAFixedOrder(t *testing.T) {
	tests := []struct {
		op   Op
		line string
	}{
		{
			Op{Index: 3, Process: 7, Type: OK, F: "read", Key: "r12", Time: 17, Node: "n1"},
			`{"index":3,"process":7,"type":"ok","f":"read","key":"r12","value":null,"time":17,"node":"n1"}`,
		},
		{
			Op{Process: 0, Type: Info, F: "cas", Value: Ints(1, 2), Time: time.Second, Error: "line 1\nline 2", Final: true},
			`{"index":0,"process":0,"type":"info","f":"cas","value":[1,2],"time":1000000000,"error":"line 1\nline 2","final":true}`,
		},
		{
			Op{Index: 1, Process: Nemesis, F: "inject", Fault: &Fault{ID: 2, Name: "kill", Nodes: []string{"n1", "n2"}, Detail: "x"}},
			`{"index":1,"process":"nemesis","type":"invoke","f":"inject","value":null,"time":0,"fault":{"id":2,"name":"kill","nodes":["n1","n2"],"detail":"x"}}`,
		},
		{
			Op{Process: Nemesis, F: "heal", Fault: &Fault{ID: 2, Name: "partition", Nodes: []string{"n1"}, Sides: [][]string{{"n1"}, {"n2", "n3"}}}},
			`{"index":0,"process":"nemesis","type":"invoke","f":"heal","value":null,"time":0,"fault":{"id":2,"name":"partition","nodes":["n1"],"sides":[["n1"],["n2","n3"]]}}`,
		},
	}
	for _, test := range tests {
		line, err := test.op.MarshalJSON()
		if string(line) != test.line || err != nil {
			t.Errorf("got  %s (%v)\nwant %s", line, err, test.line)
		}
		var back Op
		if err := json.Unmarshal(line, &back); err != nil || !reflect.DeepEqual(back, test.op) {
			t.Errorf("%s came back as %+v (%v)", line, back, err)
		}
	}
}

func TestOpOfAnotherHand(t *testing.T) {
	tests := map[string]Op{
		`{"type":"ok","process":1,"f":"read"}`: {Process: 1, Type: OK, F: "read"},
		` { "f" : "w" , "process" : 0 , "type" : "fail" , "extra" : { "a" : [ 1 , "}" ] } , "key" : null , "fault" : null , "value" : "v" } `: {
			Type: Fail, F: "w", Value: String("v")},
		`{"process":1,"process":2,"type":"ok","f":"x"}`: {Process: 2, Type: OK, F: "x"},
	}
	for line, want := range tests {
		var op Op
		if err := op.UnmarshalJSON([]byte(line)); err != nil || !reflect.DeepEqual(op, want) {
			t.Errorf("%s was read as %+v (%v)", line, op, err)
		}
	}
}

func TestOpSaysWhatItExpected(t *testing.T) {
	tests := []struct{ line, column, expected string }{
		{`[]`, "column 1:", "expected an operation: {"},
		{`{"process":1,"type":"okay","f":"r"}`, "column 21:", `a type ("invoke", "ok", "fail" or "info"), found "\"okay\"`},
		{`{"process":-1,"type":"ok","f":"r"}`, "column 12:", `a process (0, 1, 2, ... or "nemesis")`},
		{`{"process":"n","type":"ok","f":"r"}`, "column 12:", `a process`},
		{`{"process":1.5,"type":"ok","f":"r"}`, "column 12:", `a process`},
		{`{"process":1,"type":"ok"}`, "column 25:", `a field "f"`},
		{`{"process":1,"f":"r"}`, "column 21:", `a field "type"`},
		{`{"f":"r","type":"ok"}`, "column 21:", `a field "process"`},
		{`{"process":1,"type":"ok","f":7}`, "column 30:", `the operation's name as a string`},
		{`{"time":1e3}`, "column 9:", `a time in nanoseconds`},
		{`{"time":99999999999999999999}`, "column 9:", `a time in nanoseconds`},
		{`{"final":1}`, "column 10:", `true or false`},
		{`{"fault":[]}`, "column 10:", `a fault`},
		{`{"fault":{"id":"x"}}`, "column 10:", `a fault`},
		{`{"value":[1 2]}`, "column 13:", `"," or ']'`},
		{`{"process":1,"type":"ok","f":"r"} {}`, "column 35:", `the end of the line`},
		{`{"process":1,"type":"ok","f":"r"`, "column 33:", `found the end of the line`},
	}
	for _, test := range tests {
		err := new(Op).UnmarshalJSON([]byte(test.line))
		if err == nil || !strings.Contains(err.Error(), test.column) || !strings.Contains(err.Error(), test.expected) {
			t.Errorf("%s: got %v, want %s ... %s", test.line, err, test.column, test.expected)
		}
	}
}

func TestOpThatCouldNotBeReadBackIsNotWritten(t *testing.T) {
	for _, op := range []Op{{Type: 9}, {Process: -2}} {
		if _, err := op.MarshalJSON(); err == nil {
			t.Errorf("%+v was written", op)
		}
	}
}
