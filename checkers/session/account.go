package session

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/session/trace"
)

// mostFindings is how many findings of a guarantee are told one by one.
const mostFindings = 10

// tally is how often guarantees demanded something.
type tally struct {
	// pairs are, for each guarantee, the operations that had something before them
	// which they were to agree with.
	pairs [guarantees]int
	// obscure are the reads of which nobody can tell which write they found, and
	// obscureSwaps those of them that wrote as well.
	obscure, obscureSwaps int
}

// deeds are what a session did on a key, acknowledged: whether it read, and
// whether it wrote.
type deeds struct{ read, wrote bool }

// count counts an operation, given what its session had done on the key before.
func (n *tally) count(op *trace.Op, known bool, before deeds) deeds {
	if op.Finds() && !known {
		n.obscure++
		if op.Changes() {
			n.obscureSwaps++
		}
	}
	if op.Finds() && known && op.Acknowledged {
		n.occasion(ReadYourWrites, before.wrote)
		n.occasion(MonotonicReads, before.read)
		before.read = true
	}
	if op.Changes() {
		n.occasion(MonotonicWrites, before.wrote)
		n.occasion(WritesFollowReads, before.read)
		before.wrote = true
	}
	return before
}

func (n *tally) occasion(g Guarantee, is bool) {
	if is {
		n.pairs[g]++
	}
}

// blind is how many operations may hide a violation of a guarantee.
func (n *tally) blind(g Guarantee) int {
	if g == MonotonicWrites {
		return n.obscureSwaps
	}
	return n.obscure
}

// account is what was found, over all keys.
type account struct {
	trace *trace.Trace
	// asked are the guarantees that are demanded.
	asked []Guarantee
	tally tally
	// keys are how many violate a guarantee, or, at the end, only all of them
	// together, and findings the first of them in words.
	keys     [guarantees + 1]int
	findings [guarantees + 1][]checkers.Finding
	// clash are guarantees that contradicted each other.
	clash []string
	byKey [][]int32
}

// opsOn are the operations on a key.
func (a *account) opsOn(key int32) []int32 {
	if a.byKey == nil {
		a.byKey = make([][]int32, len(a.trace.Keys))
		for i := range a.trace.Ops {
			k := a.trace.Ops[i].Key
			a.byKey[k] = append(a.byKey[k], int32(i))
		}
	}
	return a.byKey[key]
}

// inspect finds which guarantees are violated on a key on which not all four can have
// been kept.
func (a *account) inspect(key int32) {
	if c := demandsOn(a.trace, a.opsOn(key), func(Guarantee) bool { return false }).cycle(); c != nil {
		for _, g := range a.asked {
			a.found(int(g), func() checkers.Finding { return a.tell(CircularVersions, c) })
		}
		return
	}
	alone := false
	for _, g := range a.asked {
		if c := demandsOn(a.trace, a.opsOn(key), func(asked Guarantee) bool { return asked == g }).cycle(); c != nil {
			alone = true
			a.found(int(g), func() checkers.Finding { return a.tell(g.anomaly(), c) })
		}
	}
	if alone {
		return
	}
	c := demandsOn(a.trace, a.opsOn(key), func(g Guarantee) bool { return slices.Contains(a.asked, g) }).cycle()
	if c == nil && len(a.asked) < int(guarantees) {
		return // what contradicts the others is not demanded
	}
	if c == nil {
		panic("the versions of a key are in a cycle by one arrow for an operation, and in none by all of them")
	}
	if a.clash == nil {
		a.clash = names(c)
	}
	a.found(int(guarantees), func() checkers.Finding { return a.tell(SessionOrder, c) })
}

func (a *account) found(what int, tell func() checkers.Finding) {
	if a.keys[what]++; a.keys[what] <= mostFindings {
		a.findings[what] = append(a.findings[what], tell())
	}
}

func (a *account) conclude() checkers.Verdict {
	parts := make([]checkers.Verdict, 0, guarantees+2)
	unwritten, n := a.trace.Unwritten()
	if n > 0 {
		parts = append(parts, checkers.Verdict{Checker: Written, Validity: checkers.Invalid, Findings: unwritten,
			Reason: fmt.Sprintf("%s a value that nobody had written by then", checkers.Count(n, "operation found", "operations found"))})
	}
	for _, g := range a.asked {
		parts = append(parts, a.part(g))
	}
	parts = append(parts, a.together(parts[len(parts)-len(a.asked):]))
	v := checkers.Merge(checker{}.Name(), parts...)
	v.Stats = a.stats()
	v.Findings = once(v.Findings)
	if v.Validity == checkers.Valid {
		v.Reason = fmt.Sprintf("%s in %s kept %s, each for itself and all together",
			checkers.Count(a.trace.Acknowledged(), "operation"), checkers.Count(a.trace.Sessions, "session"), a.names())
	}
	return v
}

// once leaves out findings that are there already: what contradicts itself breaks
// every guarantee.
func once(findings []checkers.Finding) []checkers.Finding {
	told := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(findings), func(f checkers.Finding) bool {
		text := f.Key + f.Text
		defer func() { told[text] = true }()
		return told[text]
	})
}

