package session_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/session"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/checkers/session/trace/weak"
	"github.com/assaykit/assay/harness/history"
)

// good is a history that keeps all guarantees by construction, and is not
// linearizable.
func good(operations int, trouble float64, seed uint64) *history.History {
	r := weak.Replicas{Random: rand.New(rand.NewPCG(seed, 3)), Sessions: 8, Keys: 5, Perkey: 150, Lag: 0.7, Apart: true, Trouble: trouble}
	return r.Work(operations)
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(4) {
		for _, trouble := range []float64{0, 0.02, 0.2} {
			if got := check(t, good(3000, trouble, seed)); got.Validity != checkers.Valid {
				t.Errorf("seed %d, trouble %v: %v: %s", seed, trouble, got.Validity, got.Reason)
			}
		}
	}
}

// past is what a session did on the key of its last operation, a read.
type past []history.Call

// mutations each break the answer of a read, and name what may be found. They
// return false if the read does not suit them.
var mutations = []struct {
	name   string
	expect []string
	answer func(p past) (history.Value, bool)
}{
	{"a read goes back to what was read before something else", []string{"not-monotonic-reads"}, func(p past) (history.Value, bool) {
		reads := slices.DeleteFunc(slices.Clone(p[:len(p)-1]), func(c history.Call) bool { return c.F != "read" })
		for i := len(reads) - 2; i >= 0; i-- {
			if last := reads[len(reads)-1]; !reads[i].Out.Equal(last.Out) {
				return reads[i].Out, true
			}
		}
		return history.Value{}, false
	}},
	{"a read finds nothing after a write", []string{"not-read-your-writes"}, func(p past) (history.Value, bool) {
		return history.Value{}, slices.ContainsFunc(p, func(c history.Call) bool { return c.F == "write" })
	}},
	{"a read finds what was there before the session's write", []string{session.SessionOrder, "not-monotonic-reads", "not-read-your-writes"}, func(p past) (history.Value, bool) {
		for i := 0; i+1 < len(p); i++ {
			if p[i].F == "read" && p[i+1].F == "write" {
				return p[i].Out, true
			}
		}
		return history.Value{}, false
	}},
	{"a read finds the older of two writes", []string{session.SessionOrder, "not-monotonic-reads", "not-read-your-writes"}, func(p past) (history.Value, bool) {
		for i := 0; i+1 < len(p); i++ {
			if p[i].F == "write" && p[i+1].F == "write" {
				return p[i].In, true
			}
		}
		return history.Value{}, false
	}},
	{"a read finds what nobody wrote", []string{trace.PhantomRead}, func(past) (history.Value, bool) { return history.Int(-1), true }},
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(8) {
				h := good(3000, 0, seed)
				calls := h.Calls()
				at := spoilable(calls, 500+rand.New(rand.NewPCG(seed, 4)).IntN(1500), m.answer)
				h.Ops[at.Complete].Value, _ = m.answer(pastOf(calls, at))
				got := check(t, h)
				named := slices.ContainsFunc(got.Findings, func(f checkers.Finding) bool {
					return slices.Contains(m.expect, f.Anomaly) && slices.Contains(f.Context, at.Invoke)
				})
				if got.Validity != checkers.Invalid || !named || !script.PointsAtCalls(t, h, got) {
					t.Errorf("seed %d: %v: %s", seed, got.Validity, got.Reason)
				}
			}
		})
	}
}

// spoilable is the first read from a place on that suits a mutation.
func spoilable(calls []history.Call, from int, answer func(past) (history.Value, bool)) history.Call {
	for _, call := range calls[from:] {
		if call.F == "read" {
			if _, suits := answer(pastOf(calls, call)); suits {
				return call
			}
		}
	}
	panic("no read suits")
}

func pastOf(calls []history.Call, last history.Call) past {
	var p past
	for _, call := range calls {
		if call.Process == last.Process && call.Key == last.Key && call.Invoke <= last.Invoke {
			p = append(p, call)
		}
	}
	return p
}
