package raft

import (
	"slices"
	"time"
)

// redelivery is for how long a message that was taken waits for its acknowledgement.
const redelivery = time.Second

// Mailbox holds messages until they are acknowledged.
type Mailbox struct {
	Waiting []Letter `json:"waiting,omitempty"`
	// Taken are the messages that were handed out, by their tickets.
	Taken []Letter `json:"taken,omitempty"`
}

// Letter is a message.
type Letter struct {
	Value int `json:"value"`
	// Ticket numbers its last hand-out, and Expires is the tick at which it is handed
	// out again.
	Ticket  int `json:"ticket,omitempty"`
	Expires int `json:"expires,omitempty"`
}

func (o *Objects) publish(c Command, _ Bug) Response {
	if o.Mailboxes[c.Key] == nil {
		assign(&o.Mailboxes, c.Key, &Mailbox{})
	}
	m := o.Mailboxes[c.Key]
	m.Waiting = append(m.Waiting, Letter{Value: c.Value})
	return Response{OK: true, Found: true}
}

// take hands out the first message.
func (o *Objects) take(c Command, bug Bug) Response {
	m := o.Mailboxes[c.Key]
	if m == nil || len(m.Waiting) == 0 {
		return Response{OK: true}
	}
	letter := m.Waiting[0]
	m.Waiting = m.Waiting[1:]
	again := letter.Ticket > 0
	o.HandOuts++
	letter.Ticket, letter.Expires = o.HandOuts, o.Ticks+ticksOf(redelivery)
	if bug != AckOnTake {
		m.Taken = append(m.Taken, letter)
	}
	return Response{OK: true, Found: true, Value: letter.Value, Number: letter.Ticket, Swapped: again}
}

// acknowledge is answered with found if the message was still out to whoever took it.
func (o *Objects) acknowledge(c Command, bug Bug) Response {
	m := o.Mailboxes[c.Key]
	if m == nil || bug == AckOnTake {
		return Response{OK: true, Found: bug == AckOnTake}
	}
	at := slices.IndexFunc(m.Taken, func(l Letter) bool { return l.Ticket == c.Value })
	if at < 0 {
		return Response{OK: true}
	}
	m.Taken = slices.Delete(m.Taken, at, at+1)
	return Response{OK: true, Found: true}
}

// expire puts what was not acknowledged in time before everything else.
func (m *Mailbox) expire(now int) {
	var late, kept []Letter
	for _, l := range m.Taken {
		if l.Expires <= now {
			late = append(late, l)
		} else {
			kept = append(kept, l)
		}
	}
	if len(late) > 0 {
		m.Taken, m.Waiting = kept, append(late, m.Waiting...)
	}
}
