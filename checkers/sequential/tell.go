package sequential

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/session/trace"
)

// mostListed is how many operations a text lists one by one.
const mostListed = 16

// tell says why a part of a history has no order: by a circle if it has one.
func tell(t *trace.Trace, part []int32, smallest bool) checkers.Finding {
	f := forcedOrder(context.Background(), t, part)
	anomaly, culprits, text := NoOrder, part, listed(t, part)
	if f.circle != nil {
		anomaly = Circular
		text += f.tellCircle()
		if len(part) > 4 {
			culprits = f.onCircle()
		}
	}
	if smallest {
		text += " Without any one of them that can be left out, there is an order."
	} else {
		text += " There was no time to find a smaller part that shows it."
	}
	return checkers.Finding{Anomaly: anomaly, Key: onlyKey(t, part), Text: text,
		Culprits: t.Invocations(culprits...), Context: t.Invocations(part...)}
}

// onlyKey is the name of the register if there is but one.
func onlyKey(t *trace.Trace, part []int32) string {
	for _, i := range part {
		if t.Ops[i].Key != t.Ops[part[0]].Key {
			return ""
		}
	}
	return t.Keys[t.Ops[part[0]].Key].Name
}

// listed are the operations, session by session.
func listed(t *trace.Trace, part []int32) string {
	text := fmt.Sprintf("No order of these %s that keeps the order within each session lets each of them find what it found:", checkers.Count(len(part), "operation"))
	bySession := slices.Clone(part)
	slices.SortStableFunc(bySession, func(a, b int32) int { return int(t.Ops[a].Session) - int(t.Ops[b].Session) })
	for n, i := range bySession {
		if n == mostListed {
			text += fmt.Sprintf(" and %s more.", checkers.Number(len(part)-n))
			break
		}
		separator := ";"
		if n == 0 {
			separator = ""
		} else if t.Ops[i].Session == t.Ops[bySession[n-1]].Session {
			separator = ", then"
		}
		text += fmt.Sprintf("%s %s", separator, t.DidOn(i))
	}
	return strings.TrimSuffix(text, ".") + "."
}

// onCircle are the operations on the circle.
func (f *forced) onCircle() []int32 {
	var ops []int32
	for _, l := range f.circle {
		if f.isOp(l.from) {
			ops = append(ops, l.from)
		}
	}
	return ops
}

// tellCircle goes around.
func (f *forced) tellCircle() string {
	clauses := make([]string, 0, len(f.circle))
	for n, l := range f.circle {
		before := f.circle[(n+len(f.circle)-1)%len(f.circle)]
		if clause := f.clause(before, l); clause != "" {
			clauses = append(clauses, clause)
		}
	}
	return " For " + trace.Clauses(clauses, "; ") + ". So each of them would have to come before itself."
}

// clause says what a link is about, given the one before it.
func (f *forced) clause(before, l link) string {
	short := f.brief
	switch l.why {
	case program:
		return fmt.Sprintf("%s came before %s in their session", short(l.from), short(l.to))
	case finds:
		if !f.isOp(l.from) {
			return ""
		}
		return fmt.Sprintf("%s found what %s left", short(l.to), short(l.from))
	case lasts:
		return "" // told with the link that comes after it
	case replaced:
		if f.isOp(l.from) {
			return fmt.Sprintf("%s and %s cannot both have replaced the same value", short(l.from), short(l.to))
		}
		return fmt.Sprintf("%s comes before %s, which replaced %s", f.last(before), short(l.to), f.versionName(l.from-int32(f.versions())))
	case initial:
		return fmt.Sprintf("%s comes before %s, as a register holds nothing only before its first write", f.last(before), short(l.to))
	}
	next := "the beginning"
	if f.isOp(l.to) {
		next = short(l.to)
	}
	text := fmt.Sprintf("%s comes before %s, because %s is older than %s%s: ", f.last(before), next,
		f.versionName(l.older), f.versionName(l.newer), f.between(l))
	if l.why == session {
		return text + fmt.Sprintf("one session met them in this order, by %s and %s", short(l.earlier), short(l.latter))
	}
	return text + fmt.Sprintf("%s has to come before %s", short(l.earlier), short(l.latter))
}

// between tells of versions with nothing in between, if a link is about such.
func (f *forced) between(l link) string {
	if l.to == l.newer && l.from == f.over(l.older) {
		return ""
	}
	return ", and nothing comes between what compare-and-sets replaced and what they left"
}

// last is who met the version that a link lets be over.
func (f *forced) last(l link) string {
	if f.isOp(l.from) {
		return f.brief(l.from)
	}
	return "the beginning"
}

func (f *forced) versionName(v int32) string {
	if !f.isOp(v) {
		return "nothing"
	}
	return f.trace.Name(f.trace.Ops[v].Left)
}

// brief is an operation in few words: `process 2's read of "x" (3)`.
func (f *forced) brief(i int32) string {
	op := &f.trace.Ops[i]
	on := ""
	if name := f.trace.Keys[op.Key].Name; name != "" {
		on = fmt.Sprintf(" of %q", name)
	}
	process := f.trace.Calls[op.Call].Process
	switch op.Kind {
	case trace.Read:
		return fmt.Sprintf("process %d's read%s (%s)", process, on, f.trace.Name(op.Found))
	case trace.Mismatch:
		return fmt.Sprintf("process %d's refused compare-and-set%s (%s)", process, on, f.trace.Name(op.Found))
	case trace.Write:
		return fmt.Sprintf("process %d's write%s (%s)", process, on, f.trace.Name(op.Left))
	}
	return fmt.Sprintf("process %d's compare-and-set%s (%s to %s)", process, on, f.trace.Name(op.Found), f.trace.Name(op.Left))
}