// part is the verdict on one guarantee.
func (a *account) part(g Guarantee) checkers.Verdict {
	v := checkers.Verdict{Checker: g.String(), Findings: a.findings[g]}
	pairs, blind := a.tally.pairs[g], a.tally.blind(g)
	switch {
	case a.keys[g] > 0:
		v.Validity = checkers.Invalid
		v.Reason = fmt.Sprintf("%s did not keep %v", keysOf(a.keys[g], a.trace), g)
	case blind > 0:
		v.Reason = fmt.Sprintf("whether %v was kept cannot be told: %s a value of which nobody can tell who wrote it", g, checkers.Count(blind, "operation found", "operations found"))
	case pairs == 0:
		v.Reason = fmt.Sprintf("there was no occasion to keep %v", g)
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%v can have been kept on %s", g, checkers.Count(pairs, "occasion"))
	}
	return v
}

// together is the verdict on all guarantees, given those on each.
func (a *account) together(parts []checkers.Verdict) checkers.Verdict {
	merged := checkers.Merge(Together, parts...)
	v := checkers.Verdict{Checker: Together, Validity: merged.Validity, Reason: merged.Reason, Findings: a.findings[guarantees]}
	switch {
	case a.keys[guarantees] > 0 && merged.Validity != checkers.Invalid:
		v.Validity = checkers.Invalid
		v.Reason = fmt.Sprintf("%s did not keep %s together, such as %s",
			keysOf(a.keys[guarantees], a.trace), a.names(), strings.Join(a.clash, " and "))
	case v.Validity == checkers.Valid:
		v.Reason = a.names() + " can have been kept together"
	}
	return v
}

// names says what is demanded.
func (a *account) names() string {
	if len(a.asked) == int(guarantees) {
		return "all session guarantees"
	}
	var all []string
	for _, g := range a.asked {
		all = append(all, g.String())
	}
	return strings.Join(all, " and ")
}

func keysOf(n int, t *trace.Trace) string {
	return fmt.Sprintf("%s of %s", checkers.Number(n), checkers.Count(len(t.Keys), "key"))
}

func (a *account) stats() []checkers.Stat {
	stats := []checkers.Stat{
		{Name: "operations judged", Value: checkers.Number(len(a.trace.Ops))},
		{Name: "sessions", Value: checkers.Number(a.trace.Sessions)},
		{Name: "keys", Value: checkers.Number(len(a.trace.Keys))},
	}
	for _, g := range a.asked {
		stats = append(stats, checkers.Stat{Name: "occasions for " + g.String(), Value: checkers.Number(a.tally.pairs[g])})
	}
	if n := a.tally.obscure; n > 0 {
		stats = append(stats, checkers.Stat{Name: "finds of values with no known writer", Value: checkers.Number(n)})
	}
	return stats
}

// tell says why a cycle of versions is a contradiction.
func (a *account) tell(anomaly string, c []step) checkers.Finding {
	var culprits, context []int32
	var clauses []string
	for _, s := range c {
		switch {
		case s.why < reason(guarantees):
			culprits = append(culprits, s.earlier, s.later)
		case s.why == replaced:
			culprits = append(culprits, s.later)
		}
		context = append(context, a.writer(s.to))
		clauses = append(clauses, a.clause(s))
	}
	f := checkers.Finding{Anomaly: anomaly, Key: a.trace.Keys[a.keyOf(c[0].to)].Name,
		Culprits: a.trace.Invocations(culprits...), Context: a.trace.Invocations(append(context, culprits...)...)}
	f.Text = trace.Capital(trace.Clauses(clauses, "; ")) + ". " + conclusion(c)
	return f
}

// clause says why one version is older than another one.
func (a *account) clause(s step) string {
	older := fmt.Sprintf("%s has to be older than %s", a.name(s.from), a.name(s.to))
	switch s.why {
	case initial:
		return fmt.Sprintf("%s, because a register holds nothing only before its first write", older)
	case replaced:
		return fmt.Sprintf("%s, which took its place: %s", older, a.trace.Did(s.later))
	}
	return fmt.Sprintf("%s, to keep %v: %s, and after that %s", older, Guarantee(s.why), a.trace.Did(s.earlier), a.trace.Did(s.later))
}

// conclusion says what the clauses contradict.
func conclusion(c []step) string {
	broken := names(c)
	switch len(broken) {
	case 0:
		return "Each of them would have to be older than itself."
	case 1:
		return fmt.Sprintf("No order of these versions keeps %s.", broken[0])
	}
	last := len(broken) - 1
	return fmt.Sprintf("No order of these versions keeps both %s and %s.", strings.Join(broken[:last], ", "), broken[last])
}

// names are the guarantees whose demands form a cycle.
func names(c []step) []string {
	var broken []string
	for g := range guarantees {
		if slices.ContainsFunc(c, func(s step) bool { return s.why == reason(g) }) {
			broken = append(broken, g.String())
		}
	}
	return broken
}

// writer is the operation that left a version, or None.
func (a *account) writer(version int32) int32 {
	if version >= int32(len(a.trace.Ops)) {
		return trace.None
	}
	return version
}

func (a *account) keyOf(version int32) int32 {
	if op := a.writer(version); op != trace.None {
		return a.trace.Ops[op].Key
	}
	return version - int32(len(a.trace.Ops))
}

func (a *account) name(version int32) string {
	if op := a.writer(version); op != trace.None {
		return a.trace.Name(a.trace.Ops[op].Left)
	}
	return "nothing"
}
