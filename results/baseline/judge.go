package baseline

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
)

// Judgement is what a baseline says of a run's verdict.
type Judgement struct {
	// File is where the baseline was read from.
	File string
	// Kinds are the anomalies of the verdict, in its order.
	Kinds []Kind
	// Remaining is what is left of the verdict if all that is accepted is set aside: it
	// decides the exit code. The verdict itself stays what it is.
	Remaining checkers.Validity
	// Reason says why something remains; empty if nothing does.
	Reason string
	// Unused are entries for runs like this one whose anomaly was not found: perhaps it
	// is gone.
	Unused []Accepted
}

// Kind is the findings of one name.
type Kind struct {
	Anomaly string
	Count   int
	// By accepts them, or did so until it expired; nil if nothing does.
	By *Accepted
	// Expired says that it did.
	Expired bool
}

// Accepted says that the findings are known today.
func (k Kind) Accepted() bool { return k.By != nil && !k.Expired }

// Some says that something was accepted.
func (j Judgement) Some() bool { return slices.ContainsFunc(j.Kinds, Kind.Accepted) }

// Judge holds a verdict against the baseline at a moment.
func (b Baseline) Judge(run results.Run, v checkers.Verdict, now time.Time) Judgement {
	var j Judgement
	for _, f := range v.Findings {
		at := slices.IndexFunc(j.Kinds, func(k Kind) bool { return k.Anomaly == f.Anomaly })
		if at < 0 {
			at = len(j.Kinds)
			j.Kinds = append(j.Kinds, b.kind(f.Anomaly, run, now))
		}
		j.Kinds[at].Count++
	}
	j.Remaining = j.remaining(v)
	j.Reason = j.reason(v)
	for _, a := range b.Accepted {
		if a.like(run) && !slices.ContainsFunc(v.Findings, func(f checkers.Finding) bool { return f.Anomaly == a.Anomaly }) {
			j.Unused = append(j.Unused, a)
		}
	}
	return j
}

// kind looks for an entry; one that has not expired is better than one that has.
func (b Baseline) kind(anomaly string, run results.Run, now time.Time) Kind {
	k := Kind{Anomaly: anomaly}
	for _, a := range b.Accepted {
		if a.Anomaly != anomaly || !a.like(run) || k.Accepted() {
			continue
		}
		k.By, k.Expired = &a, a.expired(now)
	}
	return k
}

// expired is so from the day after the last one.
func (a Accepted) expired(now time.Time) bool { return DateOf(now).After(a.Until.Time) }

// like says that the run is one of those for which the entry was made.
func (a Accepted) like(run results.Run) bool {
	if a.Target != run.Target || a.Workload != run.Workload || !covers(a.Nemesis, run.Nemesis) || !covers(a.Script, run.Script) {
		return false
	}
	return a.Settings == nil || coversAll(a.Settings, run.Settings)
}

func covers(wanted *string, got string) bool { return wanted == nil || *wanted == got }

func coversAll(wanted, got map[string]string) bool {
	for key, value := range wanted {
		if value != "*" && value != got[key] {
			return false
		}
	}
	for key := range got {
		if _, named := wanted[key]; !named {
			return false
		}
	}
	return true
}

// Of is what is left of one part of the verdict.
func (j Judgement) Of(part checkers.Verdict) checkers.Validity { return j.remaining(part) }

// LinesOf say of the findings of one part whether they are accepted.
func (j Judgement) LinesOf(part checkers.Verdict) []string {
	var lines []string
	for _, k := range j.Kinds {
		if slices.ContainsFunc(part.Findings, func(f checkers.Finding) bool { return f.Anomaly == k.Anomaly }) {
			lines = append(lines, k.Line())
		}
	}
	return lines
}

// remaining is the verdict without what is accepted. A verdict that was merged from
// parts is merged again, for behind the findings of one part the doubt of another may
// have been hidden. A part is set aside only if it has findings and all are accepted.
func (j Judgement) remaining(v checkers.Verdict) checkers.Validity {
	switch {
	case isMerged(v):
		parts := make([]checkers.Verdict, len(v.Parts))
		for i, part := range v.Parts {
			parts[i] = checkers.Verdict{Validity: j.remaining(part)}
		}
		return checkers.Merge("", parts...).Validity
	case v.Validity == checkers.Invalid && len(v.Findings) > 0 && !slices.ContainsFunc(v.Findings, j.isNew):
		return checkers.Valid
	}
	return v.Validity
}

// isMerged tells a verdict that was merged from its parts from one that has parts to
// explain itself by.
func isMerged(v checkers.Verdict) bool {
	if len(v.Parts) == 0 {
		return false
	}
	m := checkers.Merge(v.Checker, v.Parts...)
	return m.Validity == v.Validity && m.Reason == v.Reason && (len(m.Findings) == 0 && len(v.Findings) == 0 || reflect.DeepEqual(m.Findings, v.Findings))
}

func (j Judgement) isNew(f checkers.Finding) bool {
	at := slices.IndexFunc(j.Kinds, func(k Kind) bool { return k.Anomaly == f.Anomaly })
	return at < 0 || !j.Kinds[at].Accepted()
}

func (j Judgement) reason(v checkers.Verdict) string {
	var fresh, expired []string
	for _, k := range j.Kinds {
		switch {
		case k.By == nil:
			fresh = append(fresh, k.Anomaly)
		case k.Expired:
			expired = append(expired, fmt.Sprintf("%s (until %s)", k.Anomaly, k.By.Until))
		}
	}
	var reasons []string
	if len(fresh) > 0 {
		reasons = append(reasons, "not accepted: "+strings.Join(fresh, ", "))
	}
	if len(expired) > 0 {
		reasons = append(reasons, "accepted no longer: "+strings.Join(expired, ", "))
	}
	if len(reasons) == 0 && j.Remaining != checkers.Valid {
		reasons = append(reasons, cmp.Or(j.rest(v).Reason, "there is no finding that could be accepted"))
	}
	return strings.Join(reasons, "; ")
}

// rest is the part because of which something remains.
func (j Judgement) rest(v checkers.Verdict) checkers.Verdict {
	if !isMerged(v) {
		return v
	}
	for _, part := range v.Parts {
		if j.remaining(part) == j.Remaining {
			return j.rest(part)
		}
	}
	return v
}
