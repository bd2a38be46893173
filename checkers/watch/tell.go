package watch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// anomalies are all, the gravest first, and how a reason counts them.
var anomalies = []struct{ name, one, more string }{
	{Missed, "time a watcher was not told of a change", "times a watcher was not told of a change"},
	{Inconsistent, "version of a key is two changes", "versions of keys are two changes"},
	{Phantom, "change was told that nobody had made", "changes were told that nobody had made"},
	{AbortedRead, "change was told that was made in vain", "changes were told that were made in vain"},
	{Duplicated, "change was told twice", "changes were told twice"},
	{OutOfOrder, "change was told after a later one", "changes were told after later ones"},
}

func (a *account) conclude(v checkers.Verdict) checkers.Verdict {
	v.Stats = []checkers.Stat{
		{Name: "changes", Value: checkers.Number(len(a.changes))},
		{Name: "answers to watchers", Value: checkers.Number(len(a.watches))},
		{Name: "changes told to watchers", Value: checkers.Number(a.told)},
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
		v.Reason = fmt.Sprintf("%s (of %s in %s)", strings.Join(said, "; "), checkers.Count(len(a.changes), "change"), checkers.Count(len(a.watches), "answer"))
	case a.told == 0:
		v.Reason = "no watcher was told of any change: there is nothing to judge"
	case a.unseen > 0:
		v.Reason = fmt.Sprintf("%s in the span of no answer to a watcher", checkers.Count(a.unseen, "acknowledged change was", "acknowledged changes were"))
	case len(a.behind) > 0:
		v.Reason = fmt.Sprintf("final watches did not come up to the last acknowledged change at %s", strings.Join(a.behind, ", "))
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s to watchers had each of %s in their span once and in order", checkers.Count(len(a.watches), "answer"), checkers.Count(len(a.changes), "change"))
	}
	return v
}

func (a *account) tellMissed(w *watch, c *change) checkers.Finding {
	text := fmt.Sprintf("%s. But %s, that is, of all changes after version %d up to version %d, and not of this one.", a.proof(c), a.did(w.call), w.after, w.upto)
	return a.finding(text, a.source(c), w.call)
}

func (a *account) tellInconsistent(c *change) checkers.Finding {
	text := fmt.Sprintf("%s. But another change has the same version of the key: %s.", a.proof(c), a.did(c.other))
	return a.finding(text, a.source(c), c.other)
}

func (a *account) tellOutside(w *watch, c *change) checkers.Finding {
	text := fmt.Sprintf("%s, among them %s, which is not in that span.", capital(a.did(w.call)), c)
	return a.finding(text, w.call)
}

func (a *account) tellAgain(w *watch, c *change, twice bool) checkers.Finding {
	if twice {
		return a.finding(fmt.Sprintf("%s, among them %s more than once.", capital(a.did(w.call)), c), w.call)
	}
	return a.finding(fmt.Sprintf("%s, among them %s, although it asked only for what came later.", capital(a.did(w.call)), c), w.call)
}

func (a *account) tellOrder(w *watch, c, before *change) checkers.Finding {
	return a.finding(fmt.Sprintf("%s, where %s came after %s.", capital(a.did(w.call)), c, before), w.call)
}

func (a *account) tellTooOften(c *change, m *makers) checkers.Finding {
	text := fmt.Sprintf("%s. But there are more such changes than were made: %s can have made them.", a.proof(c),
		checkers.Count(m.acked+len(m.unsure), "operation", "operations"))
	return a.finding(text, a.source(c))
}

func (a *account) tellAborted(c *change, failed int) checkers.Finding {
	text := fmt.Sprintf("%s. But no operation can have made that change: %s, which failed: %s.", a.proof(c), a.did(failed), a.calls[failed].Error)
	return a.finding(text, c.told, failed)
}

func (a *account) tellPhantom(c *change) checkers.Finding {
	return a.finding(fmt.Sprintf("%s. But nobody had begun to make that change.", a.proof(c)), c.told)
}

// source is the call from which it is known that a change happened.
func (a *account) source(c *change) int {
	if c.acked != none {
		return c.acked
	}
	return c.told
}

// proof says why a change is known to have happened.
func (a *account) proof(c *change) string {
	if c.acked != none {
		return fmt.Sprintf("%s happened: %s", capital(c.String()), a.did(c.acked))
	}
	return fmt.Sprintf("%s happened: %s, among them this one", capital(c.String()), a.did(c.told))
}

// String names a change: `version 7 of "k" (the value 12)`.
func (c *change) String() string {
	if c.effect.deletes {
		return fmt.Sprintf("version %d of %q (its deletion)", c.version, c.key)
	}
	return fmt.Sprintf("version %d of %q (the value %d)", c.version, c.key, c.effect.value)
}

func (a *account) finding(text string, calls ...int) checkers.Finding {
	at := make([]int, len(calls))
	for i, call := range calls {
		at[i] = a.calls[call].Invoke
	}
	slices.Sort(at)
	at = slices.Compact(at)
	return checkers.Finding{Key: a.calls[calls[0]].Key, Text: text, Culprits: at, Context: slices.Clone(at)}
}

// did is a clause about a call: "process 3 (n1) was told of 4 changes after version 7
// (1.200-1.210 s)".
func (a *account) did(i int) string {
	call := a.calls[i]
	verb := fmt.Sprintf("put %v", call.In)
	switch {
	case call.F == "watch":
		items, _ := call.Out.Items()
		told, _ := items[1].Items()
		verb = fmt.Sprintf("was told of %s after version %v, up to version %v", checkers.Count(len(told), "change"), call.In, items[0])
	case call.F == "delete":
		verb = "deleted it"
	}
	switch {
	case call.F != "watch" && call.Type == history.OK:
		verb += fmt.Sprintf(" and got version %v", call.Out)
	case call.F != "watch":
		verb = "tried: " + verb
	}
	return fmt.Sprintf("%s %s (%s)", checkers.Who(call), verb, checkers.When(call))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
