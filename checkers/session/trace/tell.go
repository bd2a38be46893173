package trace

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
)

// The anomalies of values that nobody had written, by the names that findings
// bear.
const (
	// DirtyRead: a value was found that only a failed operation would have left.
	DirtyRead = "dirty-read"
	// PhantomRead: a value was found that nobody had yet begun to write.
	PhantomRead = "phantom-read"
)

// mostUnwritten is how many values that nobody had written are told one by one.
const mostUnwritten = 10

// Unwritten are the operations which found values that nobody can have left by
// then, as no store can answer however weak its promises are. The first ones are
// put into words, one for a value.
func (t *Trace) Unwritten() (findings []checkers.Finding, count int) {
	told := map[int32]bool{}
	for i := range t.Ops {
		op := &t.Ops[i]
		if !t.unwritten(op) {
			continue
		}
		count++
		if len(told) < mostUnwritten && !told[op.Found] {
			told[op.Found] = true
			findings = append(findings, t.tellUnwritten(int32(i)))
		}
	}
	return findings, count
}

func (t *Trace) tellUnwritten(at int32) checkers.Finding {
	v := &t.Values[t.Ops[at].Found]
	f := checkers.Finding{Anomaly: PhantomRead, Key: t.Keys[v.Key].Name,
		Culprits: []int{t.Ops[at].Start}, Context: t.Invocations(at)}
	f.Text = Capital(t.Did(at)) + ", but "
	switch {
	case v.Writers > 0:
		f.Text += fmt.Sprintf("the first operation that could leave %s was invoked only after that: %s.", t.Name(t.Ops[at].Found), t.Did(v.Writer))
		f.Context = t.Invocations(at, v.Writer)
		f.Culprits = f.Context
	case v.Failed != None:
		call := t.Calls[v.Failed]
		f.Anomaly = DirtyRead
		f.Text += fmt.Sprintf("the only operation that would have left %s certainly had no effect: %s by %s (%s) failed: %s.",
			t.Name(t.Ops[at].Found), call.F, checkers.Who(call), checkers.When(call), call.Error)
		f.Context = []int{call.Invoke, t.Ops[at].Start}
		slices.Sort(f.Context)
	default:
		f.Text += "no operation of the whole run would have left that."
	}
	return f
}

// Name is a value for people.
func (t *Trace) Name(value int32) string {
	if t.Values[value].Initial {
		return "nothing"
	}
	return fmt.Sprint(t.Values[value].Number)
}

// Did is a clause about an operation: "process 12 (n3) read 17 (12.310-12.318 s)".
func (t *Trace) Did(op int32) string { return t.did(op, "") }

// DidOn is the same with the key, for what is about several.
func (t *Trace) DidOn(op int32) string {
	return t.did(op, checkers.On("key", t.Keys[t.Ops[op].Key].Name))
}

func (t *Trace) did(op int32, on string) string {
	call := t.Calls[t.Ops[op].Call]
	text := fmt.Sprintf("%s %s%s (%s)", checkers.Who(call), t.verb(op), on, checkers.When(call))
	if o := &t.Ops[op]; o.Certain && !o.Acknowledged {
		text += fmt.Sprintf(", which did happen, for %s was found", t.Name(o.Left))
	}
	return text
}

func (t *Trace) verb(op int32) string {
	o := &t.Ops[op]
	switch {
	case o.Kind == Read && t.Values[o.Found].Initial:
		return "found nothing"
	case o.Kind == Read:
		return "read " + t.Name(o.Found)
	case o.Kind == Mismatch:
		return "was told that it did not hold " + t.Name(o.Found)
	case o.Kind == Write && !o.Acknowledged:
		return "tried to write " + t.Name(o.Left)
	case o.Kind == Write:
		return "wrote " + t.Name(o.Left)
	case !o.Acknowledged:
		return fmt.Sprintf("tried to replace %s by %s", t.Name(o.Found), t.Name(o.Left))
	}
	return fmt.Sprintf("replaced %s by %s", t.Name(o.Found), t.Name(o.Left))
}

// Invocations are the places of operations in the history, sorted and each once.
func (t *Trace) Invocations(ops ...int32) []int {
	var at []int
	for _, op := range ops {
		if op != None {
			at = append(at, t.Ops[op].Start)
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// mostClauses is how many clauses of a text are told.
const mostClauses = 12

// Clauses joins the parts of a text, and leaves out the middle of a long one.
func Clauses(clauses []string, separator string) string {
	if len(clauses) > mostClauses {
		rest := fmt.Sprintf("… (%s)", checkers.Count(len(clauses)-mostClauses, "further step"))
		clauses = slices.Concat(clauses[:mostClauses-1], []string{rest}, clauses[len(clauses)-1:])
	}
	return strings.Join(clauses, separator)
}

// Capital begins a sentence.
func Capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
