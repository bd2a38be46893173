package consensus

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// mostFindings is how many of an anomaly are told one by one.
const mostFindings = 10

// anomalies are all, the gravest first, and how a reason counts them.
var anomalies = []struct{ name, one, more string }{
	{Disagreement, "instance has decided several values", "instances have decided several values"},
	{Phantom, "value was decided that nobody had proposed", "values were decided that nobody had proposed"},
	{AbortedProposal, "value was decided that was proposed in vain", "values were decided that were proposed in vain"},
	{Forgotten, "time a decision was forgotten", "times a decision was forgotten"},
}

// account is what was found, over all instances.
type account struct {
	instances, decided, proposals, open int
	count                               map[string]int
	findings                            map[string][]checkers.Finding
}

func (a *account) found(f checkers.Finding) {
	if a.count == nil {
		a.count, a.findings = map[string]int{}, map[string][]checkers.Finding{}
	}
	if a.count[f.Anomaly]++; a.count[f.Anomaly] <= mostFindings {
		a.findings[f.Anomaly] = append(a.findings[f.Anomaly], f)
	}
}

func (a *account) add(in *instance) {
	a.instances++
	for i := range in.calls {
		if in.calls[i].F == "propose" {
			a.proposals++
		}
	}
	if len(in.told) == 0 {
		a.open++
		return
	}
	a.decided++
	if len(in.told) > 1 {
		a.found(in.tellDisagreement())
	}
	for _, v := range in.told {
		a.validity(in, v)
	}
	a.integrity(in)
}

func (a *account) validity(in *instance, v *value) {
	switch {
	case v.proposed != none && in.calls[v.proposed].Invoke < in.calls[v.told].Complete:
	case v.failed != none && in.calls[v.failed].Invoke < in.calls[v.told].Complete:
		a.found(in.tellAborted(v))
	default:
		a.found(in.tellPhantom(v))
	}
}

// integrity tells the first time that each teacher forgot.
func (a *account) integrity(in *instance) {
	forgot := map[teacher]bool{}
	for _, i := range in.ignorant {
		by := in.teacher(i)
		taught, known := in.teachers[by]
		if known && !forgot[by] && in.calls[taught].Complete < in.calls[i].Invoke {
			forgot[by] = true
			a.found(in.tellForgotten(taught, i))
		}
	}
}

func (a *account) conclude(v checkers.Verdict) checkers.Verdict {
	v.Stats = []checkers.Stat{
		{Name: "instances", Value: checkers.Number(a.instances)},
		{Name: "of which a decision was told", Value: checkers.Number(a.decided)},
		{Name: "of which none was", Value: checkers.Number(a.open)},
		{Name: "proposals", Value: checkers.Number(a.proposals)},
	}
	var said []string
	for _, anomaly := range anomalies {
		v.Findings = append(v.Findings, a.findings[anomaly.name]...)
		if n := a.count[anomaly.name]; n > 0 {
			said = append(said, checkers.Count(n, anomaly.one, anomaly.more))
		}
	}
	switch {
	case len(said) > 0:
		v.Validity = checkers.Invalid
		v.Reason = fmt.Sprintf("%s (of %s)", strings.Join(said, "; "), checkers.Count(a.decided, "instance"))
	case a.decided == 0:
		v.Reason = "no decision was ever told: there is nothing to judge"
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s decided one value, which had been proposed, and kept to it", checkers.Count(a.decided, "instance"))
	}
	return v
}

func (in *instance) tellDisagreement() checkers.Finding {
	var calls []int
	var told []string
	for i, v := range in.told {
		calls = append(calls, v.told)
		if i < mostFindings {
			told = append(told, in.did(v.told))
		}
	}
	text := fmt.Sprintf("%d values were decided%s: %s.", len(in.told), checkers.In("instance", in.name), strings.Join(told, "; "))
	return in.finding(Disagreement, text, calls...)
}

func (in *instance) tellPhantom(v *value) checkers.Finding {
	text := fmt.Sprintf("%s, but nobody ever proposed that.", capital(in.did(v.told)))
	calls := []int{v.told}
	for _, later := range []int{v.proposed, v.failed} {
		if later != none {
			text = fmt.Sprintf("%s, but that was proposed only later: %s.", capital(in.did(v.told)), in.did(later))
			calls = append(calls, later)
			break
		}
	}
	return in.finding(Phantom, text, calls...)
}

func (in *instance) tellAborted(v *value) checkers.Finding {
	text := fmt.Sprintf("%s, but no proposal of it can have had an effect: %s, which failed: %s.",
		capital(in.did(v.told)), in.did(v.failed), in.calls[v.failed].Error)
	return in.finding(AbortedProposal, text, v.told, v.failed)
}

func (in *instance) tellForgotten(taught, ignorant int) checkers.Finding {
	text := fmt.Sprintf("%s. But %s, by the same node, invoked after that.", capital(in.did(taught)), in.did(ignorant))
	if in.calls[taught].Node == "" {
		text = fmt.Sprintf("%s. But %s, invoked after that.", capital(in.did(taught)), in.did(ignorant))
	}
	return in.finding(Forgotten, text, taught, ignorant)
}

func (in *instance) finding(anomaly, text string, calls ...int) checkers.Finding {
	at := make([]int, len(calls))
	for i, call := range calls {
		at[i] = in.calls[call].Invoke
	}
	slices.Sort(at)
	return checkers.Finding{Anomaly: anomaly, Key: in.name, Text: text, Culprits: at, Context: slices.Clone(at)}
}

// did is a clause about a call: "process 3 (n1) proposed 4 and was told that 7 was
// decided (1.200-1.210 s)".
func (in *instance) did(i int) string {
	call := in.calls[i]
	verb := fmt.Sprintf("was told that %v was decided", call.Out)
	switch {
	case call.F == "propose" && call.Type == history.OK:
		verb = fmt.Sprintf("proposed %v and was told that %v was decided", call.In, call.Out)
	case call.F == "propose":
		verb = fmt.Sprintf("tried to propose %v", call.In)
	case call.Out.IsNil():
		verb = "was told that nothing was decided"
	}
	return fmt.Sprintf("%s %s (%s)", checkers.Who(call), verb, checkers.When(call))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
