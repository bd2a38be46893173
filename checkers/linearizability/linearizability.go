// Package linearizability decides whether every operation of a history can have
// taken place at one moment between its invocation and its completion, so that
// each found what the ones before it left behind (Herlihy and Wing, 1990).
// Objects are judged one by one, which is enough for this promise; a search that
// outgrows its budget of time or memory ends as unknown, never as a guess.
//
// It does not judge promises that span several objects.
package linearizability

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// Register is a checker of integer registers, one for each key, that are not
// found before their first write. Operations are
//
//   - read: Ok with an integer, or null if not found;
//   - write: of an integer;
//   - cas: of [old, new]. Ok means that it was swapped. A Fail whose Error is
//     history.Mismatch says that the register did not hold old at some moment of
//     the call.
//
// Every other Fail had no effect. An Info may have happened at any later time,
// or never.
func Register() checkers.Checker {
	workers := runtime.GOMAXPROCS(0)
	return checker{search: searchWithin(memory / workers), workers: workers}
}

const (
	// memory is how much the searches may fill at the same time, in bytes. The
	// garbage collector may let it grow to twice as much.
	memory = 512 << 20
	// defaultBudget is for a context without a deadline.
	defaultBudget = time.Minute
	// mostExplaining is how much of the budget may go into explanations.
	mostExplaining = 15 * time.Second
	// mostExplained is how many registers' contradictions are put into words.
	mostExplained = 10
)

type checker struct {
	search  engine
	workers int
}

func (checker) Name() string { return "linearizable register" }
func (checker) About() string {
	return "every read, write and compare-and-set took effect at one moment between its invocation and its completion"
}

func (c checker) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(defaultBudget)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	verdict := checkers.Verdict{Checker: c.Name()}
	cases, err := open(h)
	if err != nil {
		verdict.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
		return verdict, nil
	}
	toExplain := min(time.Until(deadline)/4, mostExplaining)
	c.decide(ctx, deadline.Add(-toExplain), cases)
	c.explain(ctx, toExplain, cases)
	return conclude(verdict, cases), nil
}

// open splits a history into its registers.
func open(h *history.History) ([]*trial, error) {
	var trials []*trial
	for _, k := range history.ByKey(h.Calls()) {
		r, err := parse(k)
		if err != nil {
			return nil, err
		}
		if len(r.ops) > 0 {
			trials = append(trials, newTrial(r))
		}
	}
	return trials, nil
}
