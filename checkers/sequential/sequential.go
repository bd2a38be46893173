// Package sequential decides whether the operations on registers have an order in
// which each session's operations come in the order of the session, and each finds
// what the ones before it left behind: sequential consistency (Lamport, How to Make
// a Multiprocessor Computer That Correctly Executes Multiprocess Programs, 1979).
// It is a promise about all registers at once, and no promise about time: what one
// session was told need not have reached another one, however much later that asks.
//
// One thing is asked of time all the same, as no store can do otherwise: nothing is
// found before somebody has begun to write it.
//
// The question is hard in general (Gibbons and Korach, Testing Shared Memories,
// 1997). What must come before what, whatever the order, is collected first, in
// nearly linear time: that finds most violations. Then a search through the
// sessions' frontiers, which takes at most n to the power of the number of
// sessions (Biswas and Enea, On the Complexity of Checking Transactional
// Consistency, 2019), looks for an order within a budget of time and memory. If
// that runs out, the verdict is Unknown, never a guess.
package sequential

import (
	"context"
	"fmt"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear, besides those of package trace.
const (
	// Circular: some operations each have to come before the next one, and the last
	// before the first.
	Circular = "circular-order"
	// NoOrder: no order explains some operations, without a simpler reason.
	NoOrder = "not-sequential"
)

// Options say what a session is, and how much the search may take.
type Options struct {
	// Clients is as in trace.Parse: if above 0, a session is a client, which goes on
	// after an operation of unknown outcome. Otherwise it is a process.
	Clients int
	// Memory is how much the search may remember, in bytes; 256 MiB if 0.
	Memory int
}

const (
	// defaultMemory is for zero Options.
	defaultMemory = 256 << 20
	// defaultBudget is for a context without a deadline.
	defaultBudget = time.Minute
)

// New is a checker of registers, as trace.Parse reads them.
func New(o Options) checkers.Checker {
	if o.Memory == 0 {
		o.Memory = defaultMemory
	}
	return checker{o}
}

type checker struct{ Options }

func (checker) Name() string { return "sequential consistency" }
func (checker) About() string {
	return "all operations have one order in which each session's come in its own order, and each finds what was written last"
}

func (c checker) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(defaultBudget)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	t, err := trace.Parse(h, c.Clients)
	if err != nil {
		return checkers.Verdict{Checker: c.Name(), Reason: fmt.Sprintf("the history cannot be judged: %v", err)}, nil
	}
	return c.judge(ctx, deadline, t), nil
}

func (c checker) judge(ctx context.Context, deadline time.Time, t *trace.Trace) checkers.Verdict {
	v := checkers.Verdict{Checker: c.Name(), Stats: []checkers.Stat{
		{Name: "operations judged", Value: checkers.Number(len(t.Ops))},
		{Name: "sessions", Value: checkers.Number(t.Sessions)},
		{Name: "keys", Value: checkers.Number(len(t.Keys))},
	}}
	unwritten, n := t.Unwritten()
	switch {
	case n > 0:
		v.Validity, v.Findings = checkers.Invalid, unwritten
		v.Reason = fmt.Sprintf("%s a value that nobody had written by then", checkers.Count(n, "operation found", "operations found"))
		return v
	case t.Acknowledged() == 0:
		v.Reason = "no operation was answered: there is nothing to judge"
		return v
	}
	// The last quarter of the time is for the explanation.
	searching, cancel := context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/4))
	defer cancel()
	all := everything(t)
	forced := forcedOrder(searching, t, all)
	if f := c.explainCircle(ctx, t, forced); f != nil {
		v.Validity, v.Findings = checkers.Invalid, []checkers.Finding{*f}
		v.Reason = accusation(len(f.Context))
		return v
	}
	if forced.circle != nil {
		forced = nil // which was not believed
	}
	switch c.search(searching, t, all, forced) {
	case legal:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s in %s on %s are sequentially consistent", checkers.Count(len(t.Ops), "operation"),
			checkers.Count(t.Sessions, "session"), checkers.Count(len(t.Keys), "key"))
	case illegal:
		part, smallest := c.shrink(ctx, t, all)
		v.Validity, v.Findings = checkers.Invalid, []checkers.Finding{tell(t, part, smallest)}
		v.Reason = accusation(len(part))
	case tooBig:
		v.Reason = "undecided: no contradiction is forced, and the search for an order ran out of memory"
	default:
		v.Reason = "undecided: no contradiction is forced, and the search for an order ran out of time"
	}
	return v
}

func accusation(operations int) string {
	return fmt.Sprintf("not sequentially consistent: no order of %s lets each find what it found", checkers.Count(operations, "operation"))
}

// search looks for an order, first for one that is likely.
func (c checker) search(ctx context.Context, t *trace.Trace, all []int32, f *forced) outcome {
	if joined, is := join(t); is {
		likely, cancel := halfOf(ctx)
		defer cancel()
		if g := forcedOrder(likely, joined, all); g.circle == nil && newProblem(joined, all).search(likely, g, c.Memory) == legal {
			return legal
		}
	}
	return newProblem(t, all).search(ctx, f, c.Memory)
}

// halfOf is half of the time that is left.
func halfOf(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, _ := ctx.Deadline()
	return context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/2))
}

// everything are all operations.
func everything(t *trace.Trace) []int32 {
	all := make([]int32, len(t.Ops))
	for i := range all {
		all[i] = int32(i)
	}
	return all
}
