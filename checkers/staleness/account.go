package staleness

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/harness/history"
)

// mostFindings is how many of the stalest reads are told one by one, by either
// measure.
const mostFindings = 5

// account is what was measured, in words.
type account struct {
	history *history.History
	trace   *trace.Trace
	Measured
}

// Judge is the verdict of the checker on what was measured already.
func (m Measured) Judge(h *history.History, t *trace.Trace, o Options) checkers.Verdict {
	o.MaxAge, o.MaxVersions = max(0, o.MaxAge), max(0, o.MaxVersions)
	return (&account{h, t, m}).conclude(o)
}

// Distribution are the figures of many: the 50th, 95th and 99th of a hundred in
// order, and the largest.
type Distribution[T cmp.Ordered] struct {
	P50, P95, P99, Max T
}

func distribution[T cmp.Ordered](of []T) Distribution[T] {
	if len(of) == 0 {
		return Distribution[T]{}
	}
	slices.Sort(of)
	at := func(percent int) T { return of[(len(of)*percent+99)/100-1] }
	return Distribution[T]{at(50), at(95), at(99), at(100)}
}

// Ages are the ages of the stale reads.
func (m *Measured) Ages() Distribution[time.Duration] {
	ages := make([]time.Duration, len(m.Stale))
	for i := range m.Stale {
		ages[i] = m.Stale[i].Age
	}
	return distribution(ages)
}

// Versions are by how many versions the stale reads were behind.
func (m *Measured) Versions() Distribution[int] {
	versions := make([]int, len(m.Stale))
	for i := range m.Stale {
		versions[i] = m.Stale[i].Versions
	}
	return distribution(versions)
}

// Brief is the gist in a few words: "2 reads were certainly stale, by up to 340 ms, 3
// versions".
func (m *Measured) Brief() string {
	if len(m.Stale) == 0 {
		return "no read was certainly stale"
	}
	return fmt.Sprintf("%s certainly stale, by up to %s, %s",
		checkers.Count(len(m.Stale), "read was", "reads were"), span(m.Ages().Max), checkers.Count(m.Versions().Max, "version"))
}

// span is a length of time for people.
func span(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return strconv.FormatFloat(float64(d.Round(100*time.Microsecond))/float64(time.Millisecond), 'f', -1, 64) + " ms"
	}
	return checkers.Seconds(d)
}

func (m *Measured) stats() []checkers.Stat {
	stats := []checkers.Stat{
		{Name: "reads measured", Value: checkers.Number(m.Reads)},
		{Name: "reads certainly stale", Value: checkers.Number(len(m.Stale))},
	}
	if len(m.Stale) > 0 {
		a, v := m.Ages(), m.Versions()
		stats = append(stats,
			checkers.Stat{Name: "age of stale reads, p50", Value: span(a.P50)}, checkers.Stat{Name: "age of stale reads, p95", Value: span(a.P95)},
			checkers.Stat{Name: "age of stale reads, p99", Value: span(a.P99)}, checkers.Stat{Name: "age of stale reads, max", Value: span(a.Max)},
			checkers.Stat{Name: "versions behind, p50", Value: checkers.Number(v.P50)}, checkers.Stat{Name: "versions behind, p95", Value: checkers.Number(v.P95)},
			checkers.Stat{Name: "versions behind, p99", Value: checkers.Number(v.P99)}, checkers.Stat{Name: "versions behind, max", Value: checkers.Number(v.Max)})
	}
	if m.Obscure > 0 {
		stats = append(stats, checkers.Stat{Name: "reads of values that several can have written", Value: checkers.Number(m.Obscure)})
	}
	return stats
}

func (a *account) conclude(o Options) checkers.Verdict {
	v := checkers.Verdict{Checker: checker{}.Name(), Stats: a.stats()}
	unwritten, n := a.trace.Unwritten()
	switch {
	case n > 0 && o != Options{}:
		v.Validity, v.Findings = checkers.Invalid, unwritten
		v.Reason = fmt.Sprintf("%s a value that nobody had written by then", checkers.Count(n, "operation found", "operations found"))
	case a.Reads == 0:
		v.Reason = "no read was answered with a value that had been written: there is nothing to measure"
	case o == Options{}:
		v.Findings = append(unwritten, a.worst(a.Stale)...)
		v.Reason = fmt.Sprintf("of %s, %s; no bound was asked for", checkers.Count(a.Reads, "read"), a.Brief())
	default:
		a.judge(&v, o)
	}
	return v
}

