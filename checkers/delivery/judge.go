package delivery

import (
	"fmt"
	"strings"

	"github.com/assaykit/assay/checkers"
)

// mostFindings is how many of an anomaly are told one by one.
const mostFindings = 10

// account is what was found about the delivery of messages, over all queues.
type account struct {
	acknowledged, received int
	// lost and explained count copies of missing messages; open those about
	// which the drain says nothing.
	lost, explained, open                     int
	duplicated, redelivered, phantom, aborted int
	blind, falselyEmpty                       int
	// unsettled are messages that were received and that no consumer is known to
	// have acknowledged, in queues where some are.
	unsettled, strays int
	undrained         []string
	findings          map[string][]checkers.Finding
}

func (a *account) add(f checkers.Finding) {
	if len(a.findings[f.Anomaly]) < mostFindings {
		a.findings[f.Anomaly] = append(a.findings[f.Anomaly], f)
	}
}

// judgeDelivery judges what became of each message by itself.
func (c checker) judgeDelivery(queues []*queue) checkers.Verdict {
	a := &account{findings: map[string][]checkers.Finding{}}
	for _, q := range queues {
		a.count(q)
		a.findLost(q)
		for i := range q.messages {
			m := &q.messages[i]
			a.findPhantom(q, m)
			a.findDuplicate(q, m)
		}
	}
	v := checkers.Verdict{Checker: "delivery", Stats: append([]checkers.Stat{{Name: "this profile is broken by", Value: c.brokenBy()}}, a.stats()...)}
	switch broken := a.broken(c.profile); {
	case len(broken) > 0:
		v.Validity, v.Reason = checkers.Invalid, strings.Join(broken, "; ")+a.excused()
		v.Findings = a.forbidden(c.profile)
	case c.profile.ForbidsLoss() && a.open > 0:
		v.Reason = a.doubt()
	case a.received == 0:
		v.Reason = "no message was received: there is nothing to judge"
	default:
		v.Validity, v.Reason = checkers.Valid, a.praise(c.profile)
	}
	return v
}

func (a *account) count(q *queue) {
	a.blind += len(q.blind)
	a.strays += q.strays
	a.falselyEmpty += q.falselyEmpty()
	for i := range q.messages {
		m := &q.messages[i]
		a.acknowledged += m.acks
		a.received += m.receives
		if q.holds != nil && m.receives > 0 && m.settled == none {
			a.unsettled++
		}
	}
}

func (a *account) findLost(q *queue) {
	gone, open := q.missing()
	lost, explained := q.unexplained(gone)
	a.lost, a.explained = a.lost+lost, a.explained+explained
	if open > 0 {
		a.open += open
		a.undrained = append(a.undrained, fmt.Sprintf("%q", q.name))
	}
	for _, f := range q.tellLost(gone, lost, explained, mostFindings-len(a.findings[Lost])) {
		a.add(f)
	}
}

func (a *account) findPhantom(q *queue, m *message) {
	switch {
	case m.receives == 0 || q.sound(m):
	case q.inVain(m):
		a.aborted++
		a.add(q.tellAborted(m))
	default:
		a.phantom++
		a.add(q.tellPhantom(m))
	}
}

// inVain says that there were sends of the message before it was received, all of
// which certainly failed.
func (q *queue) inVain(m *message) bool {
	return m.failed != none && q.calls[m.failed].Invoke < q.calls[m.done].Complete
}

func (a *account) findDuplicate(q *queue, m *message) {
	switch {
	case m.sends == 0:
	case q.redelivered(m):
		a.redelivered++
		a.add(q.tellRedelivered(m))
	case m.receives > m.sends:
		a.duplicated++
		a.add(q.tellDuplicate(m))
	}
}

// broken says what the profile forbids and happened all the same.
func (a *account) broken(p Profile) []string {
	var broken []string
	for _, b := range []struct {
		anomaly   string
		n         int
		one, more string
	}{
		{Phantom, a.phantom, "message was received that nobody had sent", "messages were received that nobody had sent"},
		{AbortedRead, a.aborted, "message was received that was sent in vain", "messages were received that were sent in vain"},
		{Lost, a.lost, "message is lost", "messages are lost"},
		{Duplicated, a.duplicated, "message was received more often than sent", "messages were received more often than sent"},
		{RedeliveredAfterAck, a.redelivered, "message was received again after it was acknowledged", "messages were received again after they were acknowledged"},
	} {
		if b.n == 0 || !p.Forbids(b.anomaly) {
			continue
		}
		said := checkers.Count(b.n, b.one, b.more)
		if b.anomaly == Lost {
			said += fmt.Sprintf(" of %s acknowledged", checkers.Number(a.acknowledged))
		}
		broken = append(broken, said)
	}
	return broken
}

func (a *account) forbidden(p Profile) []checkers.Finding {
	var found []checkers.Finding
	for _, anomaly := range anomalies {
		if p.Forbids(anomaly) {
			found = append(found, a.findings[anomaly]...)
		}
	}
	return found
}

// excused tells of missing messages that may have been received.
func (a *account) excused() string {
	if a.explained == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s missing too, but may have been taken by receives of unknown outcome)",
		checkers.Count(a.explained, "acknowledged message is", "acknowledged messages are"))
}

