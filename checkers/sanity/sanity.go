// Package sanity says whether a history proves anything at all. Its verdict is
// Unknown if nothing can be concluded from a run in which no anomaly was found:
// nothing happened, some kind of operation never worked, or the faults were not
// what they were meant to be. It never finds a system at fault.
package sanity

import (
	"context"
	"fmt"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// New is the checker of a history's own worth. A history proves something if
//   - it is well-formed, and clients did something both before and after the
//     faults were healed (Final);
//   - every kind of operation was answered at least once, in the whole run, and
//     something was in the last phase, and of each object that was looked at then at
//     least one look was. An answer is Ok, also if it is "not
//     found" or "the queue is empty", or a compare-and-set's mismatch: that is the
//     system's own, correct answer. How many compare-and-sets did swap is told
//     in the statistics;
//   - every fault was verified in effect, and verified healed in the end: an
//     attempt to heal that failed is forgiven if a later one was verified.
func New() checkers.Checker { return checker{} }

type checker struct{}

func (checker) Name() string { return "sanity" }
func (checker) About() string {
	return "whether a run proves anything: every kind of operation worked, every fault was verified and healed"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	calls := h.Calls()
	counted := count(calls)
	v := checkers.Verdict{Checker: c.Name(), Validity: checkers.Unknown, Stats: counted.stats()}
	if doubts := doubts(h, counted); len(doubts) > 0 {
		v.Reason = sentence(doubts)
		return v, nil
	}
	v.Validity = checkers.Valid
	v.Reason = fmt.Sprintf("every kind of operation (%s) succeeded, before and after the healing; %s",
		strings.Join(counted.kinds, ", "), faultsWere(len(h.FaultSpans())))
	return v, nil
}

func doubts(h *history.History, counted *tally) []string {
	if len(counted.kinds) == 0 {
		return []string{"no client did anything"}
	}
	if err := h.WellFormed(); err != nil {
		return []string{err.Error()}
	}
	return append(counted.doubts(), faultDoubts(h)...)
}

func faultsWere(n int) string {
	switch n {
	case 0:
		return "there were no faults"
	case 1:
		return "the fault was verified in effect and verified healed"
	}
	return fmt.Sprintf("all %d faults were verified in effect and verified healed", n)
}

// mostDoubts is how many doubts stand in a reason: a sentence should stay one.
const mostDoubts = 3

func sentence(doubts []string) string {
	shown := doubts[:min(len(doubts), mostDoubts)]
	text := strings.Join(shown, "; ")
	if more := len(doubts) - len(shown); more > 0 {
		text += fmt.Sprintf("; and %d more doubts of this kind", more)
	}
	return text
}
