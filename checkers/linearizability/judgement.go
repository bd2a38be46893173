package linearizability

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/trial"
	"github.com/assaykit/assay/harness/history"
)

// judgement makes one verdict of all objects' trials.
type judgement struct {
	of      object.Type
	trials  []*trial.Trial
	history *history.History

	operations, uncertain, longest int
	legal, decided                 int // objects, and their operations
	guilty, open, doubted          []*trial.Trial
}

func (j judgement) conclude(v checkers.Verdict) checkers.Verdict {
	for _, t := range j.trials {
		j.count(t)
	}
	v.Stats = j.stats()
	v.Findings = j.findings()
	switch {
	case len(j.guilty) > 0:
		v.Validity, v.Reason = checkers.Invalid, j.accusation()
	case len(j.doubted) > 0:
		v.Reason = j.mistake()
	case len(j.open) > 0:
		v.Reason = j.doubt()
	case j.operations == j.uncertain:
		v.Reason = "no operation has a known outcome that tells something"
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s on %s %s linearizable (%s)", checkers.Count(j.decided, "operation"),
			checkers.Count(j.legal, "key"), is(j.decided), j.of.Name)
	}
	return v
}

func (j *judgement) count(t *trial.Trial) {
	n := t.Operations()
	j.operations += n
	j.longest = max(j.longest, n)
	j.uncertain += t.Uncertain()
	switch {
	case t.Doubt != "":
		j.doubted = append(j.doubted, t)
	case t.Outcome == object.Legal:
		j.legal++
		j.decided += n
	case t.Outcome == object.Illegal:
		j.guilty = append(j.guilty, t)
	default:
		j.open = append(j.open, t)
	}
}

// findings are in the order of the moments at which the last of their operations
// was invoked: the first contradiction is the best to begin with.
func (j *judgement) findings() []checkers.Finding {
	j.guilty = explainedFirst(j.guilty)
	var all []checkers.Finding
	for _, t := range j.guilty {
		if t.Explanation != nil {
			all = append(all, t.Explanation.Finding)
		}
	}
	return all
}

func explainedFirst(guilty []*trial.Trial) []*trial.Trial {
	slices.SortStableFunc(guilty, func(a, b *trial.Trial) int { return moment(a) - moment(b) })
	return guilty
}

// moment is the last invocation of a trial's finding, after all others if it has
// none.
func moment(t *trial.Trial) int {
	if t.Explanation == nil {
		return int(^uint(0) >> 2)
	}
	return slices.Max(t.Explanation.Finding.Context)
}

func (j *judgement) accusation() string {
	first := j.guilty[0].Explanation
	text := fmt.Sprintf("%s of %s %s not linearizable: ", checkers.Number(len(j.guilty)), j.objects(len(j.trials)), is(len(j.guilty)))
	if len(j.guilty) > 1 {
		text += "first, "
	}
	text += fmt.Sprintf("%s: %s", first.Finding.Anomaly, first.Short)
	if len(j.open) > 0 {
		text += fmt.Sprintf("; %s undecided", checkers.Count(len(j.open), "other is", "others are"))
	}
	return text
}

func (j *judgement) objects(n int) string { return checkers.Count(n, j.of.Name, j.of.Many()) }

// mistake is the reason of a verdict that Assay does not dare to give.
func (j *judgement) mistake() string {
	t := j.doubted[0]
	return fmt.Sprintf("Assay contradicts itself, which is a mistake in Assay that deserves a report: %s%s", t.Doubt, checkers.In("key", t.Key))
}

func (j *judgement) doubt() string {
	var big, slow []string
	for _, t := range j.open {
		name := fmt.Sprintf("%q (%s%s)", t.Key, checkers.Count(t.Operations(), "operation"), j.decidedUntil(t))
		if t.Outcome == object.TooBig {
			big = append(big, name)
		} else {
			slow = append(slow, name)
		}
	}
	var why []string
	if len(slow) > 0 {
		why = append(why, "out of time on "+enumerate(slow))
	}
	if len(big) > 0 {
		why = append(why, "out of memory on "+enumerate(big))
	}
	text := fmt.Sprintf("%s of %s %s undecided: %s", checkers.Number(len(j.open)), j.objects(len(j.trials)), is(len(j.open)), strings.Join(why, "; "))
	if j.legal == 0 {
		return text
	}
	return fmt.Sprintf("%s. The other %s on %s %s linearizable", text,
		checkers.Count(j.decided, "operation"), checkers.Count(j.legal, "key"), is(j.decided))
}

// decidedUntil says up to which moment of the run an undecided object is known
// to have an order.
func (j *judgement) decidedUntil(t *trial.Trial) string {
	if t.Reached <= 0 || t.Reached >= len(j.history.Ops) {
		return ""
	}
	return ", in order until " + checkers.Seconds(j.history.Ops[t.Reached].Time)
}

func is(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// enumerate shows a few names.
func enumerate(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

func (j *judgement) stats() []checkers.Stat {
	stats := []checkers.Stat{
		{Name: "operations judged", Value: checkers.Number(j.operations)},
		{Name: "of unknown outcome", Value: checkers.Number(j.uncertain)},
		{Name: "keys", Value: checkers.Number(len(j.trials))},
		{Name: "most operations on a key", Value: checkers.Number(j.longest)},
	}
	if len(j.guilty) > 0 {
		stats = append(stats, checkers.Stat{Name: "keys not linearizable", Value: checkers.Number(len(j.guilty))})
	}
	if n := len(j.open) + len(j.doubted); n > 0 {
		stats = append(stats, checkers.Stat{Name: "keys undecided", Value: checkers.Number(n)})
	}
	return stats
}