func (a *account) doubt() string {
	return fmt.Sprintf("%s never received, and no complete drain shows whether %s lost or still in the queue (%s)%s",
		checkers.Count(a.open, "acknowledged message was", "acknowledged messages were"), them(a.open, "it is", "they are"), list(a.undrained), a.excused())
}

func (a *account) praise(p Profile) string {
	kept := fmt.Sprintf("none of %s was lost", checkers.Count(a.acknowledged, "acknowledged message"))
	got := fmt.Sprintf("none of %s received was ", checkers.Number(a.received))
	switch p {
	case AtMostOnce:
		return got + "a duplicate or made up"
	case AtLeastOnce:
		return kept + a.excused() + ", and " + got + "made up"
	}
	return kept + a.excused() + ", and " + got + "a duplicate or made up"
}

func (a *account) stats() []checkers.Stat {
	stats := []checkers.Stat{
		{Name: "messages acknowledged", Value: checkers.Number(a.acknowledged)},
		{Name: "messages received", Value: checkers.Number(a.received)},
		{Name: "receives of unknown outcome", Value: checkers.Number(a.blind)},
	}
	for _, s := range []struct {
		name string
		n    int
	}{
		{"lost", a.lost}, {"missing, perhaps taken by a receive of unknown outcome", a.explained}, {"missing, not drained", a.open},
		{"duplicated", a.duplicated}, {"redelivered after their acknowledgement", a.redelivered}, {"phantom", a.phantom}, {"sent in vain and received", a.aborted},
		{"received, but not acknowledged by a consumer", a.unsettled}, {"acknowledged by consumers that had not received them", a.strays},
		{"called empty while a message was waiting", a.falselyEmpty},
	} {
		if s.n > 0 {
			stats = append(stats, checkers.Stat{Name: s.name, Value: checkers.Number(s.n)})
		}
	}
	return stats
}

// judgeOrder judges whether messages of a queue came in the order in which they
// were sent.
func (c checker) judgeOrder(queues []*queue) checkers.Verdict {
	v := checkers.Verdict{Checker: "order", Validity: checkers.Valid, Reason: "no message was overtaken by " + c.order.other()}
	total, doubtful := 0, 0
	for _, q := range queues {
		dues, n, doubt := c.disorder(q)
		total, doubtful = total+n, doubtful+doubt
		if n > 0 {
			v.Findings = append(v.Findings, q.tellReordered(dues, n, c, mostFindings-len(v.Findings))...)
		}
	}
	switch {
	case total > 0:
		v.Validity = checkers.Invalid
		v.Reason = fmt.Sprintf("%s overtaken by %s", checkers.Count(total, "message was", "messages were"), c.order.other())
	case doubtful > 0:
		v.Validity = checkers.Unknown
		v.Reason = fmt.Sprintf("%s overtaken by %s, unless receives of unknown outcome were the first deliveries",
			checkers.Count(doubtful, "message was", "messages were"), c.order.other())
	}
	return v
}

// disorder are the messages that were overtaken, and the least number of them
// for which that breaks the order; and how many more may be.
func (c checker) disorder(q *queue) (dues []due, n, doubtful int) {
	if c.order == perConsumer {
		certain, doubtful := q.overtakenAtConsumers(c.profile)
		return certain, len(certain), doubtful
	}
	dues, n = c.overtaken(q)
	return dues, n, 0
}

// overtaken are the messages that were overtaken, whoever received them, and the
// least number of them for which that breaks the order.
func (c checker) overtaken(q *queue) (dues []due, n int) {
	gone, _ := q.missing()
	lost, _ := q.unexplained(gone)
	var certain, perhaps []due
	for _, d := range q.overtaken(c.order) {
		switch {
		case d.message.receives == 0 && c.profile.ForbidsLoss(), d.message.receives > 0 && !c.profile.ForbidsDuplicates():
			perhaps = append(perhaps, d)
		case d.message.receives > 0:
			// It was still in the queue when it was received: it is received once.
			certain = append(certain, d)
		}
	}
	if len(perhaps) == 0 {
		return certain, len(certain)
	}
	unordered, _ := q.unexplained(q.hasten(gone, perhaps))
	if c.profile.ForbidsLoss() {
		unordered -= lost // these would be missing in any order
	}
	if unordered <= 0 {
		return certain, len(certain)
	}
	return append(certain, perhaps...), len(certain) + unordered
}

// hasten adds the overtaken messages to the missing ones: a message that is both
// was due by the earlier time.
func (q *queue) hasten(gone, overtaken []due) []due {
	place := map[*message]int{}
	all := append([]due(nil), gone...)
	for i, d := range all {
		place[d.message] = i
	}
	for _, d := range overtaken {
		if at, both := place[d.message]; !both {
			all = append(all, d)
		} else if d.by < all[at].by {
			all[at] = d
		}
	}
	return all
}

// falselyEmpty counts the receives that found the queue empty while a message was
// certainly waiting in it.
func (q *queue) falselyEmpty() int {
	n := 0
	waiting := q.waiting()
	for _, i := range q.empty {
		if waiting(q.calls[i].Invoke) > q.calls[i].Complete {
			n++
		}
	}
	return n
}

// list shows a few names.
func list(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
