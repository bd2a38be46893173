// Package trial decides whether the history of one object is linearizable, within
// budgets of time and memory, and finds the smallest part of an illegal one and
// words for it. It knows no data type.
package trial

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/assaykit/assay/checkers/linearizability/internal/oracle"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/search"
	"github.com/assaykit/assay/harness/history"
)

// Trial is the case of one object.
type Trial struct {
	Key   string
	Calls []history.Call
	// Outcome is Undecided until Prepare or Search has decided.
	Outcome object.Outcome
	// Doubt is set if two ways to decide contradicted each other, which leaves the
	// outcome Undecided for good. It is a mistake in Assay.
	Doubt string
	// Reached is the place in the history up to which a search without a result
	// has come, 0 if there was none.
	Reached int
	// Explanation is set by Explain.
	Explanation *Explanation

	object object.Object
	ops    []object.Op // in normal form
	// part are operations that are illegal by themselves, if the monitor named
	// some.
	part []object.Op
}

// New is the case of an object. It has no outcome yet.
func New(key string, calls []history.Call, o object.Object) *Trial {
	return &Trial{Key: key, Calls: calls, object: o}
}

// Operations is how many operations are judged.
func (t *Trial) Operations() int { return len(t.object.Ops()) }

// Uncertain is how many of them are of unknown outcome.
func (t *Trial) Uncertain() int {
	n := 0
	for _, op := range t.object.Ops() {
		if op.Maybe {
			n++
		}
	}
	return n
}

// Open says whether a search might still decide.
func (t *Trial) Open() bool { return t.Outcome == object.Undecided && t.Doubt == "" }

// Prepare brings the history into normal form, and decides it without a search
// where that is possible.
func (t *Trial) Prepare() {
	t.ops = normal(t.object, t.object.Ops())
	if len(t.ops) == 0 {
		t.Outcome = object.Legal
		return
	}
	decided, witness := monitor(t.object, t.ops)
	if decided == object.Illegal && !t.convict(witness) {
		return
	}
	t.Outcome = decided
}

// convict says whether the operations that a monitor named have no order by
// themselves. They never have; but nothing shall rest on a monitor alone. That
// takes no time worth counting, so that the end of a budget does not hide what
// was found.
func (t *Trial) convict(witness []int) bool {
	t.part = make([]object.Op, 0, len(witness))
	slices.Sort(witness)
	for _, i := range slices.Compact(witness) {
		t.part = append(t.part, t.ops[i])
	}
	ctx, cancel := context.WithTimeout(context.Background(), oneAnswer)
	defer cancel()
	if confirmed := oracle.Ask(ctx, t.object, t.part); confirmed == object.Legal {
		t.Doubt = fmt.Sprintf("the monitor calls %d operations contradictory that have an order", len(t.part))
		return false
	}
	return true
}

// oneAnswer is the time for one question about a small part of a history.
const oneAnswer = time.Second

// Search looks for an order until the context ends, or its tables have grown to
// so many bytes.
func (t *Trial) Search(ctx context.Context, memory int) {
	found := search.Run(ctx, t.object, t.ops, memory)
	t.Outcome, t.Reached = found.Outcome, max(t.Reached, found.Reached)
	if f, can := t.object.(object.Fallback); can && t.Outcome == object.TooBig {
		t.Outcome = f.Decide(ctx, t.ops, memory)
	}
}

func normal(o object.Object, ops []object.Op) []object.Op {
	if n, can := o.(object.Normalizer); can {
		return n.Normal(ops)
	}
	return ops
}

func monitor(o object.Object, ops []object.Op) (object.Outcome, []int) {
	if m, can := o.(object.Monitor); can {
		return m.Monitor(ops)
	}
	return object.Undecided, nil
}
