package appendlist

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

func (l *list) tellLost(e *element, read int) checkers.Finding {
	gone := l.reads[read].call
	f := l.finding(Lost, []int{e.append, gone}, e.known(), e.lastSeen)
	f.Text = l.wasThere(e) + fmt.Sprintf(" But %s without it, invoked after that", l.did(gone))
	switch {
	case e.lastSeen == none:
		f.Text += ". No read ever has it."
	case e.lastSeen == e.known():
		f.Text += ", and no later read has it."
	default:
		f.Text += fmt.Sprintf(", and no later read has it. The last to have it was this: %s.", l.did(e.lastSeen))
	}
	return f
}

func (l *list) tellStale(e *element, read int, absence time.Duration) checkers.Finding {
	missed := &l.reads[read]
	if e.knownAt() > l.calls[missed.call].Invoke {
		return l.tellOutOfOrder(e, missed)
	}
	f := l.finding(Stale, []int{e.append, missed.call}, e.known(), e.lastSeen)
	f.Text = l.wasThere(e) + fmt.Sprintf(" But %s without it, invoked after that.", l.did(missed.call))
	if e.lastSeen != none {
		f.Text += fmt.Sprintf(" It was there again later: %s.", l.did(e.lastSeen))
	}
	if absence > 0 {
		f.Text += fmt.Sprintf(" Reads were without it for %s.", checkers.Seconds(absence))
	}
	return f
}

// tellOutOfOrder is for a read that was under way when the element became known,
// but must have taken effect later.
func (l *list) tellOutOfOrder(e *element, missed *reading) checkers.Finding {
	newer := &l.elements[missed.newest]
	f := l.finding(Stale, []int{e.append, missed.call, newer.append}, e.known())
	f.Text = l.wasThere(e) + fmt.Sprintf(" Only after that was %d appended: %s. But %s with %d and without %d.",
		newer.value, l.did(newer.append), l.did(missed.call), newer.value, e.value)
	return f
}

// wasThere says why an element is known to be in the list.
func (l *list) wasThere(e *element) string {
	known := e.known()
	if known == e.acked {
		return fmt.Sprintf("Element %d was there: %s.", e.value, l.did(known))
	}
	return fmt.Sprintf("Element %d was there: %s with it. It came from this: %s.", e.value, l.did(known), l.did(e.append))
}

func (l *list) tellPhantom(e *element) checkers.Finding {
	f := l.finding(Phantom, []int{e.seen, e.append, e.failed})
	f.Text = fmt.Sprintf("%s with element %d, but ", capital(l.did(e.seen)), e.value)
	switch {
	case e.append != none:
		f.Text += fmt.Sprintf("that was appended only later: %s.", l.did(e.append))
	case e.failed != none:
		f.Text += fmt.Sprintf("no append of it can have had an effect. The last one: %s, which failed: %s.", l.did(e.failed), l.calls[e.failed].Error)
	default:
		f.Text += "nobody ever appended it."
	}
	return f
}

func (l *list) tellDuplicate(read int, at int32) checkers.Finding {
	e, call := &l.elements[at], l.reads[read].call
	n := 0
	for _, other := range l.reads[read].elements {
		if other == at {
			n++
		}
	}
	f := l.finding(Duplicated, []int{call}, e.append)
	f.Text = fmt.Sprintf("%s with element %d in %s, but no more than %s of it can have had an effect.",
		capital(l.did(call)), e.value, checkers.Count(n, "place"), checkers.Count(e.times, "append"))
	return f
}

func (l *list) tellDivergence(read int) checkers.Finding {
	r, longest := &l.reads[read], &l.reads[l.longest]
	x, y := &l.elements[r.elements[r.common]], &l.elements[longest.elements[r.common]]
	f := l.finding(Diverged, []int{r.call, longest.call}, x.append, y.append)
	f.Text = fmt.Sprintf("%s with %d in place %d, and %s with %d there. A list that only grows at its end cannot have held both: once an element has a place, it keeps it.",
		capital(l.did(r.call)), x.value, r.common+1, l.did(longest.call), y.value)
	return f
}

func (l *list) tellReordered(front, back int32) checkers.Finding {
	x, y, longest := &l.elements[front], &l.elements[back], l.reads[l.longest].call
	f := l.finding(Reordered, []int{x.append, y.append, longest})
	f.Text = fmt.Sprintf("%s with %d in front of %d. But %s, and only after that was acknowledged, %s: it can only have come to stand behind.",
		capital(l.did(longest)), x.value, y.value, l.did(y.acked), l.did(x.append))
	return f
}

// finding is a finding about some calls. Further ones help to understand it.
func (l *list) finding(anomaly string, culprits []int, further ...int) checkers.Finding {
	return checkers.Finding{Anomaly: anomaly, Key: l.name, Culprits: l.invocations(culprits), Context: l.invocations(append(further, culprits...))}
}

// invocations are the places of calls in the history, in order of time.
func (l *list) invocations(calls []int) []int {
	var at []int
	for _, i := range calls {
		if i != none {
			at = append(at, l.calls[i].Invoke)
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// did is a clause about a call: "process 3 (n1) appended 17 (1.200-1.210 s)".
func (l *list) did(i int) string {
	call := &l.calls[i]
	verb := "read the list"
	switch {
	case call.F == "append" && call.Type == history.OK:
		verb = fmt.Sprintf("appended %v", call.In)
	case call.F == "append":
		verb = fmt.Sprintf("tried to append %v", call.In)
	}
	return fmt.Sprintf("%s %s (%s)", checkers.Who(*call), verb, checkers.When(*call))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
