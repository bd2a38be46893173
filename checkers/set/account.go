package set

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
var gravity = [...]string{Phantom, Lost, Duplicated, Diverged, Stale}

// account is what was found, over all sets.
type account struct {
	sets, reads, acknowledged int
	// unread are elements whose acknowledgement no read followed.
	unread   int
	elements map[string]int
	// visible are the times until elements were in every read from then on, absent
	// those for which stale ones were missing, and kept those until lost ones were
	// last seen.
	visible, absent, kept []time.Duration
	findings              map[string][]checkers.Finding
}

func (a *account) add(s *set) {
	a.sets++
	a.reads += len(s.reads)
	stamps := &stamps{of: make([]int, len(s.elements))}
	for i := range s.reads {
		for _, at := range s.repeated(&s.reads[i], stamps) {
			a.found(Duplicated, func() checkers.Finding { return s.tellDuplicate(i, at) })
		}
	}
	s.findMissing(stamps)
	sound := true
	for i := range s.elements {
		sound = a.addElement(s, &s.elements[i]) && sound
	}
	if !sound {
		return // reads that lack what they should have diverge anyhow
	}
	if one, other, onlyOne, onlyOther, found := s.findDivergence(stamps); found {
		a.found(Diverged, func() checkers.Finding { return s.tellDivergence(one, other, onlyOne, onlyOther) })
	}
}

// addElement counts one element, and says whether nothing is wrong with it.
func (a *account) addElement(s *set, e *element) bool {
	a.measure(s, e)
	if e.acked != none {
		a.acknowledged++
		if !s.readAfter(e.ackedAt) {
			a.unread++
		}
	}
	switch {
	case e.seen != none && !e.sound():
		a.found(Phantom, func() checkers.Finding { return s.tellPhantom(e) })
	case e.gone != none:
		a.found(Lost, func() checkers.Finding { return s.tellLost(e) })
	case e.missed != none:
		a.found(Stale, func() checkers.Finding { return s.tellStale(e) })
	default:
		return true
	}
	return false
}

// measure notes how long it took until an element was visible for good, or gone.
// It was neither if no read followed.
func (a *account) measure(s *set, e *element) {
	switch {
	case e.known() == none || !s.readAfter(e.knownAt()):
	case e.gone != none:
		a.kept = append(a.kept, s.kept(e))
	default:
		a.visible = append(a.visible, s.absence(e))
		if e.missed != none {
			a.absent = append(a.absent, s.absence(e))
		}
	}
}

// readAfter says that a read was invoked after that.
func (s *set) readAfter(at int) bool {
	return len(s.reads) > 0 && s.calls[s.reads[len(s.reads)-1].call].Invoke > at
}

// absence is how long an element was certainly missing: from when it was known
// until the last read without it was invoked.
func (s *set) absence(e *element) time.Duration {
	if e.missed == none {
		return 0
	}
	return max(0, s.calls[s.reads[e.lastMissed].call].Start-s.calls[e.known()].End)
}

// kept is how long a lost element was certainly there: from when it was known
// until the last read that has it was invoked.
func (s *set) kept(e *element) time.Duration {
	if e.lastSeen == none {
		return 0
	}
	return max(0, s.calls[e.lastSeen].Start-s.calls[e.known()].End)
}

func (a *account) found(anomaly string, tell func() checkers.Finding) {
	if a.elements == nil {
		a.elements = map[string]int{}
	}
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
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s of %s in every read that began after the acknowledgement%s",
			checkers.Count(checked, "acknowledged element"), inSets(checked, a.sets), a.others())
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
		Phantom: "read that nobody had added", Lost: "lost", Duplicated: "more than once in a read",
		Stale: "missing from reads for a time",
	}
	var said []string
	for _, anomaly := range gravity {
		n := a.elements[anomaly]
		switch {
		case n == 0:
		case anomaly == Diverged:
			said = append(said, fmt.Sprintf("reads of %s contradict each other", checkers.Count(n, "set")))
		default:
			said = append(said, fmt.Sprintf("%s %s", checkers.Count(n, "element was", "elements were"), words[anomaly]))
		}
	}
	return fmt.Sprintf("%s (of %s acknowledged in %s)", strings.Join(said, "; "), checkers.Number(a.acknowledged), checkers.Count(a.sets, "set"))
}

func (a *account) stats() []checkers.Stat {
	stats := []checkers.Stat{
		{Name: "elements acknowledged", Value: checkers.Number(a.acknowledged)},
		{Name: "elements lost", Value: checkers.Number(a.elements[Lost])},
		{Name: "elements stale", Value: checkers.Number(a.elements[Stale])},
		{Name: "elements never read after their acknowledgement", Value: checkers.Number(a.unread)},
		{Name: "reads", Value: checkers.Number(a.reads)},
		{Name: "sets", Value: checkers.Number(a.sets)},
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

// inSets is the rest of a sentence about so many elements: "12 sets were".
func inSets(elements, sets int) string {
	if elements == 1 {
		return checkers.Count(sets, "set") + " was"
	}
	return checkers.Count(sets, "set") + " were"
}
