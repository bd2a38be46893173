package linearizability

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// reg is a correct register whose clients are sometimes lied to.
type reg struct {
	random *rand.Rand
	lies   float64
	// values is how many there are; if 0, every one is new.
	values, last int
	// recent are the values that were to be written last, held those that were.
	recent, held []int
	now          history.Value
}

func (r *reg) Next() history.Op {
	switch n := r.random.IntN(10); {
	case n < 4:
		return history.Op{F: "read", Key: "x"}
	case n < 7:
		return history.Op{F: "write", Key: "x", Value: history.Int(r.fresh())}
	}
	old := r.last + 1 // never written
	if len(r.recent) > 0 && r.random.IntN(8) > 0 {
		old = r.recent[r.random.IntN(len(r.recent))]
	}
	return history.Op{F: "cas", Key: "x", Value: history.Ints(old, r.fresh())}
}

func (r *reg) fresh() int {
	if r.last++; r.values > 0 {
		r.last = r.random.IntN(r.values)
	}
	r.recent = append(r.recent, r.last)
	r.recent = r.recent[max(0, len(r.recent)-3):]
	return r.last
}

// result is what an operation did.
type result struct {
	found   history.Value
	swapped bool
}

func (r *reg) Effect(op history.Op) any {
	before := r.now
	items, _ := op.Value.Items()
	swaps := op.F == "cas" && items[0].Equal(before)
	switch {
	case op.F == "write":
		r.now = op.Value
	case swaps:
		r.now = items[1]
	}
	if n, found := r.now.Int(); found {
		r.held = append(r.held, n)
	}
	return result{before, swaps}
}

func (r *reg) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	did := answer.(result)
	lie := r.random.Float64() < r.lies
	switch {
	case op.F == "read" && lie:
		return history.OK, r.another(), ""
	case op.F == "read":
		return history.OK, did.found, ""
	case lie && r.random.IntN(5) == 0:
		return history.Fail, op.Value, "refused"
	case op.F == "cas" && lie && !did.swapped:
		items, _ := op.Value.Items()
		if old, _ := items[0].Int(); slices.Contains(r.held, old) {
			return history.OK, op.Value, ""
		}
		return history.Fail, op.Value, history.Mismatch
	case op.F == "cas" && (lie || !did.swapped):
		return history.Fail, op.Value, history.Mismatch
	}
	return history.OK, op.Value, ""
}

// another is some value: mostly one that was there, or was to be.
func (r *reg) another() history.Value {
	from := r.held
	if r.random.IntN(10) == 0 {
		from = r.recent
	}
	if len(from) == 0 || r.random.IntN(10) == 0 {
		return history.Value{}
	}
	return history.Int(from[r.random.IntN(len(from))])
}

// smallHistory is one of up to eight operations, with all kinds of outcomes.
func smallHistory(random *rand.Rand) *history.History {
	r := &reg{random: random, lies: []float64{0, 0.3, 0.6}[random.IntN(3)], values: []int{0, 0, 2, 3}[random.IntN(4)]}
	c := script.Clients{Random: random, System: r, Trouble: []float64{0, 0.1, 0.3}[random.IntN(3)]}
	return c.Work(2+random.IntN(4), 3+random.IntN(6))
}

func TestRandomHistoriesAreJudgedLikeByTryingAllOrders(t *testing.T) {
	tally, c := &script.Tally{}, Register()
	script.Try(t, 10_000, 1, func(t *testing.T, random *rand.Rand) bool {
		h := smallHistory(random)
		got, err := c.Check(t.Context(), h)
		if err != nil {
			t.Error(err)
			return false
		}
		want := checkers.Invalid
		if oracle(h.Calls()) {
			want = checkers.Valid
			if nothingAnswered(h) {
				want = checkers.Unknown
			}
		}
		tally.Count(want.String())
		if got.Validity != want {
			t.Errorf("%v (%s), want %v:\n%s", got.Validity, got.Reason, want, script.String(h))
			return false
		}
		if want == checkers.Invalid {
			tally.Count(got.Findings[0].Anomaly)
			return script.PointsAtCalls(t, h, got)
		}
		return true
	})
	tally.Log(t)
}

// nothingAnswered says that no operation was answered.
func nothingAnswered(h *history.History) bool {
	return !slices.ContainsFunc(h.Calls(), func(c history.Call) bool {
		return c.Type == history.OK || c.Type == history.Fail && c.Error == history.Mismatch
	})
}
