package linearizability

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// explanation is a finding and its short form, which stands in a verdict's reason.
type explanation struct {
	finding checkers.Finding
	short   string
}

// account tells of operations of one register.
type account struct {
	register *register
	ops      []operation
}

// explain says in words why a contradiction is one.
func (a account) explain(c *contradiction, context []int) explanation {
	short, text := a.tell(c)
	culprits := []int{c.culprit, c.missed}
	if c.missed == none {
		culprits[1] = c.shown
	}
	culprits = slices.DeleteFunc(culprits, func(i int) bool { return i == none })
	return explanation{
		short: short + a.where(),
		finding: checkers.Finding{Anomaly: c.anomaly, Key: a.register.key, Text: text,
			Culprits: a.invocations(culprits), Context: a.invocations(context)},
	}
}

func (a account) tell(c *contradiction) (short, text string) {
	switch c.anomaly {
	case DirtyRead, PhantomRead:
		return a.tellUnwritten(c)
	case SplitBrain:
		return a.tellSplit(c)
	case WrongMismatch:
		return a.tellWrongMismatch(c)
	}
	if c.again == none {
		return a.tellMissed(c)
	}
	return a.tellReplaced(c)
}

func (a account) tellUnwritten(c *contradiction) (short, text string) {
	v := a.ops[c.culprit].old
	short = fmt.Sprintf("%s, which %s", a.brief(c.culprit), map[bool]string{true: "only a failed operation would have left", false: "nobody had written by then"}[c.anomaly == DirtyRead])
	text = capital(a.did(c.culprit)) + ". "
	failed, tried := a.register.failed[v]
	switch {
	case c.missed != none:
		text += fmt.Sprintf("But the first operation that could leave %s was invoked only after that: %s.", a.name(v), a.did(c.missed))
	case c.anomaly == DirtyRead:
		call := a.register.calls[failed]
		text += fmt.Sprintf("But the only operation that would have left %s certainly had no effect: %s by %s (%s) failed: %s.",
			a.name(v), call.F, checkers.Who(call), checkers.When(call), call.Error)
	case tried:
		text += fmt.Sprintf("But the only operation that would have left %s was invoked after that, and failed.", a.name(v))
	default:
		text += fmt.Sprintf("But no operation of the whole run would have left %s.", a.name(v))
	}
	return short, text
}

func (a account) tellSplit(c *contradiction) (short, text string) {
	v := a.ops[c.culprit].old
	short = fmt.Sprintf("two compare-and-sets replaced the same %s", a.name(v))
	text = fmt.Sprintf("%s, and %s. But %s was there only once: nobody else can have left it than this: %s. "+
		"Whichever of the two came first, the other one could not find %s any more.",
		capital(a.did(c.missed)), a.did(c.culprit), a.name(v), a.did(c.begun), a.name(v))
	return short, text
}

func (a account) tellWrongMismatch(c *contradiction) (short, text string) {
	v := a.ops[c.culprit].old
	short = fmt.Sprintf("%s, which it did", a.brief(c.culprit))
	text = fmt.Sprintf("%s. But it held %s all the time: %s was done before that, %s was invoked after it, and %s was never written again in between.",
		capital(a.did(c.culprit)), a.name(v), a.did(c.begun), a.did(c.again), a.name(v))
	return short, text
}

// tellMissed is for a write between the value that was found and its being found.
func (a account) tellMissed(c *contradiction) (short, text string) {
	old, new := a.ops[c.culprit].old, a.ops[c.missed].new
	short = fmt.Sprintf("%s, although %s had been written since", a.brief(c.culprit), a.name(new))
	text = fmt.Sprintf("%s. That was out of date: %s, acknowledged before the former began. %s ",
		capital(a.did(c.culprit)), a.did(c.missed), a.order(old, c.begun, "the latter"))
	if c.anomaly == LostWrite {
		text += fmt.Sprintf("Nobody ever found %s: the acknowledged write is lost.", a.name(new))
	} else {
		text += fmt.Sprintf("So it had to find %s or something newer.", a.name(new))
	}
	return short, text
}

// tellReplaced is for two values that each came after the other.
func (a account) tellReplaced(c *contradiction) (short, text string) {
	old, next := a.ops[c.culprit].old, a.valueOf(c.again, c.shown)
	short = fmt.Sprintf("%s, although %s had taken its place", a.brief(c.culprit), a.name(next))
	text = fmt.Sprintf("%s. But %s had taken its place: %s, which was over before the former began. ", capital(a.did(c.culprit)), a.name(next), a.did(c.shown))
	if c.again == c.shown {
		text += a.order(old, c.begun, "the latter")
	} else {
		text += fmt.Sprintf("%s. %s", capital(a.did(c.again)), a.order(old, c.begun, "this last"))
	}
	return short, text + fmt.Sprintf(" So the register had gone on from %s to %s, and could not go back.", a.name(old), a.name(next))
}

