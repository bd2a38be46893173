package delivery

import (
	"fmt"
	"math"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// none is no call, and never the place of what does not come.
const (
	none  = -1
	never = math.MaxInt
)

// queue is the history of one queue. Calls are named by their places in it, and
// times are places in the whole history, which are exact and all different.
type queue struct {
	name     string
	calls    []history.Call
	messages []message
	// blind are the receives of unknown outcome, in order of time: each may have
	// taken one message that nobody saw.
	blind []int
	// empty are the receives that found the queue empty.
	empty []int
	// drained is the last final receive that found the queue empty, or none.
	drained int
	// holds says which process received which message, in a queue that has
	// acknowledgements, and strays counts those of other messages.
	holds  map[holding]bool
	strays int
}

// holding is a message that a process received.
type holding struct{ process, value int }

// message is what happened to one value. A value should be sent only once; where
// it was sent more often, as many receives are in order.
type message struct {
	value int
	// send is the first send that may have happened, or none. There were sends of
	// them, acks of which were acknowledged, the last at the time acked.
	send, sends, acks, acked int
	// failed is the first send that certainly had no effect, or none.
	failed int
	// receive is the receive that was invoked first, next the one after that,
	// last the last one, and done the one that was done first; each none if there
	// was none.
	receive, next, last, done int
	receives                  int
	// settled is the acknowledgement by a consumer that was done first, or none.
	settled int
}

// missing is how many acknowledged copies nobody is known to have received.
func (m *message) missing() int { return max(0, m.acks-m.receives) }

// sound says that the message was received after it had been sent.
func (q *queue) sound(m *message) bool {
	return m.sends > 0 && m.receives > 0 && q.calls[m.send].Invoke < q.calls[m.done].Complete
}

// redelivered says that somebody began to receive the message, which was sent only
// once, after a consumer's acknowledgement of it was done.
func (q *queue) redelivered(m *message) bool {
	return m.sends == 1 && m.settled != none && q.calls[m.last].Invoke > q.calls[m.settled].Complete
}

func parse(k history.KeyCalls) (*queue, error) {
	q := &queue{name: k.Key, calls: k.Calls, drained: none}
	if slices.ContainsFunc(k.Calls, func(c history.Call) bool { return c.F == "ack" }) {
		q.holds = map[holding]bool{}
	}
	places := map[int]int{}
	for i := range k.Calls {
		call := &k.Calls[i]
		var err error
		switch call.F {
		case "send":
			err = q.addSend(i, places)
		case "receive":
			err = q.addReceive(i, places)
		case "ack":
			err = q.addAck(i, places)
		default:
			err = fmt.Errorf("a queue has no such operation")
		}
		if err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("queue", k.Key), err)
		}
	}
	return q, nil
}

func (q *queue) message(value int, places map[int]int) *message {
	at, known := places[value]
	if !known {
		at = len(q.messages)
		places[value] = at
		q.messages = append(q.messages, message{value: value, send: none, failed: none, receive: none, next: none, last: none, done: none, settled: none})
	}
	return &q.messages[at]
}

func (q *queue) addSend(i int, places map[int]int) error {
	call := &q.calls[i]
	value, ok := call.In.Int()
	if !ok {
		return fmt.Errorf("it sends %v, which is no integer", call.In)
	}
	m := q.message(value, places)
	if call.Type == history.Fail {
		if m.failed == none {
			m.failed = i
		}
		return nil
	}
	if m.sends++; m.send == none {
		m.send = i
	}
	if call.Type == history.OK {
		m.acks++
		m.acked = max(m.acked, call.Complete)
	}
	return nil
}

func (q *queue) addReceive(i int, places map[int]int) error {
	call := &q.calls[i]
	switch {
	case call.Type == history.Fail:
		return nil
	case call.Type == history.Info:
		q.blind = append(q.blind, i)
		return nil
	case call.Out.IsNil():
		q.addEmpty(i)
		return nil
	}
	value, ok := call.Out.Int()
	if !ok {
		return fmt.Errorf("it received %v, which is neither an integer nor null", call.Out)
	}
	m := q.message(value, places)
	switch m.receives++; m.receives {
	case 1:
		m.receive = i
	case 2:
		m.next = i
	}
	m.last = i
	if q.holds != nil {
		q.holds[holding{call.Process, value}] = true
	}
	if m.done == none || call.Complete < q.calls[m.done].Complete {
		m.done = i
	}
	return nil
}

// addAck notes that a consumer is done with a message. What it did not receive says
// nothing.
func (q *queue) addAck(i int, places map[int]int) error {
	call := &q.calls[i]
	value, ok := call.In.Int()
	if !ok {
		return fmt.Errorf("it acknowledges %v, which is no integer", call.In)
	}
	if !q.holds[holding{call.Process, value}] {
		q.strays++
		return nil
	}
	m := q.message(value, places)
	if call.Type == history.OK && (m.settled == none || call.Complete < q.calls[m.settled].Complete) {
		m.settled = i
	}
	return nil
}

func (q *queue) addEmpty(i int) {
	q.empty = append(q.empty, i)
	if q.calls[i].Final {
		q.drained = i
	}
}

// emptyBy is the time by which the drain has certainly emptied the queue of all
// that was acknowledged before the time since; never if there was no drain, or if
// it was not complete. A drain is complete if a final receive found the queue
// empty and after that nobody began to receive a message which was there already.
func (q *queue) emptyBy() (since, by int) {
	if q.drained == none {
		return none, never
	}
	since, by = q.calls[q.drained].Invoke, q.calls[q.drained].Complete
	for i := range q.messages {
		if m := &q.messages[i]; m.acks > 0 && m.acked < since && m.receives > 0 && q.calls[m.last].Invoke > by {
			return none, never
		}
	}
	return since, by
}
