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
	lost, explained, open int
	duplicated, phantom   int
	blind, falselyEmpty   int
	undrained             []string
	findings              map[string][]checkers.Finding
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
	v := checkers.Verdict{Checker: "delivery", Stats: a.stats()}
	switch broken := a.broken(c.profile); {
	case len(broken) > 0:
		v.Validity, v.Reason = checkers.Invalid, strings.Join(broken, "; ")+a.excused()
		v.Findings = a.forbidden(c.profile)
	case a.received == 0 && (c.profile == AtMostOnce || a.acknowledged == 0):
		v.Reason = "no message was received: there is nothing to judge"
	case c.profile.ForbidsLoss() && a.open > 0:
		v.Reason = a.doubt()
	default:
		v.Validity, v.Reason = checkers.Valid, a.praise(c.profile)
	}
	return v
}

func (a *account) count(q *queue) {
	a.blind += len(q.blind)
	a.falselyEmpty += q.falselyEmpty()
	for i := range q.messages {
		a.acknowledged += q.messages[i].acks
		a.received += q.messages[i].receives
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
	if lost > 0 {
		a.add(q.tellLost(gone, lost, explained))
	}
}

func (a *account) findPhantom(q *queue, m *message) {
	if m.receives > 0 && !q.sound(m) {
		a.phantom++
		a.add(q.tellPhantom(m))
	}
}

func (a *account) findDuplicate(q *queue, m *message) {
	if m.sends > 0 && m.receives > m.sends {
		a.duplicated++
		a.add(q.tellDuplicate(m))
	}
}

// broken says what the profile forbids and happened all the same.
func (a *account) broken(p Profile) []string {
	var broken []string
	if a.phantom > 0 {
		broken = append(broken, fmt.Sprintf("%s received that nobody had sent", checkers.Count(a.phantom, "message was", "messages were")))
	}
	if a.lost > 0 && p.ForbidsLoss() {
		broken = append(broken, fmt.Sprintf("%s lost of %s acknowledged", checkers.Count(a.lost, "message is", "messages are"), checkers.Number(a.acknowledged)))
	}
	if a.duplicated > 0 && p.ForbidsDuplicates() {
		broken = append(broken, fmt.Sprintf("%s received more often than sent", checkers.Count(a.duplicated, "message was", "messages were")))
	}
	return broken
}

func (a *account) forbidden(p Profile) []checkers.Finding {
	found := a.findings[Phantom]
	if p.ForbidsLoss() {
		found = append(found, a.findings[Lost]...)
	}
	if p.ForbidsDuplicates() {
		found = append(found, a.findings[Duplicated]...)
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
		{"duplicated", a.duplicated}, {"phantom", a.phantom}, {"called empty while a message was waiting", a.falselyEmpty},
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
	v := checkers.Verdict{Checker: "order", Validity: checkers.Valid, Reason: "no message was overtaken by one that was sent later"}
	total := 0
	for _, q := range queues {
		dues, n := c.disorder(q)
		if n == 0 {
			continue
		}
		total += n
		v.Findings = append(v.Findings, q.tellReordered(dues, n, c.profile, mostFindings-len(v.Findings))...)
	}
	if total > 0 {
		v.Validity = checkers.Invalid
		v.Reason = fmt.Sprintf("%s overtaken by one that was sent later", checkers.Count(total, "message was", "messages were"))
	}
	return v
}

// disorder are the messages that were overtaken, and the least number of them
// for which that breaks the order.
func (c checker) disorder(q *queue) (dues []due, n int) {
	gone, _ := q.missing()
	lost, _ := q.unexplained(gone)
	var certain, perhaps []due
	overtaken := q.overtaken()
	for _, d := range overtaken {
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
