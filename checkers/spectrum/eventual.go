package spectrum

import (
	"fmt"
	"maps"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/session/trace"
)

// The anomalies of eventual agreement, by the names that findings bear.
const (
	// Diverged: nodes answer final reads of a key differently, and no write can
	// have come in between.
	Diverged = "diverged"
	// Reverted: a final read found a value that had certainly been overwritten.
	Reverted = "reverted"
)

// mostFindings is how many keys are told one by one.
const mostFindings = 10

// eventually is the verdict on eventual agreement: after all faults, the last final
// reads of a key at all nodes find the same value, which somebody wrote, and which
// was not certainly overwritten before the first of them. Where a write may have
// come between two of them, nothing is said.
func eventually(t *trace.Trace) checkers.Verdict {
	v := checkers.Verdict{Checker: "eventual agreement"}
	agreed, open := 0, 0
	for _, e := range endings(t) {
		f, validity := e.judge()
		switch validity {
		case checkers.Invalid:
			v.Findings = append(v.Findings, f)
		case checkers.Valid:
			agreed++
		default:
			open++
		}
	}
	keys := checkers.Count(len(t.Keys), "key")
	switch n := len(v.Findings); {
	case n > 0:
		v.Validity = checkers.Invalid
		v.Reason = fmt.Sprintf("final reads of %s of %s do not agree on what was written last", checkers.Number(n), keys)
		v.Findings = v.Findings[:min(n, mostFindings)]
	case agreed == 0:
		v.Reason = "no key was read at the end at several nodes: whether they agree cannot be told"
	case open > 0:
		v.Reason = fmt.Sprintf("final reads of %s agree, and of %s it cannot be told", checkers.Count(agreed, "key"), checkers.Count(open, "other key"))
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("final reads agree at all nodes (%s)", checkers.Count(agreed, "key"))
	}
	return v
}

// ending is a key that was read at the end: the last final read of each node, and
// the operations that may have left a value.
type ending struct {
	trace         *trace.Trace
	reads, writes []int32
}

// endings are those of all keys that were read at the end, in the order of their
// first operations.
func endings(t *trace.Trace) []*ending {
	last := make([]map[string]int32, len(t.Keys))
	for i := range t.Ops {
		op := &t.Ops[i]
		call := &t.Calls[op.Call]
		if !call.Final || op.Kind != trace.Read || !op.Acknowledged {
			continue
		}
		if last[op.Key] == nil {
			last[op.Key] = map[string]int32{}
		}
		last[op.Key][call.Node] = int32(i)
	}
	keys := make([]*ending, len(t.Keys))
	for key, byNode := range last {
		if byNode != nil {
			keys[key] = &ending{trace: t, reads: slices.Sorted(maps.Values(byNode))}
		}
	}
	for i := range t.Ops {
		if op := &t.Ops[i]; op.Changes() && keys[op.Key] != nil {
			keys[op.Key].writes = append(keys[op.Key].writes, int32(i))
		}
	}
	return slices.DeleteFunc(keys, func(e *ending) bool { return e == nil })
}

// judge compares the last reads of a key. With less than two there is nothing to
// compare; that is Unknown, as is what nobody had written.
func (e *ending) judge() (checkers.Finding, checkers.Validity) {
	validity := checkers.Valid
	if len(e.reads) < 2 {
		validity = checkers.Unknown
	}
	for n, i := range e.reads {
		if by := e.overwritten(i); by != trace.None {
			return e.tellReverted(i, by), checkers.Invalid
		}
		if _, known := e.trace.Source(e.trace.Ops[i].Found); !known {
			validity = checkers.Unknown
		}
		for _, j := range e.reads[:n] {
			switch {
			case e.trace.Ops[i].Found == e.trace.Ops[j].Found:
			case e.unsound(i) || e.unsound(j) || e.between(i, j) || e.between(j, i):
				validity = checkers.Unknown
			default:
				return e.tellDiverged(j, i), checkers.Invalid
			}
		}
	}
	return checkers.Finding{}, validity
}

func (e *ending) unsound(read int32) bool { return e.trace.Values[e.trace.Ops[read].Found].Unsound }

// between says whether what one read found may have been written only after
// another one was invoked.
func (e *ending) between(found, invoked int32) bool {
	t := e.trace
	return slices.ContainsFunc(e.writes, func(w int32) bool {
		return t.Ops[w].Left == t.Ops[found].Found && t.Ops[w].End > t.Ops[invoked].Start
	})
}

// overwritten is a write that was invoked after what a read found was certainly
// there, and acknowledged before the read was invoked; None if there is none.
func (e *ending) overwritten(read int32) int32 {
	t, found := e.trace, &e.trace.Ops[read]
	source, known := t.Source(found.Found)
	there := -1
	switch {
	case !known:
		return trace.None
	case source != trace.None:
		there = t.Ops[source].Due
	}
	for _, w := range e.writes {
		if op := &t.Ops[w]; op.Acknowledged && op.Start > there && op.End < found.Start {
			return w
		}
	}
	return trace.None
}

func (e *ending) tellDiverged(one, other int32) checkers.Finding {
	t, f := e.trace, e.finding(Diverged, one, other)
	f.Text = fmt.Sprintf("At the end, %s, and %s. Both values had been written for good before that, so that the two nodes do not agree on which is the last.",
		t.Did(one), t.Did(other))
	return f
}

func (e *ending) tellReverted(read, by int32) checkers.Finding {
	t, f := e.trace, e.finding(Reverted, read, by)
	value := "a register holds nothing only before its first write"
	if source, _ := t.Source(t.Ops[read].Found); source != trace.None {
		value = fmt.Sprintf("%s was there before that: %s", t.Name(t.Ops[read].Found), t.Did(source))
		f.Context = t.Invocations(read, by, source)
	}
	f.Text = fmt.Sprintf("At the end, %s. But it had been overwritten: %s; and %s.", t.Did(read), t.Did(by), value)
	return f
}

func (e *ending) finding(anomaly string, ops ...int32) checkers.Finding {
	t := e.trace
	return checkers.Finding{Anomaly: anomaly, Key: t.Keys[t.Ops[ops[0]].Key].Name, Culprits: t.Invocations(ops...), Context: t.Invocations(ops...)}
}
