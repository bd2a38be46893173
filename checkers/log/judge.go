package log

import (
	"fmt"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/harness/history"
)

// mostFindings is how many of an anomaly are told one by one.
const mostFindings = 10

type finding = checkers.Finding

// always is what breaks every profile.
func always(delivery.Profile) bool { return true }

// rules are all anomalies, the gravest first, and which profiles they break.
var rules = []struct {
	anomaly string
	breaks  func(delivery.Profile) bool
	// one and more are what happened to how many.
	one, more string
}{
	{Lost, delivery.Profile.ForbidsLoss, "record is lost", "records are lost"},
	{InconsistentOffsets, always, "offset has two values", "offsets have two values"},
	{Phantom, always, "value was polled that nobody had sent", "values were polled that nobody had sent"},
	{AbortedRead, always, "value was polled that was sent in vain", "values were polled that were sent in vain"},
	{Duplicated, delivery.Profile.ForbidsDuplicates, "value is at more offsets than it was sent times", "values are at more offsets than they were sent times"},
	{Reordered, always, "record is below one that its producer had sent before", "records are below ones that their producers had sent before"},
	{InternalNonmonotonicPoll, always, "record came after a later one in the same poll", "records came after later ones in the same poll"},
	{InternalPollSkip, delivery.Profile.ForbidsLoss, "poll has a gap", "gaps are within polls"},
	{PollSkip, delivery.Profile.ForbidsLoss, "consumer was led past records", "times consumers were led past records"},
	{NonmonotonicPoll, delivery.Profile.ForbidsDuplicates, "consumer was led back", "times consumers were led back"},
	{RedeliveredAfterCommit, delivery.Profile.ForbidsDuplicates, "poll has committed records again", "polls have committed records again"},
}

// account is what was found, over all partitions.
type account struct {
	checker
	// acknowledged counts sends, polled records, and open the acknowledged records
	// that nobody polled and that are not known to be lost.
	acknowledged, polled, open int
	unread                     []string
	// lag is how many records final polls were behind, and most in one partition.
	lag, most int
	finals    bool
	count     map[string]int
	findings  map[string][]checkers.Finding
}

func (a *account) found(anomaly string, tell func() finding) {
	if a.count[anomaly]++; a.count[anomaly] <= mostFindings {
		a.findings[anomaly] = append(a.findings[anomaly], tell())
	}
}

func (a *account) addPartition(l *log, p *partition) {
	open := a.open
	for i := range p.records {
		a.addRecord(l, p, &p.records[i])
	}
	for i := range p.values {
		a.addValue(l, p, &p.values[i])
	}
	if a.open > open {
		a.unread = append(a.unread, fmt.Sprintf("%q", p.name))
	}
	a.measureLag(p)
}

func (a *account) addRecord(l *log, p *partition, r *record) {
	if r.acked != none {
		a.acknowledged++
	}
	if r.other != none {
		a.found(InconsistentOffsets, func() finding { return l.tellInconsistent(p, r) })
	}
	if r.polled != none {
		a.polled++
	}
	if v := &p.values[r.value]; r.polled != none || v.polled != none || v.mixed {
		return
	}
	switch ended := l.calls[r.acked].Complete < l.invoked(p.ended); {
	case r.passed != none:
		a.found(Lost, func() finding { return l.tellPassed(p, r) })
	case p.high != none && r.rank < p.records[p.high].rank:
		a.found(Lost, func() finding { return l.tellFinal(p, r.acked, r, p.highBy) })
	case ended:
		a.found(Lost, func() finding { return l.tellFinal(p, r.acked, r, p.ended) })
	default:
		a.open++
	}
}

// invoked is when a call was invoked, never too late for none.
func (l *log) invoked(call int) int {
	if call == none {
		return none
	}
	return l.calls[call].Invoke
}

func (a *account) addValue(l *log, p *partition, v *value) {
	a.acknowledged += v.unplacedCount
	switch {
	case v.polled != none && (v.send == none || l.calls[v.send].Invoke > l.calls[v.polled].Complete):
		anomaly := Phantom
		if v.failed != none && l.calls[v.failed].Invoke < l.calls[v.polled].Complete {
			anomaly = AbortedRead
		}
		a.found(anomaly, func() finding { return l.tellMadeUp(p, v, anomaly) })
	case v.offsets > v.sends && !v.mixed:
		a.found(Duplicated, func() finding { return l.tellDuplicated(p, v) })
	}
	switch {
	case v.unplaced == none || v.polled != none || v.mixed:
	case l.calls[v.unplaced].Complete < l.invoked(p.ended):
		a.found(Lost, func() finding { return l.tellFinal(p, v.unplaced, nil, p.ended) })
	default:
		a.open++
	}
}

