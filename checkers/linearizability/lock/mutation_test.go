package lock_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/internal/cases"
	"github.com/assaykit/assay/checkers/linearizability/lock"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

func check(t testing.TB, of object.Type, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := linearizability.New(of).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(10) {
		for permits := range 3 {
			h := crowd{5, 1000, permits + 1, 0.02, seed}.work()
			if got := check(t, lock.Semaphore(permits+1), h); got.Validity != checkers.Valid {
				t.Errorf("seed %d, %d permits: %v: %s", seed, permits+1, got.Validity, got.Reason)
			}
		}
	}
}

// mutations each break a good history of a lock with one permit, at a call that
// acquired it, and name what must be found with at most so many operations.
var mutations = []struct {
	name, expect string
	of           object.Type
	most         int
	spoil        func(h *history.History, calls []history.Call, at int)
}{
	{"a lock is given to somebody while it is held", lock.DoubleHold, lock.Mutex(), 4, intrude},
	{"a semaphore is given to somebody while it is held", lock.DoubleHold, lock.Semaphore(1), 4, intrude},
	{"an acquire certainly failed, but was released", lock.WrongRelease, lock.Mutex(), 1, func(h *history.History, calls []history.Call, at int) {
		h.Ops[calls[at].Complete].Type = history.Fail
	}},
	{"a token is given out twice", lock.TokenTwice, lock.Tokens(), 2, func(h *history.History, calls []history.Call, at int) {
		token, _ := calls[at].Out.Int()
		h.Ops[calls[at].Complete].Value = history.Int(token - 1)
	}},
	{"a token is one of long ago", lock.TokenNotGrowing, lock.Tokens(), 2, func(h *history.History, calls []history.Call, at int) {
		h.Ops[calls[at].Complete].Value = history.Int(-1)
	}},
}

// intrude adds an owner right after a lock was acquired.
func intrude(h *history.History, calls []history.Call, at int) {
	const intruder = 1 << 20
	after := calls[at].Complete + 1
	h.Ops = slices.Insert(h.Ops, after, history.Op{Process: intruder, Type: history.Invoke, F: "acquire"}, history.Op{Process: intruder, Type: history.OK, F: "acquire"})
	for i := range h.Ops {
		h.Ops[i].Index = i
	}
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(20) {
				h := crowd{5, 2000, 1, 0, seed}.work()
				acquired := slices.DeleteFunc(h.Calls(), func(c history.Call) bool { return c.F != "acquire" || c.Type != history.OK })
				m.spoil(h, acquired, 10+rand.New(rand.NewPCG(seed, 4)).IntN(len(acquired)-20))
				got := check(t, m.of, h)
				if said := cases.Said(t, h, got); said != m.expect || len(got.Findings[0].Context) > m.most {
					t.Errorf("seed %d: %s, %s", seed, said, got.Reason)
				}
			}
		})
	}
}
