package report

import (
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// life is what became of one message: sent, acknowledged, handed out, perhaps again.
type life struct {
	Message  string
	Stations []station
	// Left is how many further stations there were.
	Left int
}

// station is something that happened to the message.
type station struct {
	What, Who, When string
	// Class is ok, unknown, or wrong: what must not be.
	Class string
	// Since are the faults that struck between the station before and this one.
	Since []string
}

const mostStations = 10

// newLife tells the life of the message that a finding is about, or is nil if it is
// about none, or about several.
func newLife(r record, f checkers.Finding, digits int) *life {
	message, ok := messageOf(r.calls, f)
	if !ok {
		return nil
	}
	digits = min(digits, mostDigits)
	v := &life{Message: brief(message, 40)}
	var last history.Call
	given := 0
	for _, c := range r.calls {
		if c.Key != f.Key || !concerns(c, message) {
			continue
		}
		if len(v.Stations) == mostStations {
			v.Left++
			continue
		}
		if taken(c) || polled(c, message) {
			given++
		}
		v.tell(r, c, last, given, f, digits)
		last = c
	}
	v.end(r, f, last, given, digits)
	if len(v.Stations) < 2 {
		return nil
	}
	return v
}

// messageOf is the one message that was sent or received by the culprits.
func messageOf(calls []history.Call, f checkers.Finding) (history.Value, bool) {
	var found []history.Value
	for _, c := range lookUp(calls, f.Culprits) {
		v := c.In
		switch {
		case taken(c):
			v = c.Out
		case c.F != "send" && c.F != "ack":
			continue
		}
		if single(v) && !slices.ContainsFunc(found, v.Equal) {
			found = append(found, v)
		}
	}
	if len(found) != 1 {
		return history.Value{}, false
	}
	return found[0], true
}

// concerns says whether a call sent, received or acknowledged the message.
func concerns(c history.Call, message history.Value) bool {
	switch c.F {
	case "send", "ack":
		return c.In.Equal(message) && c.Type != history.Fail
	case "receive":
		return taken(c) && c.Out.Equal(message)
	case "poll":
		return polled(c, message)
	}
	return false
}

// polled says whether a poll of one partition gave the record: it gives pairs of
// offset and value.
func polled(c history.Call, record history.Value) bool {
	items, _ := c.Out.Items()
	return c.F == "poll" && c.Type == history.OK && slices.ContainsFunc(items, func(item history.Value) bool {
		pair, _ := item.Items()
		return len(pair) == 2 && pair[1].Equal(record)
	})
}

func (v *life) tell(r record, c, last history.Call, given int, f checkers.Finding, digits int) {
	s := station{Class: "ok", Who: who(c), When: moment(c.Start, digits), Since: struck(r, last, c)}
	switch {
	case c.F == "send" && c.Type == history.OK:
		s.What, s.When = "sent and acknowledged", moment(c.Start, digits)+" – "+moment(c.End, digits)
	case c.F == "send":
		s.What, s.Class = "sent, no answer", "unknown"
	case c.F == "ack" && c.Type == history.OK:
		s.What, s.When = "done with", moment(c.End, digits)
	case c.F == "ack":
		s.What, s.Class = "done with, no answer", "unknown"
	case given == 1:
		s.What, s.When = "handed out", moment(c.End, digits)
	default:
		s.What, s.When = "handed out again", moment(c.End, digits)
		if slices.Contains(f.Culprits, c.Invoke) {
			s.Class = "wrong"
		}
	}
	v.Stations = append(v.Stations, s)
}

// end is a message that nobody got, or got rid of, although the queue was found empty.
func (v *life) end(r record, f checkers.Finding, last history.Call, given int, digits int) {
	for _, c := range lookUp(r.calls, f.Culprits) {
		if c.F != "receive" || c.Type != history.OK || !c.Out.IsNil() {
			continue
		}
		s := station{What: "never handed out", Who: "the queue was empty for " + who(c), When: moment(c.Start, digits), Class: "wrong", Since: struck(r, last, c)}
		if given > 0 {
			s.What = "never handed out again"
		}
		v.Stations = append(v.Stations, s)
		return
	}
	if given == 0 && len(v.Stations) > 0 && len(f.Culprits) > 0 {
		v.Stations = append(v.Stations, station{What: "never handed out", Who: "to anybody", When: "until " + moment(r.end, 1), Class: "wrong"})
	}
}

// struck names the faults that struck after one call began and before another did.
func struck(r record, last, c history.Call) []string {
	if last.F == "" {
		return nil
	}
	var names []string
	for _, f := range r.faults {
		if f.Start > last.Start && f.Start <= c.Start {
			names = append(names, f.label(40))
		}
	}
	return shorten(names, 3)
}

// shorten keeps so many names and says how many more there are.
func shorten(names []string, most int) []string {
	if more := len(names) - most; more > 0 {
		return append(slices.Clone(names[:most]), checkers.Count(more, "more fault"))
	}
	return names
}
