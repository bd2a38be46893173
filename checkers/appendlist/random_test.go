package appendlist_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/appendlist"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// grow is a correct list whose clients are sometimes lied to.
type grow struct {
	random *rand.Rand
	lies   float64
	// again is the share of appends of an element that was appended before.
	again float64
	last  int
	now   []int
}

func (g *grow) lie() bool { return g.random.Float64() < g.lies }

func (g *grow) Next() history.Op {
	if g.random.IntN(2) == 0 {
		return history.Op{F: "read", Key: "l"}
	}
	if g.last == 0 || g.random.Float64() >= g.again {
		g.last++
		return history.Op{F: "append", Key: "l", Value: history.Int(g.last)}
	}
	return history.Op{F: "append", Key: "l", Value: history.Int(1 + g.random.IntN(g.last))}
}

func (g *grow) Effect(op history.Op) any {
	n, _ := op.Value.Int()
	switch at := len(g.now); {
	case op.F == "read" || g.lie():
	case g.lie(): // not at the end
		at = g.random.IntN(at + 1)
		fallthrough
	default:
		g.now = slices.Insert(slices.Clone(g.now), at, n)
	}
	return g.now
}

func (g *grow) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	if op.F == "append" {
		if g.lie() && g.random.IntN(5) == 0 {
			return history.Fail, op.Value, "refused"
		}
		return history.OK, op.Value, ""
	}
	elements := slices.Clone(answer.([]int))
	if len(elements) > 0 && g.lie() {
		at := g.random.IntN(len(elements))
		switch g.random.IntN(3) {
		case 0:
			elements = slices.Delete(elements, at, at+1)
		case 1:
			elements = elements[:at]
		default:
			elements[0], elements[at] = elements[at], elements[0]
		}
	}
	if g.lie() && g.random.IntN(4) == 0 {
		elements = append(elements, 1+g.random.IntN(g.last+1))
	}
	if len(elements) == 0 && g.random.IntN(2) == 0 {
		return history.OK, history.Value{}, ""
	}
	return history.OK, history.Ints(elements...), ""
}

// oracle decides by trying all orders, from the definition and straight from the
// calls.
func oracle(calls []history.Call) bool {
	calls = slices.DeleteFunc(slices.Clone(calls), func(c history.Call) bool {
		return c.Type == history.Fail || c.F == "read" && c.Type == history.Info
	})
	return anyOrder(calls, 0, nil)
}

func anyOrder(calls []history.Call, taken uint, holds []int) bool {
	firstEnd, done := 1<<62, true
	for i, call := range calls {
		if taken&(1<<i) == 0 && call.Type != history.Info {
			firstEnd, done = min(firstEnd, call.Complete), false
		}
	}
	if done {
		return true
	}
	for i, call := range calls {
		if taken&(1<<i) != 0 || call.Invoke > firstEnd {
			continue
		}
		if next, ok := apply(call, holds); ok && anyOrder(calls, taken|1<<i, next) {
			return true
		}
	}
	return false
}

// apply is the sequential specification.
func apply(call history.Call, holds []int) ([]int, bool) {
	if n, _ := call.In.Int(); call.F == "append" {
		return append(slices.Clone(holds), n), true
	}
	items, _ := call.Out.Items()
	var got []int
	for _, item := range items {
		n, _ := item.Int()
		got = append(got, n)
	}
	return holds, slices.Equal(got, holds)
}

func smallHistory(random *rand.Rand) *history.History {
	g := &grow{random: random, lies: []float64{0, 0.05, 0.2}[random.IntN(3)], again: []float64{0, 0, 0.15}[random.IntN(3)]}
	c := script.Clients{Random: random, System: g, Trouble: []float64{0, 0.1, 0.3}[random.IntN(3)]}
	return c.Work(2+random.IntN(4), 2+random.IntN(9))
}

// expected are the verdicts that may be given. Where an element may have been
// appended twice, no list is called right, and not every mistake is found.
func expected(calls []history.Call) []checkers.Validity {
	right, again := oracle(calls), repeated(calls)
	switch {
	case right && (again || !readAfterAcknowledgement(calls)):
		return []checkers.Validity{checkers.Unknown}
	case right:
		return []checkers.Validity{checkers.Valid}
	case again:
		return []checkers.Validity{checkers.Invalid, checkers.Unknown}
	}
	return []checkers.Validity{checkers.Invalid}
}

func repeated(calls []history.Call) bool {
	appended := map[string]bool{}
	for _, call := range calls {
		if call.F == "append" && call.Type != history.Fail {
			if appended[call.In.String()] {
				return true
			}
			appended[call.In.String()] = true
		}
	}
	return false
}

// readAfterAcknowledgement says that some element was looked for at all.
func readAfterAcknowledgement(calls []history.Call) bool {
	for _, add := range calls {
		for _, read := range calls {
			if add.F == "append" && add.Type == history.OK && read.F == "read" && read.Type == history.OK && read.Invoke > add.Complete {
				return true
			}
		}
	}
	return false
}

func TestRandomHistoriesAreJudgedLikeByTryingAllOrders(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 10_000, 1, func(t *testing.T, random *rand.Rand) bool {
		h := smallHistory(random)
		got, err := appendlist.New().Check(t.Context(), h)
		if err != nil {
			t.Error(err)
			return false
		}
		want := expected(h.Calls())
		if len(want) > 1 {
			tally.Count("repeated and wrong, said " + got.Validity.String())
		}
		tally.Count(got.Validity.String())
		if !slices.Contains(want, got.Validity) {
			t.Errorf("%v (%s), want %v:\n%s", got.Validity, got.Reason, want, script.String(h))
			return false
		}
		if got.Validity == checkers.Invalid {
			for _, f := range got.Findings {
				tally.Count(f.Anomaly)
			}
			return script.PointsAtCalls(t, h, got)
		}
		return true
	})
	tally.Log(t)
}