// order says why a value was there before the one that a later operation left or
// found.
func (a account) order(old value, begun int, later string) string {
	if old == notFound {
		return "A register is not found only before its first write."
	}
	return fmt.Sprintf("And %s is the older value: %s, which was over before %s began, and nobody else can have left %s again.",
		a.name(old), a.did(begun), later, a.name(old))
}

// valueOf is the value that both operations are about.
func (a account) valueOf(i, j int) value {
	for _, v := range a.about(i) {
		if slices.Contains(a.about(j), v) {
			return v
		}
	}
	return a.about(i)[0]
}

func (a account) about(i int) []value {
	var vs []value
	if v, changes := a.ops[i].left(); changes {
		vs = append(vs, v)
	}
	if v, finds := a.ops[i].found(); finds {
		vs = append(vs, v)
	}
	return vs
}

// mostListed is how many operations a text lists one by one.
const mostListed = 12

// explainPart tells of a part of a history that has no order, without a simpler
// reason.
func (a account) explainPart(minimal bool) explanation {
	all := make([]int, len(a.ops))
	for i := range all {
		all[i] = i
	}
	culprits := all
	if len(all) > 4 {
		culprits = []int{a.lastDone()}
	}
	return explanation{
		short: fmt.Sprintf("%s no order explains", checkers.Count(len(all), "operation has", "operations have answers that")) + a.where(),
		finding: checkers.Finding{Anomaly: NotLinearizable, Key: a.register.key, Text: a.tellPart(minimal),
			Culprits: a.invocations(culprits), Context: a.invocations(all)},
	}
}

func (a account) tellPart(minimal bool) string {
	text := fmt.Sprintf("No order of these %s that respects their times lets each of them find what it found:", checkers.Count(len(a.ops), "operation"))
	for i := range a.ops {
		if i == mostListed {
			text += fmt.Sprintf(" and %s more;", checkers.Number(len(a.ops)-i))
			break
		}
		text += fmt.Sprintf(" (%d) %s;", i+1, a.did(i))
	}
	text = strings.TrimSuffix(text, ";") + ". "
	if !minimal {
		return text + fmt.Sprintf("The last of them to be done was this: %s. There was no time to find a smaller part that shows it.", a.did(a.lastDone()))
	}
	return text + "Without any one of them that can be left out, there is such an order."
}

// lastDone is the place of the last certain operation to be done.
func (a account) lastDone() int {
	last := 0
	for i := range a.ops {
		if a.ops[i].end != never && (a.ops[last].end == never || a.ops[i].end > a.ops[last].end) {
			last = i
		}
	}
	return last
}

func (a account) name(v value) string { return a.register.name(v) }

func (a account) where() string {
	if a.register.key == "" {
		return ""
	}
	return fmt.Sprintf(" (key %q)", a.register.key)
}

func (a account) call(i int) history.Call { return a.register.calls[a.ops[i].call] }

// did is a clause about an operation: "process 12 (n3) read 17 (12.310-12.318 s)".
func (a account) did(i int) string {
	call := a.call(i)
	text := fmt.Sprintf("%s %s (%s)", checkers.Who(call), a.verb(i), checkers.When(call))
	if op := &a.ops[i]; op.inferred {
		text += fmt.Sprintf(", which did happen, for %s was found", a.name(op.new))
	}
	return text
}

// brief is the same in fewer words.
func (a account) brief(i int) string {
	call := a.call(i)
	return fmt.Sprintf("%s %s at %s", checkers.Who(call), a.verb(i), checkers.Seconds(call.Start))
}

func (a account) verb(i int) string {
	op := &a.ops[i]
	tried := a.call(i).Type == history.Info
	switch {
	case op.kind == read && op.old == notFound:
		return "found nothing"
	case op.kind == read:
		return "read " + a.name(op.old)
	case op.kind == mismatch:
		return "was told that the register did not hold " + a.name(op.old)
	case op.kind == write && tried:
		return fmt.Sprintf("tried to write %v", a.call(i).In)
	case op.kind == write:
		return fmt.Sprintf("wrote %v", a.call(i).In)
	case tried:
		return fmt.Sprintf("tried to replace %s by %s", a.name(op.old), a.name(op.new))
	}
	return fmt.Sprintf("replaced %s by %s", a.name(op.old), a.name(op.new))
}

// invocations are the places of operations in the history.
func (a account) invocations(places []int) []int {
	at := make([]int, len(places))
	for i, place := range places {
		at[i] = a.call(place).Invoke
	}
	return at
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
