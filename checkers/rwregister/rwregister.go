// Package rwregister judges transactions that read and write registers, where no two
// writes of a key have the same value: which isolation levels their history keeps,
// and which it does not.
//
// Read committed, monotonic atomic view, read atomic and causal are decided exactly.
// Whether there is an order for cursor stability, prefix, snapshot isolation and
// serializable is a hard question in general (Papadimitriou, The Serializability of
// Concurrent Database Updates, 1979); what is forced is collected first, and what it
// leaves open is searched until it is decided, or until the budget is spent: then it is
// Unknown, never a guess. Parallel snapshot isolation and consistent view are decided
// as far as those levels and the cycles that were found do.
//
// Nothing is assumed of the order of versions but what a level itself implies. If a
// value was written twice, nobody knows from whom it was read: what is certain all
// the same is told, and the rest is Unknown.
package rwregister

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/rwregister/internal/order"
	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
	"github.com/assaykit/assay/harness/history"
)

// Options say what is expected.
type Options struct {
	// Expected is the level that the history has to keep; strict serializable if it
	// is none.
	Expected isolation.Level
	// Clients is how many there were, each of which goes on under a new process number
	// after an unknown outcome; 0 makes each process a session of its own.
	Clients int
}

// New is a checker of transactions on registers.
func New(o Options) checkers.Checker {
	if o.Expected == 0 {
		o.Expected = isolation.StrictSerializable
	}
	return checker{o}
}

type checker struct{ Options }

func (checker) Name() string { return "transactions on registers" }
func (c checker) About() string {
	return fmt.Sprintf("%v: %s", c.Expected, c.Expected.About())
}

// defaultBudget is for a context without a deadline.
const defaultBudget = time.Minute

func (c checker) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultBudget)
		defer cancel()
	}
	r, err := registers.Parse(h, c.Clients)
	if err != nil {
		return checkers.Verdict{Checker: c.Name(), Reason: fmt.Sprintf("the history cannot be judged: %v", err)}, nil
	}
	v := c.judge(ctx, r)
	v.Checker = c.Name()
	return v, nil
}

func (c checker) judge(ctx context.Context, r *registers.History) checkers.Verdict {
	if len(r.Txns) == 1 {
		return checkers.Verdict{Reason: "no transaction was acknowledged: there is nothing to judge"}
	}
	if !r.Observed() {
		return checkers.Verdict{Reason: "no read was ever answered, so nothing was observed"}
	}
	// The last quarter of the time is for the explanation.
	deadline, _ := ctx.Deadline()
	deciding, cancel := context.WithTimeout(ctx, time.Until(deadline)*3/4)
	defer cancel()
	d := decide(deciding, r, c.Expected, order.DefaultLimits)
	v := isolation.Conclude(isolation.Outcome{
		Expected: c.Expected, Findings: d.findings(ctx), Unknown: d.unknown(c.Expected), Undecided: d.undecided(),
		Judged: fmt.Sprintf("%s on %s", checkers.Count(len(r.Txns)-1, "transaction"), checkers.Count(r.Keys, "key")),
	})
	v.Stats = append(d.stats(), v.Stats...)
	return v
}

// undecided are the weakest levels that are.
func (d *decision) undecided() []isolation.Level {
	var open []isolation.Level
	for _, l := range isolation.All() {
		if !d.known(l) && !slices.ContainsFunc(open, l.Implies) {
			open = append(open, l)
		}
	}
	return open
}

// unknown is why levels are undecided, empty if none is: for the expected one if it
// is among them.
func (d *decision) unknown(expected isolation.Level) string {
	open := d.undecided()
	if len(open) == 0 {
		return ""
	}
	if len(d.h.Ambiguous) > 0 {
		return d.ambiguous()
	}
	if !d.known(expected) {
		open = append([]isolation.Level{expected}, open...)
	}
	for _, l := range open {
		if why := d.why[l]; why != "" {
			return why
		}
	}
	return fmt.Sprintf("%v is not decided by itself, and no level that implies it is kept", open[0])
}

// ambiguous tells of a value that was written twice.
func (d *decision) ambiguous() string {
	a := d.h.Ambiguous[0]
	op := d.h.All.Of(&d.h.All.Txns[a.Reader])[a.Op]
	return fmt.Sprintf("%s a value that several transactions had written (%d of key %q, for one), so that nobody knows whose it was",
		checkers.Count(len(d.h.Ambiguous), "read found", "reads found"), op.Value, d.h.All.Keys[op.Key])
}

func (d *decision) stats() []checkers.Stat {
	return []checkers.Stat{
		{Name: "transactions that took effect", Value: checkers.Number(len(d.h.Txns) - 1)},
		{Name: "transactions in all", Value: checkers.Number(len(d.h.All.Txns))},
		{Name: "sessions", Value: checkers.Number(d.h.Sessions)},
		{Name: "keys", Value: checkers.Number(d.h.Keys)},
	}
}
