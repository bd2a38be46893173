package register_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/internal/try"
	"github.com/assaykit/assay/checkers/linearizability/register"
	"github.com/assaykit/assay/harness/history"
)

// reg is a correct register whose clients are sometimes lied to.
type reg struct {
	random *rand.Rand
	lies   float64
	// values is how many there are; if 0, every one is new.
	values, last int
	// adds is the share of additions, and blind that of those among them that ask
	// for no answer.
	adds, blind float64
	key         string
	// recent are the values that were to be written last, held those that were.
	recent, held []int
	now          history.Value
}

func (r *reg) Next() history.Op {
	if r.random.Float64() < r.adds {
		return r.add()
	}
	switch n := r.random.IntN(10); {
	case n < 4:
		return history.Op{F: "read", Key: r.key}
	case n < 7:
		return history.Op{F: "write", Key: r.key, Value: history.Int(r.fresh())}
	}
	old := r.last + 1 // never written
	if len(r.recent) > 0 && r.random.IntN(8) > 0 {
		old = r.recent[r.random.IntN(len(r.recent))]
	}
	return history.Op{F: "cas", Key: r.key, Value: history.Ints(old, r.fresh())}
}

func (r *reg) add() history.Op {
	n := []int{1, 1, 2, -1, 0}[r.random.IntN(5)]
	if r.random.Float64() < r.blind {
		return history.Op{F: "add", Key: r.key, Value: history.Ints(n)}
	}
	return history.Op{F: "add", Key: r.key, Value: history.Int(n)}
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
	case op.F == "add":
		was, _ := before.Int()
		n, _ := op.Value.Int()
		if len(items) > 0 {
			n, _ = items[0].Int()
		}
		r.now = history.Int(was + n)
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
	case (op.F == "read" || op.F == "add") && lie:
		return history.OK, r.another(), ""
	case op.F == "read" || op.F == "add":
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

func TestRandomHistoriesAreJudgedLikeByTryingAllOrders(t *testing.T) {
	for _, kind := range []struct {
		name        string
		values      []int
		adds, blind float64
	}{
		{"new values", []int{0}, 0, 0},
		{"few values", []int{2, 3, 4}, 0, 0},
		{"additions", []int{0, 0, 3}, 0.3, 0},
		{"only additions", []int{0}, 0.9, 0},
		{"additions without an answer", []int{0, 3}, 0.3, 0.5},
	} {
		t.Run(kind.name, func(t *testing.T) {
			seen := try.Random(t, 3_000, register.Type(), func(random *rand.Rand) script.System {
				return &reg{random: random, lies: []float64{0, 0.2, 0.4}[random.IntN(3)],
					values: kind.values[random.IntN(len(kind.values))], adds: kind.adds, blind: kind.blind}
			})
			legal, illegal, decided := seen.Of("legal"), seen.Of("illegal"), seen.Of("decided")
			if legal+illegal < 1000 {
				return // somebody repeats a few
			}
			if illegal < legal/20 || legal < illegal/20 {
				t.Errorf("%d legal and %d illegal ones are no mix", legal, illegal)
			}
			if kind.name == "new values" && decided < (legal+illegal)*3/4 {
				t.Errorf("the monitor decided only %d of %d", decided, legal+illegal)
			}
		})
	}
}
