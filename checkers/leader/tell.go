package leader

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
)

// mostFindings is how many of an anomaly are told one by one.
const mostFindings = 10

// account is what was found, over all leaderships.
type account struct {
	checker
	answers, claims, terms int
	termless               bool
	inTerm, atATime        int
	told                   []checkers.Finding
	toldAtATime            []checkers.Finding
}

func (a *account) add(o *office) {
	a.answers += o.answers
	a.claims += len(o.claims)
	terms := map[int]bool{}
	for _, c := range o.claims {
		terms[c.term] = true
		a.termless = a.termless || c.term == 0
	}
	a.terms += len(terms)
	for _, r := range o.perTerm() {
		if a.inTerm++; a.inTerm <= mostFindings {
			a.told = append(a.told, o.tellTerm(r))
		}
	}
	for _, r := range o.atATime() {
		if a.atATime++; a.atEachTime && a.atATime <= mostFindings {
			a.toldAtATime = append(a.toldAtATime, o.tellTime(r))
		}
	}
}

func (a *account) conclude(v checkers.Verdict) checkers.Verdict {
	v.Findings = append(a.told, a.toldAtATime...)
	v.Stats = []checkers.Stat{
		{Name: "answers of nodes", Value: checkers.Number(a.answers)},
		{Name: "of leaders", Value: checkers.Number(a.claims)},
		{Name: "terms with a leader", Value: checkers.Number(a.terms)},
		{Name: "terms with two", Value: checkers.Number(a.inTerm)},
		{Name: "claims while another node certainly led", Value: checkers.Number(a.atATime)},
	}
	switch {
	case len(v.Findings) > 0:
		v.Validity, v.Reason = checkers.Invalid, a.accusation()
	case a.claims == 0:
		v.Reason = "no node ever said that it leads: there is nothing to judge"
	case a.termless && !a.atEachTime:
		v.Reason = "the system does not tell its terms, and nothing else was promised: there is nothing to judge"
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s of leaders in %s, none with two", checkers.Count(a.claims, "answer"), checkers.Count(a.terms, "term"))
		if a.atEachTime {
			v.Reason += ", and no two nodes certainly led at one time"
		}
	}
	return v
}

func (a *account) accusation() string {
	var said []string
	if a.inTerm > 0 {
		said = append(said, checkers.Count(a.inTerm, "term has two leaders", "terms have two leaders"))
	}
	if a.atEachTime && a.atATime > 0 {
		said = append(said, checkers.Count(a.atATime, "time a node led while another one did", "times a node led while another one did"))
	}
	return fmt.Sprintf("%s (of %s)", strings.Join(said, "; "), checkers.Count(a.terms, "term"))
}

func (o *office) tellTerm(r rivals) checkers.Finding {
	text := fmt.Sprintf("%s. But %s. A term has one leader at most.", o.said(r.one), o.said(r.other))
	return o.finding(TwoInTerm, text, r.one.call, r.other.call)
}

func (o *office) tellTime(r rivals) checkers.Finding {
	calls := []int{r.one.call, r.other.call, r.oneStill}
	text := fmt.Sprintf("%s, and still did when %s. Meanwhile %s", o.said(r.one), o.said(claim{r.oneStill, r.one.node, r.one.term}), o.said(r.other))
	if r.otherStill != none {
		calls = append(calls, r.otherStill)
		text += ", and " + o.said(claim{r.otherStill, r.other.node, r.other.term})
	}
	return o.finding(TwoAtATime, text+".", calls...)
}

func (o *office) finding(anomaly, text string, calls ...int) checkers.Finding {
	at := make([]int, len(calls))
	for i, call := range calls {
		at[i] = o.calls[call].Invoke
	}
	slices.Sort(at)
	return checkers.Finding{Anomaly: anomaly, Key: o.name, Text: text, Culprits: at, Context: slices.Clone(at)}
}

// said is a clause about a claim: "n1 led term 3, as process 5 was told (1.200-1.210 s)".
func (o *office) said(c claim) string {
	call := o.calls[c.call]
	of := fmt.Sprintf(" term %d", c.term)
	if c.term == 0 {
		of = ""
	}
	return fmt.Sprintf("%s led%s, as process %d was told (%s)", c.node, of, call.Process, checkers.When(call))
}
