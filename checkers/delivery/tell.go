package delivery

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// tellLost tells of the missing messages of a queue, one by one if no receive of
// unknown outcome can have taken them. Else it is not known which ones are lost:
// one more than can have been taken show that some are.
func (q *queue) tellLost(gone []due, lost, explained, room int) []checkers.Finding {
	switch {
	case lost == 0 || room <= 0:
		return nil
	case explained > 0:
		return []checkers.Finding{q.tellSomeLost(gone, lost, explained)}
	}
	var all []checkers.Finding
	for _, d := range gone[:min(len(gone), room)] {
		f := q.finding(Lost, []int{d.message.send, q.drained})
		f.Text = fmt.Sprintf("Message %d was acknowledged, but %s: %s. The drain came to an end without it: %s, invoked after the acknowledgement. No receive of unknown outcome can have taken a message before that.",
			d.message.value, d.message.absence(), q.did(d.message.send), q.did(q.drained))
		all = append(all, f)
	}
	return all
}

// absence says how a message is missing.
func (m *message) absence() string {
	if m.receives == 0 {
		return "nobody ever received it"
	}
	return fmt.Sprintf("received only %s, though it was sent %s", checkers.Count(m.receives, "time"), checkers.Count(m.acks, "time"))
}

// mostNamed is how many messages one finding names.
const mostNamed = 10

// mostCulprits is how many messages one finding points at.
const mostCulprits = 100

func (q *queue) tellSomeLost(gone []due, lost, explained int) checkers.Finding {
	culprits := []int{q.drained}
	for n := 0; n < min(len(gone), mostCulprits) && n <= explained; n++ {
		culprits = append(culprits, gone[n].message.send)
	}
	f := q.finding(Lost, culprits)
	f.Text = fmt.Sprintf("%s acknowledged, but nobody ever received %s: %s. The drain came to an end without %s: %s, invoked after the acknowledgement. ",
		checkers.Count(len(gone), "message was", "messages were"), them(len(gone), "it", "them"), q.named(gone), them(len(gone), "it", "them"), q.did(q.drained))
	f.Text += fmt.Sprintf("At most %d of them can have been taken by receives of unknown outcome, which take one message each, so that at least %s lost.",
		explained, checkers.Count(lost, "is", "are"))
	return f
}

func them(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// named names the first messages with their sends.
func (q *queue) named(dues []due) string {
	var names []string
	for _, d := range dues[:min(len(dues), mostNamed)] {
		names = append(names, q.did(d.message.send))
	}
	if more := len(dues) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %s more", checkers.Number(more)))
	}
	return strings.Join(names, ", ")
}

func (q *queue) tellPhantom(m *message) checkers.Finding {
	if m.send == none {
		f := q.finding(Phantom, []int{m.done})
		f.Text = fmt.Sprintf("%s, but nobody ever sent %d to that queue.", capital(q.did(m.done)), m.value)
		return f
	}
	f := q.finding(Phantom, []int{m.done, m.send})
	f.Text = fmt.Sprintf("%s, but %d was sent only after that: %s.", capital(q.did(m.done)), m.value, q.did(m.send))
	return f
}

func (q *queue) tellAborted(m *message) checkers.Finding {
	f := q.finding(AbortedRead, []int{m.done, m.failed})
	f.Text = fmt.Sprintf("%s, but of all sends of %d before that none can have had an effect. The first of them: %s, which failed: %s.",
		capital(q.did(m.done)), m.value, q.did(m.failed), q.calls[m.failed].Error)
	return f
}

func (q *queue) tellRedelivered(m *message) checkers.Finding {
	f := q.finding(RedeliveredAfterAck, []int{m.settled, m.last, q.received(m, q.calls[m.settled].Process)}, m.send)
	f.Text = fmt.Sprintf("Message %d was done with: %s. But after that %s.", m.value, q.did(m.settled), q.did(m.last))
	return f
}

// received is the first receive of a message by a process.
func (q *queue) received(m *message, process int) int {
	for i := m.receive; ; i++ {
		if n, is := q.calls[i].Out.Int(); is && n == m.value && q.calls[i].F == "receive" && q.calls[i].Type == history.OK && q.calls[i].Process == process {
			return i
		}
	}
}

