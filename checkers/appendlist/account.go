package appendlist

import (
	"fmt"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/distribution"
)

// mostFindings is how many of an anomaly are told one by one.
const mostFindings = 10

// gravity is the order in which anomalies are told.
var gravity = [...]string{Phantom, Lost, Duplicated, Diverged, Reordered, Stale}

// account is what was found, over all lists.
type account struct {
	lists, reads, acknowledged int
	// unread are elements whose acknowledgement no read followed.
	unread int
	// elements counts what was found of each anomaly: elements, or diverged reads.
	elements map[string]int
	// visible are the times until elements were in every read from then on, absent
	// those for which stale ones were missing, and kept those until lost ones were
	// last seen.
	visible, absent, kept []time.Duration
	findings              map[string][]checkers.Finding
	// repeated says of the first list with repeated elements what is wrong with it.
	repeated string
}

func (a *account) add(l *list) {
	a.lists++
	a.reads += len(l.reads)
	counts := make([]int, len(l.elements))
	for i := range l.reads {
		often := l.tooOften(&l.reads[i], counts)
		l.reads[i].sound = len(often) == 0
		for _, at := range often {
			a.found(Duplicated, func() checkers.Finding { return l.tellDuplicate(i, at) })
		}
	}
	l.compare()
	m := l.missing()
	sound := true
	for i := range l.elements {
		sound = a.addElement(l, &l.elements[i], m) && sound
	}
	for _, pair := range l.reordered() {
		a.found(Reordered, func() checkers.Finding { return l.tellReordered(pair[0], pair[1]) })
	}
	if sound { // reads that lack what they should have diverge anyhow
		for _, read := range l.diverged() {
			a.found(Diverged, func() checkers.Finding { return l.tellDivergence(read) })
		}
	}
	if e, is := l.repeated(); is && a.repeated == "" {
		a.repeated = fmt.Sprintf("element %d%s may have been appended %s", e.value, checkers.On("list", l.name), checkers.Count(e.times, "time"))
	}
}

// addElement counts one element, and says whether nothing is wrong with it.
func (a *account) addElement(l *list, e *element, m *missing) bool {
	if e.acked != none {
		a.acknowledged++
		if !l.readAfter(e.ackedAt) {
			a.unread++
		}
	}
	if e.seen != none && !e.sound() {
		a.found(Phantom, func() checkers.Finding { return l.tellPhantom(e) })
		return false
	}
	if e.known() == none {
		return true
	}
	if read, gone := m.gone(e); gone {
		a.kept = append(a.kept, l.kept(e))
		a.found(Lost, func() checkers.Finding { return l.tellLost(e, read) })
		return false
	}
	absence := l.absence(e, m)
	if l.readAfter(e.knownAt()) {
		a.visible = append(a.visible, absence)
	}
	read, missed := m.missed(e)
	if missed {
		a.absent = append(a.absent, absence)
		a.found(Stale, func() checkers.Finding { return l.tellStale(e, read, absence) })
	}
	return !missed
}

// readAfter says that a read was invoked after that.
func (l *list) readAfter(at int) bool {
	return len(l.reads) > 0 && l.invoked(len(l.reads)-1) > at
}

// absence is how long an element was certainly missing: from when it was known
// until the last read without it was invoked.
func (l *list) absence(e *element, m *missing) time.Duration {
	read := m.lastMissed(e)
	if read == none || l.invoked(read) < e.knownAt() {
		return 0
	}
	return l.calls[l.reads[read].call].Start - l.calls[e.known()].End
}

// kept is how long a lost element was certainly there: from when it was known
// until the last read that has it was invoked.
func (l *list) kept(e *element) time.Duration {
	if e.lastSeen == none {
		return 0
	}
	return max(0, l.calls[e.lastSeen].Start-l.calls[e.known()].End)
}

func (a *account) found(anomaly string, tell func() checkers.Finding) {
	if a.elements[anomaly]++; len(a.findings[anomaly]) < mostFindings {
		a.findings[anomaly] = append(a.findings[anomaly], tell())
	}
}

func (a *account) conclude(v checkers.Verdict) checkers.Verdict {
	v.Stats = a.stats()
	for _, anomaly := range gravity {
		v.Findings = append(v.Findings, a.findings[anomaly]...)
	}
	checked := a.acknowledged - a.unread
	switch {
	case len(v.Findings) > 0:
		v.Validity, v.Reason = checkers.Invalid, a.accusation()
	case a.reads == 0:
		v.Reason = "no read succeeded: there is nothing to judge"
	case checked == 0:
		v.Reason = "no read followed the acknowledgement of an element: there is nothing to judge"
	case a.repeated != "":
		v.Reason = "nothing wrong was found, but which append an element came from cannot be told: " + a.repeated
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s of %s in every read that began after the acknowledgement, and in one order%s",
			checkers.Count(checked, "acknowledged element"), inLists(checked, a.lists), a.others())
	}
	return v
}

// others tells of elements that prove nothing.
func (a *account) others() string {
	if a.unread == 0 {
		return ""
	}
	return fmt.Sprintf("; no read followed the acknowledgement of %s", checkers.Count(a.unread, "other"))
}

func (a *account) accusation() string {
	words := map[string]string{
		Phantom: "read that nobody had appended", Lost: "lost", Duplicated: "too often in a read",
		Reordered: "in front of one that was there before", Stale: "missing from reads for a time",
	}
	var said []string
	for _, anomaly := range gravity {
		n := a.elements[anomaly]
		switch {
		case n == 0:
		case anomaly == Diverged:
			said = append(said, fmt.Sprintf("%s the longest one", checkers.Count(n, "read contradicts", "reads contradict")))
		default:
			said = append(said, fmt.Sprintf("%s %s", checkers.Count(n, "element was", "elements were"), words[anomaly]))
		}
	}
	return fmt.Sprintf("%s (of %s acknowledged in %s)", strings.Join(said, "; "), checkers.Number(a.acknowledged), checkers.Count(a.lists, "list"))
}

func (a *account) stats() []checkers.Stat {
	stats := []checkers.Stat{
		{Name: "elements acknowledged", Value: checkers.Number(a.acknowledged)},
		{Name: "elements lost", Value: checkers.Number(a.elements[Lost])},
		{Name: "elements stale", Value: checkers.Number(a.elements[Stale])},
		{Name: "elements never read after their acknowledgement", Value: checkers.Number(a.unread)},
		{Name: "reads", Value: checkers.Number(a.reads)},
		{Name: "lists", Value: checkers.Number(a.lists)},
	}
	for _, d := range []struct {
		name  string
		times []time.Duration
	}{
		{"time until an element was in every read (stable latency)", a.visible},
		{"time for which a stale element was missing", a.absent},
		{"time until a lost element was last seen (lost latency)", a.kept},
	} {
		if len(d.times) > 0 {
			stats = append(stats, checkers.Stat{Name: d.name, Value: fmt.Sprintf("%v, of %s", distribution.Of(d.times), checkers.Number(len(d.times)))})
		}
	}
	return stats
}

// inLists is the rest of a sentence about so many elements: "12 lists were".
func inLists(elements, lists int) string {
	if elements == 1 {
		return checkers.Count(lists, "list") + " was"
	}
	return checkers.Count(lists, "list") + " were"
}
