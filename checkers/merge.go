package checkers

import "slices"

// Merge is the verdict on several promises at once: as grave as its gravest part,
// where invalid is graver than unknown, and unknown graver than valid. Its reason
// is the gravest part's, the first one's if several are as grave. No parts at
// all prove nothing.
func Merge(name string, parts ...Verdict) Verdict {
	merged := Verdict{Checker: name, Validity: Unknown, Reason: "nothing was checked"}
	if len(parts) == 0 {
		return merged
	}
	byGravity := slices.Clone(parts)
	slices.SortStableFunc(byGravity, func(a, b Verdict) int { return b.Validity.gravity() - a.Validity.gravity() })
	merged.Validity, merged.Reason = byGravity[0].Validity, byGravity[0].Reason
	for _, part := range byGravity {
		merged.Findings = append(merged.Findings, part.Findings...)
	}
	merged.Parts = slices.Clone(parts)
	return merged
}
