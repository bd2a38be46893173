package delivery

import (
	"fmt"
	"math"

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
}

// message is what happened to one value. A value should be sent only once; where
// it was sent more often, as many receives are in order.
type message struct {
	value int
	// send is the first send that may have happened, or none. There were sends of
	// them, acks of which were acknowledged, the last at the time acked.
	send, sends, acks, acked int
	// failed is a send that certainly had no effect, or none.
	failed int
	// receive is the receive that was invoked first, next the one after that,
	// last the last one, and done the one that was done first; each none if there
	// was none.
	receive, next, last, done int
	receives                  int
}

// missing is how many acknowledged copies nobody is known to have received.
func (m *message) missing() int { return max(0, m.acks-m.receives) }

// sound says that the message was received after it had been sent.
func (q *queue) sound(m *message) bool {
	return m.sends > 0 && m.receives > 0 && q.calls[m.send].Invoke < q.calls[m.done].Complete
}

func parse(k history.KeyCalls) (*queue, error) {
	q := &queue{name: k.Key, calls: k.Calls, drained: none}
	places := map[int]int{}
	for i := range k.Calls {
		call := &k.Calls[i]
		var err error
		switch call.F {
		case "send":
			err = q.addSend(i, places)
		case "receive":
			err = q.addReceive(i, places)
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
		q.messages = append(q.messages, message{value: value, send: none, failed: none, receive: none, next: none, last: none, done: none})
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
		m.failed = i
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
	if m.done == none || call.Complete < q.calls[m.done].Complete {
		m.done = i
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
