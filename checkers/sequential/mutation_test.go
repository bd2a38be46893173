package sequential_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/checkers/session/trace/weak"
	"github.com/assaykit/assay/harness/history"
)

// good is a history that is sequentially consistent by construction, and not
// linearizable if replicas lag. If it is apart, only each key by itself is
// sequentially consistent.
func good(operations int, lag, trouble float64, apart bool, seed uint64) *history.History {
	r := weak.Replicas{Random: rand.New(rand.NewPCG(seed, 3)), Sessions: 8, Keys: 5, Perkey: 150, Lag: lag, Trouble: trouble, Apart: apart}
	return r.Work(operations)
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(3) {
		for _, lag := range []float64{0, 0.7, 0.95} {
			for _, trouble := range []float64{0, 0.02} {
				if got := check(t, good(2000, lag, trouble, false, seed)); got.Validity != checkers.Valid {
					t.Errorf("seed %d, lag %v, trouble %v: %v: %s", seed, lag, trouble, got.Validity, got.Reason)
				}
			}
		}
	}
}

func TestKeysThatLagApartAreFound(t *testing.T) {
	for seed := range uint64(5) {
		h := good(2000, 0.9, 0, true, seed)
		got := check(t, h)
		if got.Validity != checkers.Invalid || len(got.Findings[0].Context) > 16 || !script.PointsAtCalls(t, h, got) {
			t.Errorf("seed %d: %v: %s", seed, got.Validity, got.Reason)
		}
	}
}

// mutations each give a read of a good history an answer that the rest refutes,
// and name what must be found. They return false if the read does not suit them.
var mutations = []struct {
	name, expect string
	answer       func(past []history.Call) (history.Value, bool)
}{
	{"a session goes back", "circular-order", func(past []history.Call) (history.Value, bool) {
		for i := len(past) - 3; i >= 0; i-- {
			if older, newer := past[i], past[i+1]; older.F == "read" && newer.F == "read" && !older.Out.Equal(newer.Out) {
				return older.Out, true
			}
		}
		return history.Value{}, false
	}},
	{"a session does not see its own write", "circular-order", func(past []history.Call) (history.Value, bool) {
		return history.Value{}, slices.ContainsFunc(past, func(c history.Call) bool { return c.F == "write" })
	}},
	{"a session finds what nobody wrote", trace.PhantomRead, func([]history.Call) (history.Value, bool) { return history.Int(-1), true }},
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(6) {
				h := good(2000, 0.7, 0.01, false, seed)
				calls := h.Calls()
				at := spoilable(calls, 500+rand.New(rand.NewPCG(seed, 4)).IntN(1000), m.answer)
				h.Ops[at.Complete].Value, _ = m.answer(past(calls, at))
				got := check(t, h)
				if got.Validity != checkers.Invalid || got.Findings[0].Anomaly != m.expect || !slices.Contains(got.Findings[0].Context, at.Invoke) ||
					len(got.Findings[0].Context) > 8 || !script.PointsAtCalls(t, h, got) {
					t.Errorf("seed %d: %v: %s, %v", seed, got.Validity, got.Reason, got.Findings)
				}
			}
		})
	}
}

// spoilable is the first read from a place on that suits a mutation.
func spoilable(calls []history.Call, from int, answer func([]history.Call) (history.Value, bool)) history.Call {
	for _, call := range calls[from:] {
		if call.F == "read" {
			if _, suits := answer(past(calls, call)); suits {
				return call
			}
		}
	}
	panic("no read suits")
}

// past is what a session did on a key until its last operation.
func past(calls []history.Call, last history.Call) []history.Call {
	return slices.DeleteFunc(slices.Clone(calls), func(c history.Call) bool {
		return c.Process != last.Process || c.Key != last.Key || c.Invoke > last.Invoke
	})
}