// measureLag counts the known records above all that final polls have.
func (a *account) measureLag(p *partition) {
	behind := len(p.records)
	if p.high != none {
		behind -= int(p.records[p.high].rank) + 1
	}
	a.lag, a.most = a.lag+behind, max(a.most, behind)
	a.finals = a.finals || p.high != none || p.ended != none
}

// findReordered compares each send with those that its process made before. Where
// duplicates are allowed it goes only as far as final polls did, which would have
// found a lower copy.
func (a *account) findReordered(l *log) {
	type producer struct {
		process   int
		partition int32
	}
	highest := map[producer]sent{} // of the acknowledged sends
	for _, s := range l.sent {
		p := &l.partitions[s.partition]
		v := &p.values[s.value]
		if v.sends != 1 || v.lowest == none || v.mixed {
			continue
		}
		by := producer{l.calls[s.call].Process, s.partition}
		before, known := highest[by]
		lower := known && p.offsetOf(s.value) < p.offsetOf(before.value)
		if lower && !a.unordered && (a.profile.ForbidsDuplicates() || p.finallyPolled(v)) {
			a.found(Reordered, func() finding { return l.tellReordered(before, s) })
		}
		if !lower && l.calls[s.call].Type == history.OK {
			highest[by] = s
		}
	}
}

// offsetOf is the lowest offset of a value.
func (p *partition) offsetOf(value int32) int { return p.records[p.values[value].lowest].offset }

// finallyPolled says that final polls went as far as the value.
func (p *partition) finallyPolled(v *value) bool {
	return p.high != none && p.records[v.lowest].rank <= p.records[p.high].rank
}

func (a *account) conclude() checkers.Verdict {
	v := checkers.Verdict{Checker: a.Name(), Stats: a.stats()}
	var broken []string
	for _, rule := range rules {
		if n := a.count[rule.anomaly]; n > 0 && rule.breaks(a.profile) {
			broken = append(broken, checkers.Count(n, rule.one, rule.more))
			v.Findings = append(v.Findings, a.findings[rule.anomaly]...)
		}
	}
	switch {
	case len(broken) > 0:
		v.Validity = checkers.Invalid
		v.Reason = fmt.Sprintf("%s (of %s polled, %s acknowledged)", strings.Join(broken, "; "),
			checkers.Count(a.polled, "record"), checkers.Number(a.acknowledged))
	case a.polled == 0 && (a.acknowledged == 0 || !a.profile.ForbidsLoss()):
		v.Reason = "no record was polled: there is nothing to judge"
	case a.open > 0 && a.profile.ForbidsLoss():
		v.Reason = fmt.Sprintf("nobody polled %s, and no poll shows whether %s lost or only unread (partitions %s)",
			checkers.Count(a.open, "acknowledged record"), them(a.open, "it is", "they are"), list(a.unread))
	default:
		v.Validity, v.Reason = checkers.Valid, a.praise()
	}
	return v
}

func (a *account) praise() string {
	kept := fmt.Sprintf("none of %s is lost", checkers.Count(a.acknowledged, "acknowledged record"))
	got := fmt.Sprintf("none of %s polled is ", checkers.Number(a.polled))
	switch a.profile {
	case delivery.AtMostOnce:
		return got + "a duplicate, made up or out of place"
	case delivery.AtLeastOnce:
		return kept + ", and " + got + "made up or out of place"
	}
	return kept + ", and " + got + "a duplicate, made up or out of place"
}

func (a *account) stats() []checkers.Stat {
	stats := []checkers.Stat{
		{Name: "this profile is broken by", Value: a.brokenBy()},
		{Name: "records acknowledged", Value: checkers.Number(a.acknowledged)},
		{Name: "records polled", Value: checkers.Number(a.polled)},
	}
	for _, rule := range rules {
		if n := a.count[rule.anomaly]; n > 0 {
			stats = append(stats, checkers.Stat{Name: rule.anomaly, Value: checkers.Number(n)})
		}
	}
	if a.open > 0 {
		stats = append(stats, checkers.Stat{Name: "acknowledged records that nobody polled, perhaps unread", Value: checkers.Number(a.open)})
	}
	if a.finals {
		stats = append(stats,
			checkers.Stat{Name: "known records above all final polls", Value: checkers.Number(a.lag)},
			checkers.Stat{Name: "most of these in one partition", Value: checkers.Number(a.most)})
	}
	return stats
}

// brokenBy lists the anomalies that the profile forbids.
func (a *account) brokenBy() string {
	var names []string
	for _, rule := range rules {
		if rule.breaks(a.profile) && !(a.unordered && rule.anomaly == Reordered) {
			names = append(names, rule.anomaly)
		}
	}
	return strings.Join(names, ", ")
}

func them(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// list shows a few names.
func list(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
