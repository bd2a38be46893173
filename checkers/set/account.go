package set

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
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
	absences []time.Duration
	findings map[string][]checkers.Finding
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
	if e.acked != none {
		a.acknowledged++
		if len(s.reads) == 0 || s.calls[s.reads[len(s.reads)-1].call].Invoke < s.calls[e.acked].Complete {
			a.unread++
		}
	}
	switch {
	case e.seen != none && !s.sound(e):
		a.found(Phantom, func() checkers.Finding { return s.tellPhantom(e) })
	case e.gone != none:
		a.found(Lost, func() checkers.Finding { return s.tellLost(e) })
	case e.missed != none:
		a.absences = append(a.absences, s.absence(e))
		a.found(Stale, func() checkers.Finding { return s.tellStale(e) })
	default:
		return true
	}
	return false
}

// absence is how long a stale element was certainly missing: from when it was
// known until the last read without it was invoked.
func (s *set) absence(e *element) time.Duration {
	return max(0, s.calls[s.reads[e.lastMissed].call].Start-s.calls[s.known(e)].End)
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
	slices.Sort(a.absences)
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
	if n := len(a.absences); n > 0 {
		stats = append(stats,
			checkers.Stat{Name: "longest time a stale element was missing", Value: checkers.Seconds(a.absences[n-1])},
			checkers.Stat{Name: "median of these times", Value: checkers.Seconds(a.absences[n/2])})
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
