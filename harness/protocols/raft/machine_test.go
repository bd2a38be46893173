package raft

import (
	"reflect"
	"testing"
)

// by makes an entry of gateway n1.
func by(incarnation, number, low int, c Command) Entry {
	return Entry{ID: RequestID{Gateway: "n1", Incarnation: incarnation, Number: number}, Low: low, Command: c}
}

func found(value int) Response { return Response{OK: true, Found: true, Value: value} }

func TestMachine(t *testing.T) {
	done := Response{OK: true}
	type step struct {
		entry Entry
		want  Response
	}
	sendOne, sendTwo := Command{F: send, Key: "q", Value: 1}, Command{F: send, Key: "q", Value: 2}
	take := Command{F: receive, Key: "q"}
	cases := []struct {
		name  string
		bug   Bug
		steps []step
	}{
		{name: "compare and set", steps: []step{
			{by(1, 1, 1, Command{F: cas, Key: "x", Old: 0, New: 1}), done},
			{by(1, 2, 2, Command{F: write, Key: "x", Value: 1}), done},
			{by(1, 3, 3, Command{F: cas, Key: "x", Old: 1, New: 2}), Response{OK: true, Swapped: true}},
			{by(1, 4, 4, Command{F: cas, Key: "x", Old: 1, New: 3}), done},
		}},
		{name: "first in, first out", steps: []step{
			{by(1, 1, 1, sendOne), done},
			{by(1, 2, 2, sendTwo), done},
			{by(1, 3, 3, take), found(1)},
			{by(1, 4, 4, take), found(2)},
			{by(1, 5, 5, take), done},
		}},
		{name: "a repeated request is done once", steps: []step{
			{by(1, 1, 1, sendOne), done},
			{by(1, 1, 1, sendOne), done},
			{by(1, 2, 2, take), found(1)},
			{by(1, 2, 2, take), found(1)},
			{by(1, 3, 3, take), done},
		}},
		{name: "what nobody waits for is not done", steps: []step{
			{by(1, 2, 2, sendOne), done},
			{by(1, 1, 1, sendTwo), refusal("superseded")},
			{by(2, 1, 1, take), found(1)},
			{by(1, 3, 2, sendTwo), refusal("superseded")},
			{by(2, 2, 2, take), done},
		}},
		{name: "double-apply", bug: DoubleApply, steps: []step{
			{by(1, 1, 1, sendOne), done},
			{by(1, 1, 1, sendOne), done},
			{by(1, 2, 2, take), found(1)},
			{by(1, 3, 3, take), found(1)},
		}},
		{name: "lost-dequeue", bug: LostDequeue, steps: []step{
			{by(1, 1, 1, sendOne), done},
			{by(1, 2, 2, take), found(1)},
			{by(1, 2, 2, take), done},
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine()
			for i, s := range c.steps {
				if got := m.apply(s.entry, c.bug); !reflect.DeepEqual(got, s.want) {
					t.Fatalf("step %d: got %+v, want %+v", i+1, got, s.want)
				}
			}
		})
	}
}

// TestSessionsStaySmall: what a gateway has been told is forgotten.
func TestSessionsStaySmall(t *testing.T) {
	m := newMachine()
	for number := 1; number <= 1000; number++ {
		m.apply(by(1, number, max(1, number-5), Command{F: add, Key: "s", Value: number}), "")
	}
	if kept := len(m.Sessions["n1"].Done); kept > 6 {
		t.Errorf("%d answers kept", kept)
	}
	m.apply(by(2, 1, 1, Command{F: add, Key: "s", Value: 1}), "")
	if kept := len(m.Sessions["n1"].Done); kept != 1 {
		t.Errorf("%d answers kept after a restart of the gateway", kept)
	}
}