// worst tells of the stalest reads, by either measure.
func (a *account) worst(stale []Stale) []checkers.Finding {
	byAge, byVersions := slices.Clone(stale), slices.Clone(stale)
	slices.SortStableFunc(byAge, func(x, y Stale) int { return cmp.Compare(y.Age, x.Age) })
	slices.SortStableFunc(byVersions, func(x, y Stale) int { return cmp.Compare(y.Versions, x.Versions) })
	most := min(len(stale), mostFindings)
	told := map[int32]bool{}
	var findings []checkers.Finding
	for _, s := range append(byAge[:most:most], byVersions[:most]...) {
		if !told[s.Read] {
			told[s.Read] = true
			findings = append(findings, a.tell(s))
		}
	}
	return findings
}

// judge compares with bounds.
func (a *account) judge(v *checkers.Verdict, o Options) {
	beyond := slices.DeleteFunc(slices.Clone(a.Stale), func(s Stale) bool {
		return (o.MaxAge == 0 || s.Age <= o.MaxAge) && (o.MaxVersions == 0 || s.Versions <= o.MaxVersions)
	})
	if len(beyond) > 0 {
		v.Validity, v.Findings = checkers.Invalid, a.worst(beyond)
		v.Reason = fmt.Sprintf("%s of %s beyond %s: %s", checkers.Number(len(beyond)),
			checkers.Count(a.Reads, "read was", "reads were"), o.bounds(), a.Brief())
		return
	}
	open := 0
	for _, r := range registersOf(a.trace) {
		f, within := a.within(r, o)
		switch within {
		case checkers.Unknown:
			open++
		case checkers.Invalid:
			v.Findings = append(v.Findings, f)
		}
	}
	switch {
	case len(v.Findings) > 0:
		v.Validity = checkers.Invalid
		v.Reason = fmt.Sprintf("on %s of %s, no order of the writes keeps all reads within %s",
			checkers.Number(len(v.Findings)), checkers.Count(len(a.trace.Keys), "key"), o.bounds())
		v.Findings = v.Findings[:min(len(v.Findings), mostFindings)]
	case open > 0:
		v.Reason = fmt.Sprintf("no read was certainly beyond %s, but on %s of %s it cannot be told whether all reads can have been within it",
			o.bounds(), checkers.Number(open), checkers.Count(len(a.trace.Keys), "key"))
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s can have been within %s: %s", checkers.Count(a.Reads, "read"), o.bounds(), a.Brief())
	}
}

// within says whether some order of the writes keeps each read within the bounds,
// and why not. Where two bounds are each kept by some order, that need not be the
// same one.
func (a *account) within(r *register, o Options) (f checkers.Finding, v checkers.Validity) {
	byAge, byVersions := checkers.Valid, checkers.Valid
	if o.MaxAge > 0 {
		var one, other *zone
		if byAge, one, other = r.withinAge(a.history, o.MaxAge); byAge == checkers.Invalid {
			return a.tellClash(o, one, other), byAge
		}
	}
	if o.MaxVersions > 0 {
		var contradiction []candidate
		if byVersions, contradiction = r.withinVersions(o.MaxVersions); byVersions == checkers.Invalid {
			return a.tellCrowd(o, contradiction), byVersions
		}
	}
	if byAge == checkers.Valid && byVersions == checkers.Valid && o.MaxAge > 0 && o.MaxVersions > 0 {
		if upToDate, _, _ := r.withinAge(a.history, 0); upToDate != checkers.Valid {
			return f, checkers.Unknown
		}
	}
	if byAge == checkers.Valid {
		return f, byVersions
	}
	return f, byAge
}

func (o Options) bounds() string {
	var words []string
	if o.MaxAge > 0 {
		words = append(words, "the bound of "+span(o.MaxAge))
	}
	if o.MaxVersions > 0 {
		words = append(words, "the bound of "+checkers.Count(o.MaxVersions, "version"))
	}
	return strings.Join(words, " or ")
}

