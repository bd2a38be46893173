// Package listappend decides which isolation level transactions on lists had: from
// what their reads found it recovers the order of the versions of each list, from
// that who depends on whom, and looks for everything that contradicts a level. It is
// exact for all levels of package isolation, also about transactions of unknown
// outcome and appends that nobody read, or says that it is not.
//
// The idea is that of Kingsbury and Alvaro, Elle: Inferring Isolation Anomalies from
// Experimental Observations, 2020: each read of a list shows all of its versions.
package listappend

import (
	"context"
	"fmt"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/isolation/graph"
	"github.com/assaykit/assay/checkers/isolation/transactions"
	"github.com/assaykit/assay/harness/history"
)

// Options say what is expected.
type Options struct {
	// Expected is the isolation level; strict-serializable if it is left out.
	Expected isolation.Level
	// Clients is how many clients there were, each of which goes on under a new
	// process number after an unknown outcome; 0 makes each process a session.
	Clients int
}

// New is a checker of transactions on lists. An operation is txn, a list of
// micro-operations [f key value]:
//
//   - ["append" key element]: puts an integer at the end of a list. No two
//     transactions append the same one to a list, unless the first certainly failed;
//   - ["r" key list]: finds the list, null if it is empty. In an invocation it is null.
//
// A Fail had no effect. An Info counts as committed if somebody saw an effect of it:
// see package transactions.
//
// An append is a write of a version, that of all elements so far and its own. A read
// of a version saw the transaction that made it, the one that appended the last
// element that is not the reader's own; it need not have seen those that made the
// versions before. Every version that is read has to be the beginning of all longer
// ones.
func New(o Options) checkers.Checker {
	if o.Expected == 0 {
		o.Expected = isolation.StrictSerializable
	}
	return checker{o}
}

type checker struct{ Options }

func (checker) Name() string { return "list-append" }
func (c checker) About() string {
	return fmt.Sprintf("transactions that read lists and append to them satisfy %v: %s", c.Expected, c.Expected.About())
}

func (c checker) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	t, err := parse(h)
	if err != nil {
		return checkers.Verdict{Checker: c.Name(), Reason: fmt.Sprintf("the history cannot be judged: %v", err)}, nil
	}
	v := isolation.Conclude(c.judge(ctx, t))
	v.Checker = c.Name()
	v.Stats = append(v.Stats, t.stats()...)
	return v, nil
}

// judge looks at everything.
func (c checker) judge(ctx context.Context, t *trace) isolation.Outcome {
	o := isolation.Outcome{Expected: c.Expected, Judged: t.judged()}
	found := newFindings()
	l := newLook(t, found)
	err := l.all(ctx)
	search := cycles{trace: t, ctx: ctx, found: found, clients: c.Clients}
	// The order of real time has that of sessions in it: mostly there is no cycle.
	search.graph = l.graph(false, c.Clients)
	if err == nil && !search.graph.Acyclic(graph.Missing(graph.Realtime)) {
		search.graph = l.graph(true, c.Clients)
		err = search.all()
	}
	if k := slices.IndexFunc(t.lists, func(l list) bool { return l.contradictory }); k >= 0 {
		search.undecide(isolation.G0, fmt.Sprintf("reads of list %s contradict each other, so the order of its versions is not known", name(t.Keys[k])))
	}
	o.Findings, o.Unknown, o.Undecided = found.all, search.why, search.undecided
	switch {
	case err != nil:
		o.Unknown, o.Undecided = "out of time", nil
	case t.known == 0:
		o.Unknown, o.Undecided = "no read was ever answered, so nothing was observed", nil
	}
	return o
}

func (t *trace) judged() string {
	return fmt.Sprintf("%s on %s", checkers.Count(t.outcomes[transactions.Committed]+t.outcomes[transactions.Observed], "transaction"), checkers.Count(len(t.Keys), "list"))
}

func (t *trace) stats() []checkers.Stat {
	stats := []checkers.Stat{
		{Name: "committed", Value: checkers.Number(t.outcomes[transactions.Committed])},
		{Name: "aborted", Value: checkers.Number(t.outcomes[transactions.Aborted])},
		{Name: "unknown outcome", Value: checkers.Number(t.outcomes[transactions.Indeterminate] + t.outcomes[transactions.Observed])},
	}
	if n := t.outcomes[transactions.Observed]; n > 0 {
		stats = append(stats, checkers.Stat{Name: "of these observed", Value: checkers.Number(n)})
	}
	return stats
}
