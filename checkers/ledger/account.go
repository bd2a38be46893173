package ledger

import (
	"fmt"
	"strings"

	"github.com/assaykit/assay/checkers"
)

// mostFindings is how many of an anomaly are told one by one.
const mostFindings = 10

// gravity is the order in which anomalies are told.
var gravity = [...]string{DoubleCharge, Lost, Phantom, AbortedRead, WrongAmount, Stale}

// account is what was found, over all ledgers.
type account struct {
	ledgers, attempts, reads, finals int
	// acknowledged and seen count orders, retried those that were tried again.
	acknowledged, seen, retried int
	// open are acknowledged orders about which no final read tells anything, unread
	// the ledgers with entries that have no final read at all.
	open, unread int
	orders       map[string]int
	findings     map[string][]checkers.Finding
}

func (a *account) add(l *ledger) {
	a.ledgers++
	a.reads += len(l.reads)
	a.finals += len(l.finals)
	seen := a.seen
	for i := range l.orders {
		a.addOrder(l, &l.orders[i])
	}
	if len(l.finals) == 0 && a.seen > seen {
		a.unread++
	}
}

func (a *account) addOrder(l *ledger, o *order) {
	a.count(l, o)
	anomaly := l.judge(o)
	if anomaly == "" {
		return
	}
	if a.orders[anomaly]++; len(a.findings[anomaly]) < mostFindings {
		a.findings[anomaly] = append(a.findings[anomaly], l.tell(o, anomaly))
	}
}

func (a *account) count(l *ledger, o *order) {
	attempts := 0
	for i := o.latest; i != none; i = int(l.before[i]) {
		attempts++
	}
	a.attempts += attempts
	if attempts > 1 {
		a.retried++
	}
	if o.acked != none {
		a.acknowledged++
	}
	if o.seen != none {
		a.seen++
	}
	if l.open(o) {
		a.open++
	}
}

func (a *account) conclude(v checkers.Verdict) checkers.Verdict {
	v.Stats = a.stats()
	for _, anomaly := range gravity {
		v.Findings = append(v.Findings, a.findings[anomaly]...)
	}
	switch {
	case len(v.Findings) > 0:
		v.Validity, v.Reason = checkers.Invalid, a.accusation()
	case a.acknowledged+a.seen == 0:
		v.Reason = "no order is known to be charged: there is nothing to judge"
	case a.open > 0:
		v.Reason = fmt.Sprintf("no final read shows what became of %s", checkers.Count(a.open, "acknowledged order"))
	case a.unread > 0:
		v.Reason = fmt.Sprintf("no final read of %s succeeded: there may be more charges than were seen", checkers.Count(a.unread, "ledger"))
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("each of %s is charged once, and none of %s on the ledger is charged twice, wrongly or made up",
			checkers.Count(a.acknowledged, "acknowledged order"), checkers.Number(a.seen))
	}
	return v
}

func (a *account) accusation() string {
	words := map[string]string{
		DoubleCharge: "charged more than once", Lost: "charged and lost", Phantom: "charged that nobody had tried to charge",
		AbortedRead: "charged by attempts that certainly failed", WrongAmount: "charged with a wrong amount",
		Stale: "charged and missing from a final read",
	}
	var said []string
	for _, anomaly := range gravity {
		if n := a.orders[anomaly]; n > 0 {
			said = append(said, fmt.Sprintf("%s %s", checkers.Count(n, "order was", "orders were"), words[anomaly]))
		}
	}
	return fmt.Sprintf("%s (of %s acknowledged in %s)", strings.Join(said, "; "), checkers.Number(a.acknowledged), checkers.Count(a.ledgers, "ledger"))
}

func (a *account) stats() []checkers.Stat {
	stats := []checkers.Stat{
		{Name: "orders acknowledged", Value: checkers.Number(a.acknowledged)},
		{Name: "orders on the ledger", Value: checkers.Number(a.seen)},
		{Name: "orders tried more than once", Value: checkers.Number(a.retried)},
		{Name: "attempts", Value: checkers.Number(a.attempts)},
		{Name: "reads", Value: checkers.Number(a.reads)},
		{Name: "final reads", Value: checkers.Number(a.finals)},
	}
	for _, anomaly := range gravity {
		if n := a.orders[anomaly]; n > 0 {
			stats = append(stats, checkers.Stat{Name: anomaly, Value: checkers.Number(n)})
		}
	}
	if a.open > 0 {
		stats = append(stats, checkers.Stat{Name: "acknowledged orders without a final read", Value: checkers.Number(a.open)})
	}
	return stats
}
