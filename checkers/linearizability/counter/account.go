package counter

import (
	"fmt"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/search"
)

// mostFindings is how many counters are told of one by one.
const mostFindings = 10

// account is what was found, over all counters.
type account struct {
	counters, adds, told    int
	uncertain, open, guilty int
	searchedFor             int
	findings                []checkers.Finding
}

func (a *account) add(n *counter, outcome object.Outcome, found *contradiction) {
	a.counters++
	for i := range n.ops {
		c := &n.classes[n.ops[i].Class]
		if c.kind != read {
			a.adds++
		}
		if c.told() {
			a.told++
		}
		if n.ops[i].Maybe {
			a.uncertain++
		}
	}
	if outcome == object.Illegal {
		a.accuse(n.finding(found))
	}
}

func (a *account) accuse(f checkers.Finding) {
	if a.guilty++; len(a.findings) < mostFindings {
		a.findings = append(a.findings, f)
	}
}

// searched notes what the engine says of a counter.
func (a *account) searched(n *counter, r search.Result) {
	a.searchedFor++
	switch r.Outcome {
	case object.Legal:
	case object.Illegal:
		a.accuse(n.dead(r.Reached))
	default:
		a.open++
	}
}

// dead is the finding for a counter whose operations have no order up to a place in
// the history.
func (n *counter) dead(reached int) checkers.Finding {
	at := slices.IndexFunc(n.ops, func(op object.Op) bool { return op.End == reached })
	if at < 0 {
		at = len(n.ops) - 1
	}
	f := checkers.Finding{Anomaly: NotLinearizable, Key: n.name, Culprits: n.invocations([]int{at}), Context: n.invocations([]int{at})}
	f.Text = fmt.Sprintf("%s. No order of the operations up to then, with whichever of those under way one counts, gives all the numbers that were told by then; before that one was done there were such orders.", capital(n.did(at)))
	return f
}

func (a *account) conclude(v checkers.Verdict) checkers.Verdict {
	v.Findings = a.findings
	v.Stats = a.stats()
	switch {
	case a.guilty > 0:
		v.Validity = checkers.Invalid
		v.Reason = fmt.Sprintf("%s of %s not linearizable: %s", checkers.Number(a.guilty), are(a.counters), a.first())
	case a.told == 0:
		v.Reason = "nobody was told a number: there is nothing to judge"
	case a.open > 0:
		v.Reason = fmt.Sprintf("%s of %s undecided within the budget: their adds are of several numbers", checkers.Number(a.open), are(a.counters))
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s and %s that were told on %s linearizable", checkers.Count(a.adds, "add"), checkers.Count(a.told, "number"), are(a.counters))
	}
	return v
}

// first is what the first finding is about, in short.
func (a *account) first() string {
	f := a.findings[0]
	return map[string]string{
		TooHigh: "more was counted than can have been added", TooLow: "less was counted than had been added", WentBack: "it went back",
		CountedTwice: "two adds were answered with one number", Impossible: "a number was told that is no sum of adds",
		NotLinearizable: "no order of the operations gives the numbers that were told",
	}[f.Anomaly] + checkers.In("key", f.Key)
}

func (a *account) stats() []checkers.Stat {
	return []checkers.Stat{
		{Name: "adds", Value: checkers.Number(a.adds)},
		{Name: "of unknown outcome", Value: checkers.Number(a.uncertain)},
		{Name: "numbers told", Value: checkers.Number(a.told)},
		{Name: "counters", Value: checkers.Number(a.counters)},
		{Name: "counters that needed a search", Value: checkers.Number(a.searchedFor)},
	}
}

// are is the end of a sentence's subject about so many counters.
func are(n int) string {
	if n == 1 {
		return "1 counter is"
	}
	return checkers.Count(n, "counter") + " are"
}
