// Package spectrum says which promises a store of registers kept, where it may not
// have been linearizable: of linearizability, sequential and causal consistency, the
// session guarantees and eventual agreement, those that the history does not
// refute, with the shortest reason against each of the others. Its verdict is on linearizability;
// what it says of the weaker promises is no verdict on them, but helps to
// understand what went wrong.
package spectrum

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/sequential"
	"github.com/assaykit/assay/checkers/session"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/checkers/staleness"
	"github.com/assaykit/assay/harness/history"
)

// Options say what a session is.
type Options struct {
	// Clients is as in session.Options.
	Clients int
}

// New is a checker of registers, given one that decides whether they are
// linearizable. Its verdict is that one's, unless that one found no order and no
// contradiction, and a weaker promise was broken: then so was the stronger one.
// If it is not Valid, the reason goes on with the weaker promises, and each of
// them has a part.
func New(linearizable checkers.Checker, o Options) checkers.Checker {
	return checker{linearizable, o}
}

const (
	// defaultBudget is for a context without a deadline.
	defaultBudget = 2 * time.Minute
	// mostForWeaker is how much time is kept for the weaker promises. It is no more
	// than a quarter of the budget.
	mostForWeaker = 30 * time.Second
)

type checker struct {
	linearizable checkers.Checker
	Options
}

func (c checker) Name() string { return c.linearizable.Name() }
func (c checker) About() string {
	return c.linearizable.About() + "; if not, it says which weaker promises were kept"
}

func (c checker) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(defaultBudget)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	strongest, err := c.strongest(ctx, deadline, h)
	if err != nil || strongest.Validity == checkers.Valid {
		return strongest, err
	}
	t, err := trace.Parse(h, c.Clients)
	switch {
	case err != nil && strings.Contains(strongest.Reason, err.Error()):
		return strongest, nil // for the same reason
	case err != nil:
		strongest.Reason += fmt.Sprintf("; weaker promises cannot be judged: %v", err)
		return strongest, nil
	case t.Acknowledged() == 0:
		return strongest, nil
	}
	found, err := c.weaker(ctx, h, t)
	if err != nil {
		return checkers.Verdict{}, err
	}
	return found.conclude(strongest), nil
}

// strongest is the verdict on linearizability, with some of the time kept for the
// rest.
func (c checker) strongest(ctx context.Context, deadline time.Time, h *history.History) (checkers.Verdict, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline.Add(-min(time.Until(deadline)/4, mostForWeaker)))
	defer cancel()
	return c.linearizable.Check(ctx, h)
}

// findings are what is known of the weaker promises.
type findings struct {
	sequential, causal, session, eventual checkers.Verdict
	stale                                 staleness.Measured
	staleness                             checkers.Verdict
}

func (c checker) weaker(ctx context.Context, h *history.History, t *trace.Trace) (findings, error) {
	f := findings{session: session.Judge(t), causal: session.JudgeCausal(ctx, t), eventual: eventually(t), stale: staleness.Measure(h, t)}
	f.staleness = f.stale.Judge(h, t, staleness.Options{})
	var err error
	if f.sequential, err = sequential.New(sequential.Options{Clients: c.Clients}).Check(ctx, h); err != nil {
		return f, fmt.Errorf("judge sequential consistency: %w", err)
	}
	return f, nil
}