func (q *queue) tellDuplicate(m *message) checkers.Finding {
	culprits := []int{m.receive}
	if m.next != none {
		culprits = append(culprits, m.next)
	}
	f := q.finding(Duplicated, culprits, m.send)
	often := map[bool]string{true: "only once", false: checkers.Count(m.sends, "time") + " at most"}[m.sends == 1]
	f.Text = fmt.Sprintf("Message %d was sent %s: %s. But it was received %s: %s", m.value, often, q.did(m.send),
		checkers.Count(m.receives, "time"), q.did(m.receive))
	if m.next != none {
		f.Text += ", and " + q.did(m.next)
	}
	f.Text += "."
	return f
}

// tellReordered tells of some overtaken messages, one by one.
func (q *queue) tellReordered(dues []due, n int, c checker, room int) []checkers.Finding {
	var all []checkers.Finding
	for _, d := range dues[:max(0, min(len(dues), room))] {
		m := d.message
		by := q.receivedBy(d.because)
		culprits, end := []int{m.send, d.because}, fmt.Sprintf("Nobody ever received %d.", m.value)
		if m.receives > 0 {
			culprits = append(culprits, m.receive)
			end = fmt.Sprintf("%d was received only after that: %s.", m.value, q.did(m.receive))
		}
		f := q.finding(Reordered, culprits, by.send)
		f.Text = fmt.Sprintf("Message %d was sent before %d: %s, acknowledged before the other was sent: %s. But %d was received first: %s. %s",
			m.value, by.value, q.did(m.send), q.did(by.send), by.value, q.did(d.because), end)
		f.Text += q.doubtOrder(d, dues, n, c)
		all = append(all, f)
	}
	return all
}

// doubtOrder says what receives of unknown outcome have to do with it.
func (q *queue) doubtOrder(d due, dues []due, n int, c checker) string {
	switch {
	case c.order == perConsumer || len(q.blind) == 0 || q.calls[q.blind[0]].Invoke > d.by:
		return ""
	case d.message.receives > 0 && c.profile.ForbidsDuplicates():
		return " Had a receive of unknown outcome taken it before that, it would be a duplicate."
	case n < len(dues):
		return fmt.Sprintf(" Receives of unknown outcome may have taken some of the %d messages that were overtaken, but not all: at least %d of them broke the order.", len(dues), n)
	}
	return " No receive of unknown outcome is left that can have taken it before."
}

// receivedBy is the message that a receive received.
func (q *queue) receivedBy(receive int) *message {
	value, _ := q.calls[receive].Out.Int()
	for i := range q.messages {
		if q.messages[i].value == value {
			return &q.messages[i]
		}
	}
	return nil
}

// finding is a finding about some calls. Further ones help to understand it.
func (q *queue) finding(anomaly string, culprits []int, further ...int) checkers.Finding {
	return checkers.Finding{Anomaly: anomaly, Key: q.name, Culprits: q.invocations(culprits), Context: q.invocations(append(further, culprits...))}
}

// invocations are the places of calls in the history, in order of time.
func (q *queue) invocations(calls []int) []int {
	var at []int
	for _, i := range calls {
		if i != none {
			at = append(at, q.calls[i].Invoke)
		}
	}
	slices.SortFunc(at, cmp.Compare[int])
	return slices.Compact(at)
}

// did is a clause about a call: "process 3 (n1) sent 17 (1.200-1.210 s)".
func (q *queue) did(i int) string {
	call := &q.calls[i]
	verb := fmt.Sprintf("tried to send %v", call.In)
	switch {
	case call.F == "receive" && call.Out.IsNil():
		verb = "found the queue empty"
	case call.F == "ack" && call.Type == history.OK:
		verb = fmt.Sprintf("acknowledged %v", call.In)
	case call.F == "receive":
		verb = fmt.Sprintf("received %v", call.Out)
	case call.Type == history.OK:
		verb = fmt.Sprintf("sent %v", call.In)
	}
	return fmt.Sprintf("%s %s (%s)", checkers.Who(*call), verb, checkers.When(*call))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
