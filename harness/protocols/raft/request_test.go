package raft

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	cases := []struct {
		name, body string
		want       Command
		refused    bool
	}{
		{name: "read", body: `{"f":"read","key":"x"}`, want: Command{F: read, Key: "x"}},
		{name: "write", body: `{"f":"write","key":"x","value":-3}`, want: Command{F: write, Key: "x", Value: -3}},
		{name: "cas", body: `{"f":"cas","key":"x","old":0,"new":2}`, want: Command{F: cas, Key: "x", New: 2}},
		{name: "largest", body: `{"f":"add","value":9223372036854775807}`, want: Command{F: add, Value: 1<<63 - 1}},
		{name: "odd key", body: `{"f":"read","key":"\u0000\"é"}`, want: Command{F: read, Key: "\x00\"é"}},
		{name: "too large", body: `{"f":"add","value":9223372036854775808}`, refused: true},
		{name: "fraction", body: `{"f":"add","value":1.5}`, refused: true},
		{name: "text", body: `{"f":"add","value":"1"}`, refused: true},
		{name: "no value", body: `{"f":"write","key":"x"}`, refused: true},
		{name: "half a cas", body: `{"f":"cas","key":"x","old":1}`, refused: true},
		{name: "unknown", body: `{"f":"drop"}`, refused: true},
		{name: "inner function", body: `{"f":"remove","key":"q","value":1}`, refused: true},
		{name: "long key", body: `{"f":"read","key":"` + strings.Repeat("x", maxKey+1) + `"}`, refused: true},
		{name: "two", body: `{"f":"read"}{"f":"read"}`, refused: true},
		{name: "half", body: `{"f":"re`, refused: true},
		{name: "nothing", body: ``, refused: true},
		{name: "list", body: `[]`, refused: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := parse([]byte(c.body))
			if refused := err != nil; refused != c.refused {
				t.Fatalf("refused: %v, want %v", err, c.refused)
			}
			if !c.refused && !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestResponsesSayEverything: a client can tell "not found" from an answer that
// lost a field.
func TestResponsesSayEverything(t *testing.T) {
	m := newMachine()
	cases := []struct {
		command Command
		want    string
	}{
		{Command{F: read, Key: "x"}, `{"ok":true,"found":false,"value":0,"swapped":false}`},
		{Command{F: elements, Key: "x"}, `{"ok":true,"found":false,"value":0,"swapped":false,"elements":[]}`},
	}
	for _, c := range cases {
		if got := string(encode(m.read(c.command))); got != c.want {
			t.Errorf("%s: got %s, want %s", c.command.F, got, c.want)
		}
	}
	var r Response
	if err := json.Unmarshal(encode(refusal("no leader")), &r); err != nil || r.OK || !r.NoEffect || r.Error == "" {
		t.Errorf("refusal: %+v, %v", r, err)
	}
}
