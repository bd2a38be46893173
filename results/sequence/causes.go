package sequence

import (
	"slices"

	"github.com/assaykit/assay/harness/sim/trace"
)

// links are how the events of a trace hang together, by index.
type links struct {
	events []trace.Event
	// cause is the event that brought an event about, -1 if none did that is known:
	// a message arrives because it was sent, and a node acts because of the last
	// thing that reached it.
	cause []int
	// fate are the further events of each message, by the index of its sending.
	fate map[int][]int
	// by are the operations that client messages, by the index of their sending,
	// belong to: requests and answers.
	by map[int]int
}

func newLinks(t *trace.Trace) *links {
	l := &links{
		events: t.Events, cause: make([]int, len(t.Events)),
		fate: make(map[int][]int), by: make(map[int]int),
	}
	w := walk{links: l, sent: make(map[int]int), reached: make(map[string]int), open: make(map[string]int)}
	for _, name := range t.Clients {
		w.open[name] = -1
	}
	for i, e := range t.Events {
		l.cause[i] = w.cause(i, e)
		w.step(i, e)
	}
	return l
}

// walk is what is known half way through a trace.
type walk struct {
	*links
	// sent is where each message was sent, reached what last reached each lane.
	sent    map[int]int
	reached map[string]int
	// open is the operation of each client, -1 if it has none.
	open map[string]int
}

func (w *walk) cause(i int, e trace.Event) int {
	switch e.Kind {
	case trace.Deliver, trace.Drop, trace.Duplicate:
		if at, ok := w.sent[e.Number]; ok {
			return at
		}
	case trace.Send, trace.Note, trace.Complete:
		if at, ok := w.reached[e.Node]; ok {
			return at
		}
	}
	return -1
}

func (w *walk) step(i int, e trace.Event) {
	switch e.Kind {
	case trace.Send:
		w.sent[e.Number] = i
		w.belongs(i, e)
	case trace.Deliver:
		w.tell(i, e)
		w.reached[e.Peer] = i
	case trace.Drop, trace.Duplicate:
		w.tell(i, e)
	case trace.Timer, trace.Restart, trace.Resume:
		w.reached[e.Node] = i
	case trace.Invoke:
		w.reached[e.Node] = i
		w.open[e.Node] = e.Number
	case trace.Complete:
		w.open[e.Node] = -1
	}
}

func (w *walk) tell(i int, e trace.Event) {
	if at, ok := w.sent[e.Number]; ok {
		w.fate[at] = append(w.fate[at], i)
	}
}

func (w *walk) belongs(i int, e trace.Event) {
	for _, end := range []string{e.Node, e.Peer} {
		if n, client := w.open[end]; client && n >= 0 {
			w.by[i] = n
		}
	}
}

// whole are the events that are shown together with one: a message from its
// sending to its last copy.
func (l *links) whole(i int) []int {
	at := i
	switch l.events[i].Kind {
	case trace.Deliver, trace.Drop, trace.Duplicate:
		if at = l.cause[i]; at < 0 {
			return []int{i}
		}
	case trace.Send:
	default:
		return []int{i}
	}
	return append([]int{at}, l.fate[at]...)
}

// chain are the events that led to one, the last one first. It goes back at most
// so many.
func (l *links) chain(i, most int) []int {
	var found []int
	for at := l.cause[i]; at >= 0 && len(found) < most; at = l.cause[at] {
		found = append(found, at)
	}
	return found
}

// siblings are the messages that were sent because of the same as one.
func (l *links) siblings(i int) []int {
	if l.events[i].Kind != trace.Send || l.cause[i] < 0 {
		return nil
	}
	var found []int
	for at := l.cause[i] + 1; at < len(l.events) && l.events[at].At <= l.events[i].At; at++ {
		if l.events[at].Kind == trace.Send && l.cause[at] == l.cause[i] {
			found = append(found, at)
		}
	}
	return slices.DeleteFunc(found, func(at int) bool { return at == i })
}
