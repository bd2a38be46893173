package counter

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/internal/brute"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// abacus is a correct counter whose clients are sometimes lied to.
type abacus struct {
	random *rand.Rand
	deltas []int
	// answering is the share of adds that answer the new number.
	answering, lies float64
	now             int
	old             []int
}

func (a *abacus) Next() history.Op {
	if a.random.IntN(2) == 0 {
		return history.Op{F: "read"}
	}
	op := history.Op{F: "add", Value: history.Int(a.deltas[a.random.IntN(len(a.deltas))])}
	if a.random.Float64() < a.answering {
		op.F = "add-and-get"
	}
	return op
}

func (a *abacus) Effect(op history.Op) any {
	a.old = append(a.old, a.now)
	if delta, ok := op.Value.Int(); ok {
		a.now += delta
	}
	return a.now
}

func (a *abacus) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	told := answer.(int)
	if a.random.Float64() < a.lies {
		told = a.old[a.random.IntN(len(a.old))]
	}
	if a.random.Float64() < a.lies/2 {
		told += a.random.IntN(5) - 2
	}
	if op.F == "add" {
		return history.OK, op.Value, ""
	}
	return history.OK, history.Int(told), ""
}

// kinds are what counters are made to count.
var kinds = [][]int{{1}, {1}, {-1}, {5}, {-2}, {1, 0}, {1, 2}, {1, -1}, {3, -2, 7}}

func anAbacus(random *rand.Rand) *abacus {
	return &abacus{random: random, deltas: kinds[random.IntN(len(kinds))],
		answering: []float64{0, 0, 0.3, 1}[random.IntN(4)], lies: []float64{0, 0.1, 0.3}[random.IntN(3)]}
}

func TestCountersAgainstAllOrders(t *testing.T) {
	var seen script.Tally
	script.Try(t, 30_000, 1, func(t *testing.T, random *rand.Rand) bool {
		c := script.Clients{Random: random, System: anAbacus(random), Trouble: []float64{0, 0.1, 0.3}[random.IntN(3)]}
		return compare(t, c.Work(2+random.IntN(4), 2+random.IntN(9)), &seen)
	})
	seen.Log(t)
	if legal := seen.Of("legal"); legal > 1000 && (seen.Of("illegal")*10 < legal || seen.Of("decided") < seen.Of("undecided")) {
		t.Error("the histories are too much alike")
	}
}

// compare compares with brute force.
func compare(t *testing.T, h *history.History, seen *script.Tally) bool {
	n, err := parse(history.KeyCalls{Calls: h.Calls()})
	if err != nil {
		t.Errorf("%v, of\n%s", err, script.String(h))
		return false
	}
	legal := brute.Legal(n, n.ops)
	seen.Count(map[bool]string{true: "legal", false: "illegal"}[legal])
	outcome, found := n.decide()
	seen.Count(map[bool]string{true: "undecided", false: "decided"}[outcome == object.Undecided])
	if outcome != object.Undecided && (outcome == object.Legal) != legal {
		t.Errorf("legal: %v, want %v, by %+v, of\n%s", outcome == object.Legal, legal, found, script.String(h))
		return false
	}
	if found != nil {
		seen.Count(found.anomaly)
		if found.anomaly == TooLow && len(found.adds) > 0 && !n.proves(found) {
			t.Errorf("%+v proves nothing, of\n%s", found, script.String(h))
			return false
		}
	}
	return compareVerdict(t, h, legal)
}

// proves says whether all that is told of a number that was too low is so.
func (n *counter) proves(c *contradiction) bool {
	delta, _ := n.delta()
	culprit := n.ops[c.culprit]
	since, sum := -1, 0
	if c.before != none {
		since, sum = n.ops[c.before].End, n.classes[n.ops[c.before].Class].number
	}
	for _, i := range c.adds {
		op := n.ops[i]
		if op.Maybe || op.Start < since || op.End > culprit.Start {
			return false
		}
	}
	sum += len(c.adds) * delta
	found := n.classes[culprit.Class].number - n.classes[culprit.Class].delta
	return sum == c.low && sum/delta > found/delta && since < culprit.Start
}

func compareVerdict(t *testing.T, h *history.History, legal bool) bool {
	v, err := New().Check(context.Background(), h)
	told := v.Validity != checkers.Unknown
	if err != nil || told && (v.Validity == checkers.Valid) != legal || !legal && !told {
		t.Errorf("%v (%s), %v, want legal: %v, of\n%s", v.Validity, v.Reason, err, legal, script.String(h))
		return false
	}
	return v.Validity != checkers.Invalid || script.PointsAtCalls(t, h, v)
}
