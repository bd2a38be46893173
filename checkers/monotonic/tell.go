package monotonic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
)

const (
	// mostFindings is how many of an anomaly are told one by one.
	mostFindings = 10
	// mostListed is how many operations a text lists one by one.
	mostListed = 12
)

// gravity is the order in which anomalies are told.
var gravity = [...]string{LostIncrement, OutOfNothing, WentBack}

// account is what was found, over all counters.
type account struct {
	options           Options
	counters          int
	reads, increments int
	found             map[string]int
	findings          map[string][]checkers.Finding
}

func (a *account) add(c *counter) {
	a.counters++
	for _, s := range c.seen {
		if s.increment {
			a.increments++
		} else {
			a.reads++
		}
	}
	for _, group := range c.lost() {
		a.tell(LostIncrement, c, group, c.tellLost(group))
	}
	c.impossible(func(s sight, increments int) {
		a.tell(OutOfNothing, c, []sight{s}, c.tellImpossible(s, increments))
	})
	back := func(before, after sight) {
		a.tell(WentBack, c, []sight{before, after}, fmt.Sprintf("%s. After that was over, %s.", capital(c.did(before)), c.did(after)))
	}
	switch a.options.Order {
	case RealTime:
		c.back(back)
	case Session:
		c.backInSession(a.options.Clients, back)
	}
}

func (a *account) tell(anomaly string, c *counter, culprits []sight, text string) {
	if a.found[anomaly]++; a.found[anomaly] > mostFindings {
		return
	}
	at := make([]int, len(culprits))
	for i, s := range culprits {
		at[i] = c.calls[s.call].Invoke
	}
	slices.Sort(at)
	a.findings[anomaly] = append(a.findings[anomaly],
		checkers.Finding{Anomaly: anomaly, Key: c.name, Text: text, Culprits: at, Context: slices.Clone(at)})
}

func (a *account) conclude(v checkers.Verdict) checkers.Verdict {
	v.Stats = []checkers.Stat{
		{Name: "counters", Value: checkers.Number(a.counters)},
		{Name: "increments", Value: checkers.Number(a.increments)},
		{Name: "reads", Value: checkers.Number(a.reads)},
	}
	for _, anomaly := range gravity {
		v.Findings = append(v.Findings, a.findings[anomaly]...)
	}
	switch {
	case len(v.Findings) > 0:
		v.Validity, v.Reason = checkers.Invalid, a.accusation()
	case a.increments == 0:
		v.Reason = "no increment was acknowledged: there is nothing to judge"
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s of %s: none was lost", checkers.Count(a.increments, "increment"), checkers.Count(a.counters, "counter")) +
			[...]string{", and no counter ever went back", ", and no client saw a counter go back", ""}[a.options.Order]
	}
	return v
}

func (a *account) accusation() string {
	words := map[string]string{
		LostIncrement: checkers.Count(a.found[LostIncrement], "value was left by several increments", "values were left by several increments"),
		OutOfNothing:  checkers.Count(a.found[OutOfNothing], "value came", "values came") + " out of nothing",
		WentBack:      checkers.Count(a.found[WentBack], "operation", "operations") + " saw a counter go back",
	}
	var said []string
	for _, anomaly := range gravity {
		if a.found[anomaly] > 0 {
			said = append(said, words[anomaly])
		}
	}
	return strings.Join(said, "; ")
}

func (c *counter) tellLost(group []sight) string {
	var told []string
	for _, s := range group[:min(len(group), mostListed)] {
		told = append(told, c.did(s))
	}
	if more := len(group) - mostListed; more > 0 {
		told = append(told, fmt.Sprintf("and %s more", checkers.Number(more)))
	}
	return fmt.Sprintf("%s left %d, so that all but one were overwritten: %s.",
		checkers.Count(len(group), "increment"), group[0].value, strings.Join(told, "; "))
}

func (c *counter) tellImpossible(s sight, increments int) string {
	return fmt.Sprintf("%s. Until then %s.", capital(c.did(s)),
		checkers.Count(increments, "increment may have taken effect", "increments may have taken effect"))
}

// did is a clause about an operation.
func (c *counter) did(s sight) string {
	call := c.calls[s.call]
	verb := "read"
	if s.increment {
		verb = "incremented to"
	}
	return fmt.Sprintf("%s %s %d (%s)", checkers.Who(call), verb, s.value, checkers.When(call))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
