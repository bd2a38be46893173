package step

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assaykit/assay/harness/sim/trace"
)

// state is what holds between two events.
type state struct {
	trace *trace.Trace
	// is says of a node whether it is up, noted what it told of itself last.
	is, noted map[string]string
	// sent are the messages that were sent, underWay how many copies of each are.
	sent     map[int]trace.Event
	underWay map[int]int
	invoked  map[int]trace.Event
	faults   map[int]trace.Event
}

func newState(t *trace.Trace) *state {
	s := &state{
		trace: t, is: make(map[string]string), noted: make(map[string]string),
		sent: make(map[int]trace.Event), underWay: make(map[int]int),
		invoked: make(map[int]trace.Event), faults: make(map[int]trace.Event),
	}
	for _, n := range t.Nodes {
		s.is[n] = "up"
	}
	return s
}

// after takes an event into account.
func (s *state) after(e trace.Event) {
	switch e.Kind {
	case trace.Send:
		s.sent[e.Number] = e
		s.underWay[e.Number]++
	case trace.Duplicate:
		s.underWay[e.Number]++
	case trace.Deliver, trace.Drop:
		if s.underWay[e.Number]--; s.underWay[e.Number] <= 0 {
			delete(s.underWay, e.Number)
		}
	case trace.Crash:
		s.is[e.Node], s.noted[e.Node] = "down", ""
	case trace.Restart, trace.Resume:
		s.is[e.Node] = "up"
	case trace.Pause:
		s.is[e.Node] = "paused"
	case trace.Note:
		s.noted[e.Node] = e.Text
	case trace.Invoke:
		s.invoked[e.Number] = e
	case trace.Complete:
		delete(s.invoked, e.Number)
	case trace.Fault:
		s.faults[e.Number] = e
	case trace.Heal:
		delete(s.faults, e.Number)
	}
}

// tell says what an event is, in words.
func (s *state) tell(e trace.Event) string {
	body := func() string { return ": " + cmp.Or(e.Text, s.sent[e.Number].Text, "(empty)") }
	switch e.Kind {
	case trace.Send:
		return fmt.Sprintf("%s sends %s message %d%s", e.Node, e.Peer, e.Number, body())
	case trace.Deliver:
		return fmt.Sprintf("%s gets from %s message %d%s", e.Peer, e.Node, e.Number, body())
	case trace.Drop:
		return fmt.Sprintf("%s does not get from %s message %d (%s): %s", e.Peer, e.Node, e.Number, cmp.Or(e.Text, "lost"), s.sent[e.Number].Text)
	case trace.Duplicate:
		return fmt.Sprintf("message %d from %s to %s is under way once more", e.Number, e.Node, e.Peer)
	case trace.Timer:
		return fmt.Sprintf("%s: its timer %s goes off", e.Node, e.Text)
	case trace.Fault:
		return fmt.Sprintf("fault %d: %s", e.Number, e.Text)
	case trace.Heal:
		return fmt.Sprintf("fault %d is over: %s", e.Number, s.faults[e.Number].Text)
	default:
		return s.tellOperation(e)
	}
}

func (s *state) tellOperation(e trace.Event) string {
	switch e.Kind {
	case trace.Invoke:
		return fmt.Sprintf("%s asks for %s", e.Node, e.Text)
	case trace.Complete:
		return fmt.Sprintf("%s, which asked for %s: %s", e.Node, s.invoked[e.Number].Text, with(e.Outcome.String(), e.Text))
	case trace.Violation:
		return "VIOLATION " + with(e.Node, e.Text)
	case trace.Note:
		return fmt.Sprintf("%s is %s", e.Node, e.Text)
	default:
		return with(e.Node+": "+e.Kind.String(), e.Text)
	}
}

func with(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + ", " + second
}

// String shows all of it, a line each.
func (s *state) String() string {
	var b strings.Builder
	for _, n := range s.trace.Nodes {
		fmt.Fprintf(&b, "  %s\n", with(n+" "+s.is[n], s.noted[n]))
	}
	for _, id := range slices.Sorted(maps.Keys(s.faults)) {
		fmt.Fprintf(&b, "  fault %d in force: %s\n", id, s.faults[id].Text)
	}
	for _, n := range slices.Sorted(maps.Keys(s.invoked)) {
		fmt.Fprintf(&b, "  %s waits for %s\n", s.invoked[n].Node, s.invoked[n].Text)
	}
	for _, n := range slices.Sorted(maps.Keys(s.underWay)) {
		m := s.sent[n]
		fmt.Fprintf(&b, "  message %d under way from %s to %s: %s\n", n, m.Node, m.Peer, m.Text)
	}
	return b.String()
}
