// Package weak makes histories of registers that keep only some promises, for the
// tests of those that judge them: small ones in which anything may be answered,
// and big ones that keep a promise by construction.
package weak

import (
	"math/rand/v2"
	"slices"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// Liar is a correct store of registers whose clients are sometimes lied to.
type Liar struct {
	Random *rand.Rand
	// Keys are the registers' names.
	Keys []string
	// Lies is how often an answer is wrong.
	Lies float64
	// Values is how many there are to a key; if 0, every one is new.
	Values int

	last int
	held map[string][]history.Value
}

// Small is a history of a few operations with all kinds of outcomes.
func Small(random *rand.Rand, most int) *history.History {
	l := &Liar{Random: random, Keys: []string{"x", "y"}[:1+random.IntN(2)],
		Lies: []float64{0, 0.3, 0.6}[random.IntN(3)], Values: []int{0, 0, 0, 3}[random.IntN(4)]}
	c := script.Clients{Random: random, System: l, Trouble: []float64{0, 0, 0.1, 0.3}[random.IntN(4)]}
	return c.Work([]int{1, 2, 2, 3, 4, 5}[random.IntN(6)], 2+random.IntN(most-1))
}

func (l *Liar) Next() history.Op {
	op := history.Op{F: "read", Key: l.Keys[l.Random.IntN(len(l.Keys))]}
	switch n := l.Random.IntN(10); {
	case n < 5:
	case n < 8:
		op.F, op.Value = "write", history.Int(l.fresh())
	default:
		old, _ := l.some(op.Key).Int()
		op.F, op.Value = "cas", history.Ints(old, l.fresh())
	}
	return op
}

func (l *Liar) fresh() int {
	if l.last++; l.Values > 0 {
		l.last = 1 + l.Random.IntN(l.Values)
	}
	return l.last
}

// some is a value that a register holds or held, or null.
func (l *Liar) some(key string) history.Value {
	held := l.held[key]
	if at := l.Random.IntN(len(held) + 1); at < len(held) {
		return held[at]
	}
	return history.Value{}
}

// answer is what a register did.
type answer struct {
	found   history.Value
	swapped bool
}

func (l *Liar) Effect(op history.Op) any {
	if l.held == nil {
		l.held = map[string][]history.Value{}
	}
	var now history.Value
	if held := l.held[op.Key]; len(held) > 0 {
		now = held[len(held)-1]
	}
	items, _ := op.Value.Items()
	swaps := op.F == "cas" && items[0].Equal(now)
	switch {
	case op.F == "write":
		l.held[op.Key] = append(l.held[op.Key], op.Value)
	case swaps:
		l.held[op.Key] = append(l.held[op.Key], items[1])
	}
	return answer{now, swaps}
}

func (l *Liar) Tell(op history.Op, did any) (history.Type, history.Value, string) {
	lie := l.Random.Float64() < l.Lies
	a := did.(answer)
	switch {
	case op.F == "read" && lie && l.Random.IntN(20) == 0:
		return history.OK, history.Int(l.last + l.Random.IntN(3)), ""
	case op.F == "read" && lie:
		return history.OK, l.some(op.Key), ""
	case op.F == "read":
		return history.OK, a.found, ""
	case op.F == "cas" && lie && !a.swapped:
		items, _ := op.Value.Items()
		if slices.ContainsFunc(l.held[op.Key], items[0].Equal) {
			return history.OK, op.Value, ""
		}
		return history.Fail, op.Value, history.Mismatch
	case op.F == "cas" && (lie || !a.swapped):
		return history.Fail, op.Value, history.Mismatch
	case lie && l.Random.IntN(8) == 0:
		return history.Fail, op.Value, "refused"
	}
	return history.OK, op.Value, ""
}
