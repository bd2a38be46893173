package trial

import (
	"context"
	"fmt"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/internal/oracle"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// NotLinearizable is the anomaly of a contradiction without a simpler name.
const NotLinearizable = "not-linearizable"

// Explanation is a finding and its short form, which stands in a verdict's reason.
type Explanation struct {
	Finding checkers.Finding
	Short   string
}

// Explain finds the smallest part of an illegal history that it has the time for,
// and words for why it is illegal.
func (t *Trial) Explain(ctx context.Context) {
	part, minimal := t.smallest(ctx)
	if !t.confirmed(part) {
		return
	}
	account, ok := t.account(part)
	if !ok {
		account = t.generic(part, minimal)
	}
	t.Explanation = &Explanation{
		Short: account.Short + checkers.In("key", t.Key),
		Finding: checkers.Finding{Anomaly: account.Anomaly, Key: t.Key, Text: account.Text,
			Culprits: t.invocations(part, account.Culprits), Context: t.invocations(part, all(part))},
	}
}

// smallest is a small part that is illegal by itself, and whether it is minimal.
// One that a monitor has named is not cut off at a moment: that would take away what
// came of it later, which helps to understand it.
func (t *Trial) smallest(ctx context.Context) (part []object.Op, minimal bool) {
	s := &shrinker{ctx: ctx, object: t.object}
	if len(t.part) > 0 {
		return s.shrink(t.part)
	}
	return s.shrink(s.prefix(t.ops, t.Reached))
}

// confirmable is how many operations somebody else is asked about: the memory that
// porcupine takes grows with their square.
const confirmable = 2_000

// confirmed asks somebody else whether the part is illegal. If that one knows an
// order, somebody is wrong, and nobody is convicted.
func (t *Trial) confirmed(part []object.Op) bool {
	if len(part) > confirmable {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), oneAnswer)
	defer cancel()
	if oracle.Ask(ctx, t.object, part) != object.Legal {
		return true
	}
	t.Outcome = object.Undecided
	t.Doubt = fmt.Sprintf("%d operations are called contradictory that have an order", len(part))
	return false
}

func (t *Trial) account(part []object.Op) (object.Account, bool) {
	if e, can := t.object.(object.Explainer); can {
		return e.Explain(part)
	}
	return object.Account{}, false
}

const (
	// mostListed is how many operations a text lists one by one.
	mostListed = 12
	// mostCulprits is how many operations can be said to contradict each other;
	// of more than that it is the last one that is pointed at.
	mostCulprits = 4
)

// generic is the account of a part that has no order, without a simpler reason.
func (t *Trial) generic(part []object.Op, minimal bool) object.Account {
	culprits := all(part)
	if len(part) > mostCulprits {
		culprits = []int{lastDone(part)}
	}
	return object.Account{
		Anomaly:  NotLinearizable,
		Short:    fmt.Sprintf("%s no order explains", checkers.Count(len(part), "operation has an answer that", "operations have answers that")),
		Text:     t.listed(part, minimal),
		Culprits: culprits,
	}
}

func (t *Trial) listed(part []object.Op, minimal bool) string {
	var text strings.Builder
	fmt.Fprintf(&text, "No order of %s that respects their times lets each of them be answered as it was:", these(len(part)))
	for i, op := range part {
		if i == mostListed {
			fmt.Fprintf(&text, " and %s more;", checkers.Number(len(part)-i))
			break
		}
		fmt.Fprintf(&text, " (%d) %s;", i+1, t.did(op))
	}
	told := strings.TrimSuffix(text.String(), ";") + ". "
	if !minimal {
		return told + fmt.Sprintf("The last of them to be done was this: %s. There was no time to find a smaller part that shows it.", t.did(part[lastDone(part)]))
	}
	return told + "Without any one of them that can be left out, there is such an order."
}

func these(n int) string {
	if n == 1 {
		return "this 1 operation"
	}
	return "these " + checkers.Count(n, "operation")
}

func (t *Trial) did(op object.Op) string { return object.Did(t.object, t.Calls, op) }

// lastDone is the place of the last certain operation to be done.
func lastDone(part []object.Op) int {
	last := 0
	for i := range part {
		if part[i].End != object.Never && (part[last].End == object.Never || part[i].End > part[last].End) {
			last = i
		}
	}
	return last
}

func all(part []object.Op) []int {
	places := make([]int, len(part))
	for i := range places {
		places[i] = i
	}
	return places
}

// invocations are the places of operations in the history.
func (t *Trial) invocations(part []object.Op, places []int) []int {
	at := make([]int, len(places))
	for i, place := range places {
		at[i] = t.call(part[place]).Invoke
	}
	return at
}

func (t *Trial) call(op object.Op) history.Call { return t.Calls[op.Call] }