func (a *account) tell(s Stale) checkers.Finding {
	op := &a.trace.Ops[s.Read]
	value := a.trace.Name(op.Found)
	shown, newer := a.answeredAt(s.since), a.answeredAt(a.trace.Ops[s.Overwrote].Due)
	f := checkers.Finding{Anomaly: StaleRead, Key: a.trace.Keys[op.Key].Name,
		Culprits: a.trace.Invocations(s.Read, s.Overwrote), Context: a.trace.Invocations(s.Read, s.Overwrote, shown, newer)}
	f.Text = trace.Capital(a.trace.Did(s.Read)) + ". That was out of date: "
	if shown == trace.None {
		f.Text += "a register holds nothing only before its first write"
	} else {
		f.Text += fmt.Sprintf("%s was there before: %s", value, a.trace.Did(shown))
	}
	f.Text += fmt.Sprintf("; and only after that %s", a.trace.Did(s.Overwrote))
	if newer != s.Overwrote {
		f.Text += fmt.Sprintf(", and that had happened by the time of this: %s", a.trace.Did(newer))
	}
	f.Text += fmt.Sprintf(". So it had been overwritten for at least %s, and by at least %s.", span(s.Age), checkers.Count(s.Versions, "write"))
	return f
}

// answeredAt is the operation that was answered at a place in the history, or
// None.
func (a *account) answeredAt(place int) int32 {
	for i := range a.trace.Ops {
		if a.trace.Ops[i].End == place {
			return int32(i)
		}
	}
	return trace.None
}

func (a *account) tellClash(o Options, one, other *zone) checkers.Finding {
	v := &a.trace.Values[one.value]
	var ops []int32
	var clauses []string
	for _, z := range []*zone{one, other} {
		by, clause := a.zoneInWords(z)
		ops, clauses = append(ops, by...), append(clauses, clause)
	}
	f := checkers.Finding{Anomaly: StaleTogether, Key: a.trace.Keys[v.Key].Name, Culprits: a.trace.Invocations(ops...), Context: a.trace.Invocations(ops...)}
	f.Text = fmt.Sprintf("%s. And %s. Whichever of %s and %s came first, one of these reads was beyond %s.",
		trace.Capital(clauses[0]), clauses[1], a.trace.Name(one.value), a.trace.Name(other.value), o.bounds())
	return f
}

// zoneInWords says who shows when a value was there.
func (a *account) zoneInWords(z *zone) (ops []int32, clause string) {
	shown := a.answeredAt(z.there / 2)
	name := a.trace.Name(z.value)
	if source, _ := a.trace.Source(z.value); source != trace.None {
		ops = append(ops, source)
	}
	switch {
	case z.there < 0:
		clause = "the register held nothing at first"
	case z.reader == trace.None && !z.forward():
		clause = fmt.Sprintf("%s was written in between: %s", name, a.trace.Did(shown))
	default:
		clause = fmt.Sprintf("%s was there: %s", name, a.trace.Did(shown))
	}
	if z.there >= 0 {
		ops = append(ops, shown)
	}
	if z.reader != trace.None {
		ops = append(ops, z.reader)
		clause += fmt.Sprintf(", and was found later: %s", a.trace.Did(z.reader))
	}
	return ops, clause
}

// tellCrowd is for writes of which none can be the last, without some read being
// behind by more than one.
func (a *account) tellCrowd(o Options, crowd []candidate) checkers.Finding {
	var ops []int32
	var clauses []string
	for _, c := range crowd {
		clause := "the register held nothing at first"
		if c.write != trace.None {
			ops = append(ops, c.write)
			clause = a.trace.Did(c.write)
		}
		if c.reader != trace.None {
			ops = append(ops, c.reader)
			clause += fmt.Sprintf(", last found when %s", a.trace.Did(c.reader))
		}
		clauses = append(clauses, clause)
	}
	f := checkers.Finding{Anomaly: StaleTogether, Key: a.trace.Keys[a.trace.Ops[ops[0]].Key].Name, Culprits: a.trace.Invocations(ops...), Context: a.trace.Invocations(ops...)}
	f.Text = fmt.Sprintf("No order of these writes keeps each of their reads within %s: %s. Without any one of them there is such an order.", o.bounds(), trace.Clauses(clauses, "; "))
	return f
}
