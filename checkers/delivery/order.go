package delivery

import (
	"cmp"
	"slices"
)

// order is which messages must not overtake each other.
type order uint8

const (
	// total: any.
	total order = iota
	// perProducer: those of one producer.
	perProducer
	// perConsumer: those of one producer, at one consumer.
	perConsumer
	unordered
)

// other says which messages must not come first.
func (o order) other() string {
	switch o {
	case perProducer:
		return "one that the same producer sent later"
	case perConsumer:
		return "one that the same producer sent later, at the same consumer"
	}
	return "one that was sent later"
}

// lane is what a message must keep its order in: the process that sent it, or the
// same for all.
func (q *queue) lane(m *message, o order) int {
	if o == total {
		return 0
	}
	return q.calls[m.send].Process
}

// overtaken are the messages that were sent before another one of their lane that
// somebody received earlier: they must have been taken before that.
func (q *queue) overtaken(o order) []due {
	later := q.receivedAfter(o)
	var dues []due
	for i := range q.messages {
		m := &q.messages[i]
		if m.sends != 1 || m.acks != 1 || m.receives > 0 && !q.sound(m) {
			continue
		}
		by, because := later(q.lane(m, o), m.acked)
		if by != never && (m.receives == 0 || by < q.calls[m.receive].Invoke) {
			dues = append(dues, due{message: m, by: by, because: because, copies: 1})
		}
	}
	return dues
}

// arrival is when a message was sent and when it was first received.
type arrival struct{ lane, sent, by, because int }

// compare orders arrivals by lane, and there by the times of the sends.
func (a arrival) compare(b arrival) int {
	return cmp.Or(cmp.Compare(a.lane, b.lane), cmp.Compare(a.sent, b.sent))
}

// receivedAfter returns a function that gives, for a lane and a time, the first
// receive to be done of a message that was sent only after that time, and when it
// was done.
func (q *queue) receivedAfter(o order) func(lane, after int) (by, because int) {
	var arrivals []arrival
	for i := range q.messages {
		if m := &q.messages[i]; q.sound(m) && (o == total || m.sends == 1) {
			arrivals = append(arrivals, arrival{q.lane(m, o), q.calls[m.send].Invoke, q.calls[m.done].Complete, m.done})
		}
	}
	slices.SortFunc(arrivals, arrival.compare)
	for i := len(arrivals) - 2; i >= 0; i-- { // the earliest of this one and all after it
		if next := arrivals[i+1]; next.lane == arrivals[i].lane && next.by < arrivals[i].by {
			arrivals[i].by, arrivals[i].because = next.by, next.because
		}
	}
	return func(lane, after int) (int, int) {
		at, _ := slices.BinarySearchFunc(arrivals, arrival{lane: lane, sent: after}, arrival.compare)
		if at == len(arrivals) || arrivals[at].lane != lane {
			return never, none
		}
		return arrivals[at].by, arrivals[at].because
	}
}

// overtakenAtConsumers are the messages that a consumer received after another one
// which their producer had sent later, both only once. Where messages may come
// again this is certain only if no receive of unknown outcome can have been the
// first delivery of one of them; else it is doubtful.
func (q *queue) overtakenAtConsumers(p Profile) (certain []due, doubtful int) {
	type pair struct{ consumer, producer int }
	latest := map[pair]*message{} // of those that the consumer received so far
	for _, m := range q.receivedOnce() {
		of := pair{q.calls[m.receive].Process, q.calls[m.send].Process}
		before := latest[of]
		switch {
		case before == nil || m.send > before.send:
			latest[of] = m
		case m.acks == 0:
		case !p.ForbidsDuplicates() && q.firstBlind() < q.calls[m.receive].Complete:
			doubtful++
		default:
			certain = append(certain, due{message: m, by: q.calls[before.receive].Complete, because: before.receive, copies: 1})
		}
	}
	return certain, doubtful
}

// receivedOnce are the messages that were sent once and received once, in the
// order of the receives.
func (q *queue) receivedOnce() []*message {
	var once []*message
	for i := range q.messages {
		if m := &q.messages[i]; m.sends == 1 && m.receives == 1 && q.sound(m) {
			once = append(once, m)
		}
	}
	slices.SortFunc(once, func(a, b *message) int { return cmp.Compare(a.receive, b.receive) })
	return once
}

// firstBlind is when the first receive of unknown outcome was invoked, or never.
func (q *queue) firstBlind() int {
	if len(q.blind) == 0 {
		return never
	}
	return q.calls[q.blind[0]].Invoke
}
