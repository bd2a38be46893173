package watch

import (
	"cmp"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
)

// mostFindings is how many of an anomaly are told one by one.
const mostFindings = 10

// account is what was found.
type account struct {
	*ledger
	told     int
	count    map[string]int
	findings map[string][]checkers.Finding
	// behind are the nodes whose final watches did not come up to the last change,
	// and unseen how many acknowledged changes were in the span of no answer.
	behind []string
	unseen int
}

func (a *account) found(anomaly string, tell func() checkers.Finding) {
	if a.count[anomaly]++; a.count[anomaly] <= mostFindings {
		f := tell()
		f.Anomaly = anomaly
		a.findings[anomaly] = append(a.findings[anomaly], f)
	}
}

func (a *account) judge() {
	for _, c := range a.changes {
		if c.other != none {
			a.found(Inconsistent, func() checkers.Finding { return a.tellInconsistent(c) })
		}
	}
	for i := range a.watches {
		a.told += len(a.watches[i].told)
		a.judgeAnswer(&a.watches[i])
	}
	a.judgeOrigins()
	a.judgeEnd()
}

// judgeAnswer compares an answer with what happened in its span.
func (a *account) judgeAnswer(w *watch) {
	seen := map[*change]bool{}
	for i, c := range w.told {
		switch {
		case !strings.HasPrefix(c.key, w.prefix), c.version > w.upto:
			a.found(Phantom, func() checkers.Finding { return a.tellOutside(w, c) })
		case c.version <= w.after, seen[c]:
			a.found(Duplicated, func() checkers.Finding { return a.tellAgain(w, c, seen[c]) })
		case i > 0 && c.version < w.told[i-1].version:
			a.found(OutOfOrder, func() checkers.Finding { return a.tellOrder(w, c, w.told[i-1]) })
		}
		seen[c] = true
	}
	from, _ := slices.BinarySearchFunc(a.changes, w.after+1, func(c *change, v int) int { return cmp.Compare(c.version, v) })
	for _, c := range a.changes[from:] {
		if c.version > w.upto {
			break
		}
		if !seen[c] && strings.HasPrefix(c.key, w.prefix) {
			a.found(Missed, func() checkers.Finding { return a.tellMissed(w, c) })
		}
	}
}

// judgeOrigins asks where changes came from that nobody was acknowledged.
func (a *account) judgeOrigins() {
	unowned := map[effect][]*change{}
	var effects []effect
	for _, c := range a.changes {
		if c.acked == none {
			if len(unowned[c.effect]) == 0 {
				effects = append(effects, c.effect)
			}
			unowned[c.effect] = append(unowned[c.effect], c)
		}
	}
	for _, e := range effects {
		a.judgeOrigin(a.makers[e], unowned[e])
	}
}

// judgeOrigin gives each change a call of unknown outcome that made it: those that
// were told first need one that was invoked before.
func (a *account) judgeOrigin(m *makers, changes []*change) {
	if m == nil {
		m = &makers{failed: none}
	}
	slices.SortFunc(changes, func(x, y *change) int { return cmp.Compare(a.calls[x.told].Complete, a.calls[y.told].Complete) })
	used := 0
	for _, c := range changes {
		when := a.calls[c.told].Complete
		switch {
		case used < len(m.unsure) && a.calls[m.unsure[used]].Invoke < when:
			used++
		case used > 0 || m.acked > 0:
			a.found(Duplicated, func() checkers.Finding { return a.tellTooOften(c, m) })
		case m.failed != none && a.calls[m.failed].Invoke < when:
			a.found(AbortedRead, func() checkers.Finding { return a.tellAborted(c, m.failed) })
		default:
			a.found(Phantom, func() checkers.Finding { return a.tellPhantom(c) })
		}
	}
}

// judgeEnd looks at how far final watches came.
func (a *account) judgeEnd() {
	last := 0
	for _, c := range a.changes {
		if c.acked != none {
			last = c.version
		}
	}
	came := map[string]int{}
	for _, call := range a.calls {
		if call.F == "watch" && call.Final {
			came[call.Node] = max(came[call.Node], 0)
		}
	}
	for _, w := range a.watches {
		if call := a.calls[w.call]; call.Final {
			came[call.Node] = max(came[call.Node], w.upto)
		}
	}
	for node, upto := range came {
		if upto < last {
			a.behind = append(a.behind, node)
		}
	}
	slices.Sort(a.behind)
	a.unseen = a.uncovered()
}

// uncovered is how many acknowledged changes are in the span of no answer.
func (a *account) uncovered() int {
	spans := map[string][]*watch{} // by prefix
	for i := range a.watches {
		w := &a.watches[i]
		spans[w.prefix] = append(spans[w.prefix], w)
	}
	covered := map[*change]bool{}
	for prefix, of := range spans {
		slices.SortFunc(of, func(x, y *watch) int { return cmp.Compare(x.after, y.after) })
		next, upto := 0, 0
		for _, c := range a.changes { // in the order of their versions
			for ; next < len(of) && of[next].after < c.version; next++ {
				upto = max(upto, of[next].upto)
			}
			if c.version <= upto && strings.HasPrefix(c.key, prefix) {
				covered[c] = true
			}
		}
	}
	n := 0
	for _, c := range a.changes {
		if c.acked != none && !covered[c] {
			n++
		}
	}
	return n
}
