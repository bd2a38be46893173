package lease

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
)

// overlap is a hold that began during another one.
type overlap struct{ earlier, later hold }

// overlaps goes through the holds in the order in which they were known.
func (l *lock) overlaps() (found []overlap) {
	holds := slices.Clone(l.holds)
	slices.SortFunc(holds, func(a, b hold) int { return cmp.Compare(l.calls[a.acquire].Complete, l.calls[b.acquire].Complete) })
	latest := map[owner][]hold{}
	var running []owner
	for _, this := range holds {
		running = slices.DeleteFunc(running, func(o owner) bool { return o == this.owner || l.ended(latest[o], this) })
		latest[this.owner] = l.renewed(latest[this.owner], this)
		if l.ended(latest[this.owner], this) {
			continue
		}
		if len(running) > 0 {
			found = append(found, overlap{soonest(latest[running[0]]), this})
		}
		if len(running) < mostRunning {
			running = append(running, this.owner)
		}
	}
	return found
}

// mostRunning is how many owners are kept. Where there are two, something was found
// already, and who is forgotten is only missed as one more reason.
const mostRunning = 8

// renewed are the holds of an owner of which any may be the one that was granted last,
// which is what counts, also if it is over sooner than one before it.
func (l *lock) renewed(before []hold, this hold) []hold {
	before = slices.DeleteFunc(before, func(h hold) bool { return l.calls[h.acquire].Complete < l.calls[this.acquire].Invoke })
	return append(before, this)
}

// ended says whether an owner may hold nothing any more when another hold began.
func (l *lock) ended(latest []hold, began hold) bool {
	return slices.ContainsFunc(latest, func(h hold) bool { return l.over(h, began) })
}

func soonest(holds []hold) hold {
	return slices.MinFunc(holds, func(a, b hold) int { return cmp.Compare(a.expires, b.expires) })
}

// certain is how many holds were not over before they were known.
func (l *lock) certain() (n int) {
	for _, h := range l.holds {
		if !l.over(h, h) {
			n++
		}
	}
	return n
}

// over says whether a hold may have been over when another one began. Where a
// release and an acquire are in question, their places in the history tell which
// came first; for the end of a lease there is only the clock.
func (l *lock) over(h, began hold) bool {
	at := &l.calls[began.acquire]
	return h.expires <= at.End || h.release != none && l.calls[h.release].Invoke < at.Complete
}

// mostFindings is how many overlaps are told one by one.
const mostFindings = 10

// account is what was found, over all locks.
type account struct {
	skew                   time.Duration
	locks, holds, overlaps int
	// certain are the holds that were not over before they were known.
	certain  int
	findings []checkers.Finding
}

func (a *account) add(l *lock) {
	a.locks++
	a.holds += len(l.holds)
	a.certain += l.certain()
	for _, o := range l.overlaps() {
		if a.overlaps++; len(a.findings) < mostFindings {
			a.findings = append(a.findings, l.tell(o, a.skew))
		}
	}
}

func (a *account) conclude(v checkers.Verdict) checkers.Verdict {
	v.Findings = a.findings
	v.Stats = []checkers.Stat{
		{Name: "leases granted", Value: checkers.Number(a.holds)},
		{Name: "granted while another was held", Value: checkers.Number(a.overlaps)},
		{Name: "locks", Value: checkers.Number(a.locks)},
		{Name: "skew allowed", Value: checkers.Seconds(a.skew)},
	}
	leases := checkers.Count(a.holds, "lease")
	switch {
	case a.overlaps > 0:
		v.Validity = checkers.Invalid
		v.Reason = fmt.Sprintf("%s of %s granted while somebody else certainly held the lock", checkers.Number(a.overlaps), were(a.holds))
	case a.holds == 0:
		v.Reason = "no lease was granted: there is nothing to judge"
	case a.certain == 0:
		v.Reason = fmt.Sprintf("%s granted, but each may have been over before that was known: there is nothing to judge", were(a.holds))
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s on %s, none granted while somebody else certainly held the lock", leases, checkers.Count(a.locks, "lock"))
	}
	return v
}

func were(n int) string {
	if n == 1 {
		return "1 lease was"
	}
	return checkers.Count(n, "lease") + " were"
}

func (l *lock) tell(o overlap, skew time.Duration) checkers.Finding {
	earlier, later := o.earlier.acquire, o.later.acquire
	began := l.calls[later].End
	f := checkers.Finding{Anomaly: DoubleHold, Key: l.name, Culprits: l.invocations(earlier, later), Context: l.invocations(earlier, later, o.earlier.release, o.later.release)}
	f.Text = fmt.Sprintf("%s, so it held the lock at least until %s%s. But %s, and held it too from %s on.",
		capital(l.did(earlier)), l.end(o.earlier), allowing(skew), l.did(later), checkers.Seconds(began))
	return f
}

// end says when a hold may have been over.
func (l *lock) end(h hold) string {
	if h.release != none && l.calls[h.release].Start < h.expires {
		return fmt.Sprintf("%s, when it began to release it", checkers.Seconds(l.calls[h.release].Start))
	}
	return fmt.Sprintf("%s, when what was granted was over at the earliest", checkers.Seconds(h.expires))
}

func allowing(skew time.Duration) string {
	if skew == 0 {
		return ""
	}
	return fmt.Sprintf(" (clocks may differ by %s)", checkers.Seconds(skew))
}

// did is a clause about an acquire: "process 3 (n1) was granted the lock for 10000
// ms (1.200-1.210 s)".
func (l *lock) did(i int) string {
	call := l.calls[i]
	items, _ := call.Out.Items()
	as := ""
	if !call.In.IsNil() {
		as = fmt.Sprintf(" as %v", call.In)
	}
	return fmt.Sprintf("%s was granted the lock%s for %v ms (%s)", checkers.Who(call), as, items[0], checkers.When(call))
}

// invocations are the places of calls in the history, in order of time.
func (l *lock) invocations(calls ...int) []int {
	var at []int
	for _, i := range calls {
		if i != none {
			at = append(at, l.calls[i].Invoke)
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
