package set

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

func (s *set) tellLost(e *element) checkers.Finding {
	gone := &s.reads[e.gone]
	f := s.finding(Lost, []int{e.add, gone.call}, e.known(), e.lastSeen)
	f.Text = s.wasThere(e) + fmt.Sprintf(" But %s without it, invoked after that", s.did(gone.call))
	switch {
	case e.lastSeen == none:
		f.Text += ". No read ever has it."
	case e.lastSeen == e.known():
		f.Text += ", and no later read has it."
	default:
		f.Text += fmt.Sprintf(", and no later read has it. The last to have it was this: %s.", s.did(e.lastSeen))
	}
	return f
}

func (s *set) tellStale(e *element) checkers.Finding {
	missed := &s.reads[e.missed]
	if e.knownAt() > s.calls[missed.call].Invoke {
		return s.tellOutOfOrder(e, missed)
	}
	f := s.finding(Stale, []int{e.add, missed.call}, e.known(), e.lastSeen)
	f.Text = s.wasThere(e) + fmt.Sprintf(" But %s without it, invoked after that.", s.did(missed.call))
	if e.lastSeen != none {
		f.Text += fmt.Sprintf(" It was there again later: %s.", s.did(e.lastSeen))
	}
	if lost := s.absence(e); lost > 0 {
		f.Text += fmt.Sprintf(" Reads were without it for %s.", checkers.Seconds(lost))
	}
	return f
}

// tellOutOfOrder is for a read that was under way when the element became known,
// but must have taken effect later.
func (s *set) tellOutOfOrder(e *element, missed *reading) checkers.Finding {
	newer := &s.elements[missed.newest]
	f := s.finding(Stale, []int{e.add, missed.call, newer.add}, e.known())
	f.Text = s.wasThere(e) + fmt.Sprintf(" Only after that was %d added: %s. But %s with %d and without %d.",
		newer.value, s.did(newer.add), s.did(missed.call), newer.value, e.value)
	return f
}

// wasThere says why an element is known to be in the set.
func (s *set) wasThere(e *element) string {
	switch known := e.known(); known {
	case e.acked:
		return fmt.Sprintf("Element %d was there: %s.", e.value, s.did(known))
	default:
		return fmt.Sprintf("Element %d was there: %s with it. It came from this: %s.", e.value, s.did(known), s.did(e.add))
	}
}

func (s *set) tellPhantom(e *element) checkers.Finding {
	f := s.finding(Phantom, []int{e.seen, e.add, e.failed})
	f.Text = fmt.Sprintf("%s with element %d, but ", capital(s.did(e.seen)), e.value)
	switch {
	case e.add != none:
		f.Text += fmt.Sprintf("that was added only later: %s.", s.did(e.add))
	case e.failed != none:
		f.Text += fmt.Sprintf("no add of it can have had an effect. The last one: %s, which failed: %s.", s.did(e.failed), s.calls[e.failed].Error)
	default:
		f.Text += "nobody ever added it."
	}
	return f
}

func (s *set) tellDuplicate(read int, at int32) checkers.Finding {
	e, call := &s.elements[at], s.reads[read].call
	f := s.finding(Duplicated, []int{call}, e.add)
	f.Text = fmt.Sprintf("%s with element %d more than once. A set has each element once.", capital(s.did(call)), e.value)
	return f
}

func (s *set) tellDivergence(a, b int, onlyA, onlyB int32) checkers.Finding {
	one, other := s.reads[a].call, s.reads[b].call
	x, y := &s.elements[onlyA], &s.elements[onlyB]
	f := s.finding(Diverged, []int{one, other}, x.add, y.add)
	f.Text = fmt.Sprintf("%s with %d and without %d, and %s with %d and without %d. A set that only grows cannot have held both: whichever of the reads came first, the other one lacks an element that was there.",
		capital(s.did(one)), x.value, y.value, s.did(other), y.value, x.value)
	return f
}

// finding is a finding about some calls. Further ones help to understand it.
func (s *set) finding(anomaly string, culprits []int, further ...int) checkers.Finding {
	return checkers.Finding{Anomaly: anomaly, Key: s.name, Culprits: s.invocations(culprits), Context: s.invocations(append(further, culprits...))}
}

// invocations are the places of calls in the history, in order of time.
func (s *set) invocations(calls []int) []int {
	var at []int
	for _, i := range calls {
		if i != none {
			at = append(at, s.calls[i].Invoke)
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// did is a clause about a call: "process 3 (n1) added 17 (1.200-1.210 s)".
func (s *set) did(i int) string {
	call := &s.calls[i]
	verb := "read the set"
	switch {
	case call.F == "add" && call.Type == history.OK:
		verb = fmt.Sprintf("added %v", call.In)
	case call.F == "add":
		verb = fmt.Sprintf("tried to add %v", call.In)
	}
	return fmt.Sprintf("%s %s (%s)", checkers.Who(*call), verb, checkers.When(*call))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
