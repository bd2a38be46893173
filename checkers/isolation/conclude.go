package isolation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
)

// Outcome is what a checker of transactions has found out.
type Outcome struct {
	// Expected is the level that the history has to keep.
	Expected Level
	// Findings bear the names of anomalies.
	Findings []checkers.Finding
	// Unknown says why a level that nothing contradicts may still not be kept; empty
	// if all levels were decided.
	Unknown string
	// Undecided are the weakest levels to which Unknown applies, also to those that
	// imply them; none are all.
	Undecided []Level
	// Judged is what was looked at: "2,413 transactions on 24 keys".
	Judged string
}

// Conclude is the verdict on the expected level: Invalid if an anomaly rules it
// out, Valid if none does and it was decided, otherwise Unknown. Findings that do
// not contradict the level are not told as such: they are no failure. What else
// they rule out is among the figures.
func Conclude(o Outcome) checkers.Verdict {
	found := o.anomalies()
	lattice := Judge(found)
	v := checkers.Verdict{Stats: o.stats(lattice, found)}
	switch against := o.against(); {
	case len(against) > 0:
		v.Validity, v.Findings = checkers.Invalid, against
		v.Reason = fmt.Sprintf("%v was expected, but there is %s, which rules out %s%s", o.Expected, names(anomalies(against)), list(lattice.Weakest, "and"), still(lattice.Possible, o.undecided))
	case o.undecided(o.Expected):
		v.Reason = fmt.Sprintf("whether %s satisfy %v cannot be told: %s", o.Judged, o.Expected, o.Unknown)
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s satisfy %v", o.Judged, o.Expected)
		if len(lattice.Weakest) > 0 {
			v.Reason += fmt.Sprintf(", as expected, but not %s (%s)", list(lattice.Weakest, "or"), names(found))
		}
	}
	return v
}

// still says which levels may be kept after all.
func still(possible []Level, undecided func(Level) bool) string {
	possible = slices.DeleteFunc(slices.Clone(possible), undecided)
	if len(possible) == 0 {
		return ""
	}
	return "; it may still be " + list(possible, "and")
}

// undecided says that a level may or may not be kept even if nothing contradicts it.
func (o Outcome) undecided(l Level) bool {
	return o.Unknown != "" && (len(o.Undecided) == 0 || slices.ContainsFunc(o.Undecided, l.Implies))
}

// against are the findings that rule out the expected level, the gravest first.
func (o Outcome) against() []checkers.Finding {
	var found []checkers.Finding
	for _, f := range o.Findings {
		if Anomaly(f.Anomaly).RulesOut(o.Expected) {
			found = append(found, f)
		}
	}
	slices.SortStableFunc(found, func(a, b checkers.Finding) int { return gravity(Anomaly(a.Anomaly), Anomaly(b.Anomaly)) })
	return found
}

func (o Outcome) anomalies() []Anomaly { return anomalies(o.Findings) }

// anomalies are the names of findings, each once, the gravest first.
func anomalies(findings []checkers.Finding) []Anomaly {
	var all []Anomaly
	for _, f := range findings {
		all = append(all, Anomaly(f.Anomaly))
	}
	slices.SortFunc(all, gravity)
	return slices.Compact(all)
}

func (o Outcome) stats(l Lattice, found []Anomaly) []checkers.Stat {
	stats := []checkers.Stat{{Name: "expected", Value: o.Expected.String()}}
	if len(found) > 0 {
		stats = append(stats,
			checkers.Stat{Name: "anomalies", Value: names(found)},
			checkers.Stat{Name: "ruled out", Value: list(l.RuledOut, "and")})
	}
	if possible := slices.DeleteFunc(slices.Clone(l.Possible), o.undecided); len(possible) > 0 {
		stats = append(stats, checkers.Stat{Name: "still possible", Value: list(possible, "and") + ", and what they imply"})
	}
	return stats
}

func names(found []Anomaly) string {
	words := make([]string, len(found))
	for i, a := range found {
		words[i] = string(a)
	}
	return strings.Join(words, ", ")
}

// list is "a", "a and b", "a, b and c".
func list(ls []Level, last string) string {
	words := make([]string, len(ls))
	for i, l := range ls {
		words[i] = l.String()
	}
	if n := len(words) - 1; n > 0 {
		return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
	}
	return strings.Join(words, "")
}
