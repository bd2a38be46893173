package identifiers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

const (
	// mostFindings is how many of an anomaly are told one by one.
	mostFindings = 10
	// mostListed is how many operations a text lists one by one.
	mostListed = 12
)

// account is what was found, over all generators.
type account struct {
	order      Order
	generators int
	given      int
	silent     int // calls of unknown outcome
	duplicated []checkers.Finding
	disorder   []checkers.Finding
	// doubles and inversions are how many there are, told or not.
	doubles, inversions int
	// unordered tells of the first identifier that cannot be compared.
	unordered string
}

func (a *account) add(g *generator) {
	a.generators++
	a.given += len(g.given)
	for i := range g.calls {
		if g.calls[i].Type == history.Info {
			a.silent++
		}
	}
	sorted := g.sort()
	for _, run := range repeated(sorted) {
		if a.doubles++; len(a.duplicated) < mostFindings {
			a.duplicated = append(a.duplicated, g.tellDuplicate(run))
		}
	}
	a.compare(g, sorted)
}

func (a *account) compare(g *generator, sorted []given) {
	var found []inversion
	switch {
	case a.order == Unordered:
	case g.unordered != none:
		if a.unordered == "" {
			a.unordered = fmt.Sprintf("%v, op %d%s", g.calls[g.unordered].Out, g.calls[g.unordered].Invoke, checkers.On("generator", g.name))
		}
	case a.order == PerProcess:
		found = g.perProcess()
	default:
		found = g.realTime(sorted)
	}
	for _, pair := range found {
		if a.inversions++; len(a.disorder) < mostFindings {
			a.disorder = append(a.disorder, g.tellInversion(pair))
		}
	}
}

func (a *account) conclude(v checkers.Verdict) checkers.Verdict {
	v.Findings = append(a.duplicated, a.disorder...)
	v.Stats = []checkers.Stat{
		{Name: "identifiers", Value: checkers.Number(a.given)},
		{Name: "given out more than once", Value: checkers.Number(a.doubles)},
		{Name: "out of order", Value: checkers.Number(a.inversions)},
		{Name: "of unknown outcome", Value: checkers.Number(a.silent)},
		{Name: "generators", Value: checkers.Number(a.generators)},
	}
	switch {
	case len(v.Findings) > 0:
		v.Validity, v.Reason = checkers.Invalid, a.accusation()
	case a.given == 0:
		v.Reason = "no identifier was given out: there is nothing to judge"
	case a.unordered != "":
		v.Reason = fmt.Sprintf("no identifier was given out twice, but whether they grow is unknown: %s has no order with the others", a.unordered)
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s, none given out twice", checkers.Count(a.given, "identifier")) +
			[...]string{"", ", those of each process growing", ", growing with time"}[a.order]
	}
	return v
}

func (a *account) accusation() string {
	var said []string
	if a.doubles > 0 {
		said = append(said, checkers.Count(a.doubles, "identifier was given out more than once", "identifiers were given out more than once"))
	}
	if a.inversions > 0 {
		said = append(said, checkers.Count(a.inversions, "identifier is smaller than one before it", "identifiers are smaller than one before them"))
	}
	return fmt.Sprintf("%s (of %s)", strings.Join(said, "; "), checkers.Number(a.given))
}

func (g *generator) tellDuplicate(run []given) checkers.Finding {
	var calls []int
	var told []string
	for i, id := range run {
		calls = append(calls, id.call)
		if i < mostListed {
			told = append(told, g.did(id.call))
		}
	}
	if more := len(run) - mostListed; more > 0 {
		told = append(told, fmt.Sprintf("and %s more", checkers.Number(more)))
	}
	return g.finding(Duplicated, calls, fmt.Sprintf("Identifier %v was given out %d times: %s.", g.calls[run[0].call].Out, len(run), strings.Join(told, "; ")))
}

func (g *generator) tellInversion(pair inversion) checkers.Finding {
	before, after := pair.before.call, pair.after.call
	return g.finding(OutOfOrder, []int{before, after}, fmt.Sprintf("%s, and after that was over, %s, which is smaller.", capital(g.did(before)), g.did(after)))
}

func (g *generator) finding(anomaly string, calls []int, text string) checkers.Finding {
	at := make([]int, len(calls))
	for i, call := range calls {
		at[i] = g.calls[call].Invoke
	}
	slices.Sort(at)
	return checkers.Finding{Anomaly: anomaly, Key: g.name, Text: text, Culprits: at, Context: slices.Clone(at)}
}

// did is a clause about a call: "process 3 (n1) was given 17 (1.200-1.210 s)".
func (g *generator) did(i int) string {
	call := g.calls[i]
	return fmt.Sprintf("%s was given %v (%s)", checkers.Who(call), call.Out, checkers.When(call))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
