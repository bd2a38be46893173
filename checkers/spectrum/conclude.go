package spectrum

import (
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/session"
)

// conclude is the verdict on linearizability, with what is known of the weaker
// promises.
func (f findings) conclude(strongest checkers.Verdict) checkers.Verdict {
	v := strongest
	v.Stats = slices.Concat(v.Stats, f.staleness.Stats)
	v.Parts = slices.Concat([]checkers.Verdict{strongest, f.sequential, f.causal}, f.session.Parts, []checkers.Verdict{f.eventual, f.staleness})
	refuted := f.refuted()
	if v.Validity == checkers.Unknown && len(refuted) == 0 && len(f.stale.Stale) > 0 {
		refuted = f.staleness.Findings[:1]
	}
	if v.Validity == checkers.Unknown && len(refuted) > 0 {
		v.Validity = checkers.Invalid
		v.Reason = "not linearizable, for a weaker promise was broken (" + strongest.Reason + ")"
	}
	v.Findings = slices.Concat(v.Findings, slices.DeleteFunc(slices.Clone(refuted), func(r checkers.Finding) bool {
		return slices.ContainsFunc(strongest.Findings, func(f checkers.Finding) bool { return isSame(f, r) })
	}))
	v.Reason += "; " + strings.Join(f.words(v.Validity), "; ")
	return v
}

// isSame says that two findings are one: a value out of nowhere breaks every promise,
// and need not be told twice.
func isSame(a, b checkers.Finding) bool {
	culprits := func(f checkers.Finding) []int { return slices.Sorted(slices.Values(f.Culprits)) }
	return a.Anomaly == b.Anomaly && a.Key == b.Key && slices.Equal(culprits(a), culprits(b))
}

// refuted are the shortest reasons against the weaker promises that linearizability
// implies: one for each that was broken. Eventual agreement is none of them, for it
// is a promise about the time after all faults.
func (f findings) refuted() []checkers.Finding {
	var reasons []checkers.Finding
	for _, v := range append([]checkers.Verdict{f.sequential, f.causal}, f.session.Parts...) {
		if v.Validity != checkers.Invalid || len(v.Findings) == 0 {
			continue
		}
		first := slices.MinFunc(v.Findings, func(a, b checkers.Finding) int { return len(a.Context) - len(b.Context) })
		if !slices.ContainsFunc(reasons, func(r checkers.Finding) bool { return r.Text == first.Text }) {
			reasons = append(reasons, first)
		}
	}
	return reasons
}

// words are what is known of the weaker promises, in the order of their strength.
func (f findings) words(strongest checkers.Validity) []string {
	words := []string{f.strongestWeaker(strongest)}
	if f.sequential.Validity != checkers.Valid && f.causal.Validity != checkers.Valid {
		words = append(words, f.guarantees())
	}
	if f.eventual.Validity != checkers.Unknown {
		words = append(words, f.eventual.Reason)
	}
	return append(words, f.stale.Brief())
}

// strongestWeaker names the strongest weaker promise that was kept, and those that
// were not.
func (f findings) strongestWeaker(strongest checkers.Validity) string {
	const undecided = checkers.Unknown
	inOrder, causal := f.sequential.Validity, f.causal.Validity
	switch {
	case inOrder == checkers.Valid && strongest == checkers.Invalid:
		return "not linearizable, but sequentially consistent"
	case inOrder == checkers.Valid:
		return "certainly sequentially consistent"
	case inOrder == undecided && causal == checkers.Valid:
		return "causally consistent, and whether it is sequentially consistent is undecided"
	case inOrder == undecided:
		return "whether it is sequentially consistent is undecided"
	case causal == checkers.Valid:
		return "nor sequentially consistent, but causally consistent"
	case causal == checkers.Invalid:
		return "neither sequentially nor causally consistent"
	}
	return "nor sequentially consistent, and whether it is causally consistent is undecided"
}

// guarantees are the session guarantees that were kept, and those that were not.
func (f findings) guarantees() string {
	by := map[checkers.Validity][]string{}
	together := checkers.Unknown
	for _, part := range f.session.Parts {
		switch part.Checker {
		case session.Together:
			together = part.Validity
		case session.Written:
		default:
			by[part.Validity] = append(by[part.Validity], part.Checker)
		}
	}
	var words []string
	if kept := by[checkers.Valid]; len(kept) > 0 {
		text := "what it did keep: " + strings.Join(kept, ", ")
		if together == checkers.Invalid && len(by[checkers.Invalid]) == 0 {
			text += ", each for itself, but not all together"
		}
		words = append(words, text)
	}
	if broken := by[checkers.Invalid]; len(broken) > 0 {
		words = append(words, "what it did not keep: "+strings.Join(broken, ", "))
	}
	if open := by[checkers.Unknown]; len(open) > 0 {
		words = append(words, "what cannot be told: "+strings.Join(open, ", "))
	}
	return strings.Join(words, "; ")
}
