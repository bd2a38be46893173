package register

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Explain says in words why operations contradict each other, if that is for one
// of the common reasons.
func (r *register) Explain(ops []object.Op) (object.Account, bool) {
	if r.adds {
		return object.Account{}, false
	}
	ops = slices.Clone(ops)
	r.infer(ops)
	c := r.detect(ops)
	if c == nil {
		return object.Account{}, false
	}
	a := account{r, ops}
	short, text := a.tell(c)
	other := c.missed
	if other == none {
		other = c.shown
	}
	culprits := []int{c.culprit, other}
	return object.Account{Anomaly: c.anomaly, Short: short, Text: text,
		Culprits: slices.DeleteFunc(culprits, func(i int) bool { return i == none })}, true
}

// account tells of operations of one register.
type account struct {
	register *register
	ops      []object.Op
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
	v := a.act(c.culprit).old
	short = fmt.Sprintf("%s, which %s", a.brief(c.culprit), map[bool]string{true: "only a failed operation would have left", false: "nobody had written by then"}[c.anomaly == DirtyRead])
	text = capital(a.did(c.culprit)) + ". "
	failed, tried := a.register.failed[v]
	switch leaver := a.register.leaver(v); {
	case leaver != nil:
		text += fmt.Sprintf("But the first operation that could leave %s was invoked only after that: %s.", a.name(v), object.Did(a.register, a.register.calls, *leaver))
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
	v := a.act(c.culprit).old
	if v == notFound {
		return "two additions found nothing there before", fmt.Sprintf("%s, and %s. But a register is not found only before its first write. "+
			"Whichever of the two came first, the other one had to find what it left.", capital(a.did(c.missed)), a.did(c.culprit))
	}
	what := "compare-and-sets"
	if a.call(c.culprit).F != "cas" || a.call(c.missed).F != "cas" {
		what = "operations"
	}
	short = fmt.Sprintf("two %s replaced the same %s", what, a.name(v))
	text = fmt.Sprintf("%s, and %s. But %s was there only once: nobody else can have left it than this: %s. "+
		"Whichever of the two came first, the other one could not find %s any more.",
		capital(a.did(c.missed)), a.did(c.culprit), a.name(v), a.did(c.begun), a.name(v))
	return short, text
}

func (a account) tellWrongMismatch(c *contradiction) (short, text string) {
	v := a.act(c.culprit).old
	short = fmt.Sprintf("%s, which it did", a.brief(c.culprit))
	text = fmt.Sprintf("%s. But it held %s all the time: %s was done before that, and ", capital(a.did(c.culprit)), a.name(v), a.did(c.begun))
	again := a.again(c)
	if again == nil {
		return short, text + fmt.Sprintf("nobody can have replaced %s until it was over.", a.name(v))
	}
	return short, text + fmt.Sprintf("%s was invoked after it, and %s was never written again in between.", object.Did(a.register, a.register.calls, *again), a.name(v))
}

// again is an operation that found a value after a mismatch on it, be it that it
// was there still. In a small part of a history it may not be needed any more, but
// it is what a reader wants to know.
func (a account) again(c *contradiction) *object.Op {
	if c.again != none {
		return &a.ops[c.again]
	}
	all := a.register.ops
	after := a.register.foundAfter(all, a.act(c.culprit).old, a.ops[c.culprit].End)
	if i := slices.IndexFunc(all, func(o object.Op) bool { return o.Start == after }); i >= 0 {
		return &all[i]
	}
	return nil
}

// tellMissed is for a write between the value that was found and its being found.
func (a account) tellMissed(c *contradiction) (short, text string) {
	old, new := a.act(c.culprit).old, a.act(c.missed).new
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
	old, next := a.act(c.culprit).old, a.valueOf(c.again, c.shown)
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
func (a account) order(old object.State, begun int, later string) string {
	if old == notFound {
		return "A register is not found only before its first write."
	}
	return fmt.Sprintf("And %s is the older value: %s, which was over before %s began, and nobody else can have left %s again.",
		a.name(old), a.did(begun), later, a.name(old))
}

// valueOf is the value that both operations are about.
func (a account) valueOf(i, j int) object.State {
	for _, v := range a.about(i) {
		if slices.Contains(a.about(j), v) {
			return v
		}
	}
	return a.about(i)[0]
}

func (a account) about(i int) []object.State {
	var vs []object.State
	if v, changes := a.act(i).left(); changes {
		vs = append(vs, v)
	}
	if v, finds := a.act(i).found(); finds {
		vs = append(vs, v)
	}
	return vs
}

func (a account) name(v object.State) string { return a.register.name(v) }

func (a account) call(i int) history.Call { return a.register.calls[a.ops[i].Call] }

func (a account) act(i int) *act { return a.register.act(&a.ops[i]) }

func (a account) did(i int) string { return object.Did(a.register, a.register.calls, a.ops[i]) }

func (a account) brief(i int) string { return object.Brief(a.register, a.register.calls, a.ops[i]) }

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
