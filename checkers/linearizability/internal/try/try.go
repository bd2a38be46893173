// Package try puts a data type's parts to the test on random small histories:
// everything that decides about them has to agree with brute force.
package try

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/internal/brute"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/search"
	"github.com/assaykit/assay/harness/history"
)

// memory is enough for the search on a small history.
const memory = 64 << 20

// Random compares, on so many random histories of one object (see script.Try),
// brute force on a data type's operations as they were read with: brute force on
// their normal form, the monitor, the search and the order that it gives, and the
// whole checker with the witness that it shows. system makes what the clients work
// on, which should lie now and then. It returns how often things came up: legal,
// illegal, decided (by the monitor).
func Random(t *testing.T, rounds int, of object.Type, system func(*rand.Rand) script.System) *script.Tally {
	t.Helper()
	var seen script.Tally
	script.Try(t, rounds, 1, func(t *testing.T, random *rand.Rand) bool {
		c := script.Clients{Random: random, System: system(random), Trouble: []float64{0, 0.1, 0.3}[random.IntN(3)]}
		return History(t, of, c.Work(2+random.IntN(4), 2+random.IntN(9)), &seen)
	})
	seen.Log(t)
	return &seen
}

// History compares all that decides about one small history of one object.
func History(t *testing.T, of object.Type, h *history.History, seen *script.Tally) bool {
	t.Helper()
	o, err := of.Open(history.KeyCalls{Calls: h.Calls()})
	if err != nil {
		t.Errorf("%v, of\n%s", err, script.String(h))
		return false
	}
	c := comparison{t: t, history: h, object: o, legal: brute.Legal(o, o.Ops())}
	seen.Count(map[bool]string{true: "legal", false: "illegal"}[c.legal])
	ops := o.Ops()
	if n, can := o.(object.Normalizer); can {
		ops = n.Normal(slices.Clone(ops))
		c.expect("the normal form", brute.Legal(o, ops))
	}
	if m, can := o.(object.Monitor); can {
		c.monitor(m, ops, seen)
	}
	c.search(ops)
	c.verdict(of)
	return !c.failed
}

type comparison struct {
	t       *testing.T
	history *history.History
	object  object.Object
	legal   bool
	failed  bool
}

func (c *comparison) fail(format string, args ...any) {
	c.t.Helper()
	c.failed = true
	c.t.Errorf(format+", of\n%s", append(args, script.String(c.history))...)
}

func (c *comparison) expect(who string, legal bool) {
	c.t.Helper()
	if legal != c.legal {
		c.fail("%s is legal: %v, want %v", who, legal, c.legal)
	}
}

func (c *comparison) monitor(m object.Monitor, ops []object.Op, seen *script.Tally) {
	c.t.Helper()
	outcome, witness := m.Monitor(ops)
	if outcome == object.Undecided {
		return
	}
	seen.Count("decided")
	c.expect("what the monitor says", outcome == object.Legal)
	if outcome != object.Illegal {
		return
	}
	part := make([]object.Op, 0, len(witness))
	for _, i := range witness {
		part = append(part, ops[i])
	}
	slices.SortFunc(part, func(a, b object.Op) int { return a.Start - b.Start })
	if brute.Legal(c.object, part) {
		c.fail("the monitor's witness %v has an order", witness)
	}
}

func (c *comparison) search(ops []object.Op) {
	c.t.Helper()
	found := search.Run(context.Background(), c.object, ops, memory)
	if found.Outcome != object.Legal && found.Outcome != object.Illegal {
		c.fail("the search ends with outcome %v", found.Outcome)
		return
	}
	c.expect("what the search says", found.Outcome == object.Legal)
	if found.Outcome == object.Legal {
		if why := Replay(c.object, ops, found.Order); why != "" {
			c.fail("the search's order %v is none: %s", found.Order, why)
		}
	}
}

func (c *comparison) verdict(of object.Type) {
	c.t.Helper()
	v, err := linearizability.New(of).Check(c.t.Context(), c.history)
	switch {
	case err != nil:
		c.fail("the checker fails: %v", err)
	case !slices.ContainsFunc(c.object.Ops(), func(op object.Op) bool { return !op.Maybe }):
		if v.Validity != checkers.Unknown {
			c.fail("a history in which nothing certainly happened is %v", v.Validity)
		}
	case v.Validity == checkers.Unknown:
		c.fail("the checker does not know: %s", v.Reason)
	default:
		c.expect("what the checker says", v.Validity == checkers.Valid)
	}
	if v.Validity == checkers.Invalid && !script.PointsAtCalls(c.t, c.history, v) {
		c.failed = true
	}
}

// Replay follows an order, the places in ops, step by step, and says why it is no
// linearization, or nothing if it is one. It is independent of what found it.
func Replay(spec object.Spec, ops []object.Op, order []int) (why string) {
	placed := make([]bool, len(ops))
	state := spec.Initial()
	latest := -1 // the latest start so far: nobody may follow who ended before it
	for _, i := range order {
		op := ops[i]
		next, ok := spec.Step(state, op.Class)
		switch {
		case placed[i]:
			return "an operation is there twice"
		case op.End < latest:
			return "an operation stands behind one that began after its end"
		case !ok:
			return "an operation could not be answered as it was"
		}
		placed[i], state, latest = true, next, max(latest, op.Start)
	}
	for i := range ops {
		if !placed[i] && !ops[i].Maybe {
			return "an operation that certainly happened is missing"
		}
	}
	return ""
}
