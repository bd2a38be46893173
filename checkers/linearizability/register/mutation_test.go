package register_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/register"
	"github.com/assaykit/assay/harness/history"
)

// good is a history of many registers that is valid by construction: of the size
// of a run, with operations of unknown outcome. Each key has its own processes.
func good(keys, clients, operations int, trouble, adds float64, seed uint64) *history.History {
	random := rand.New(rand.NewPCG(seed, 3))
	joined := &history.History{}
	for i := range keys {
		c := script.Clients{Random: random, System: &reg{random: random, key: fmt.Sprint("k", i), adds: adds}, Trouble: trouble}
		for _, op := range c.Work(clients, operations).Ops {
			op.Index, op.Process = len(joined.Ops), op.Process*keys+i
			joined.Ops = append(joined.Ops, op)
		}
	}
	return joined
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for _, trouble := range []float64{0, 0.02, 0.1} {
		for _, adds := range []float64{0, 0.2} {
			got := check(t, good(40, 5, 150, trouble, adds, 1))
			if got.Validity != checkers.Valid {
				t.Errorf("trouble %v, additions %v: %v: %s", trouble, adds, got.Validity, got.Reason)
			}
		}
	}
}

// place is an operation of a history that can be falsified.
type place struct {
	calls []history.Call
	at    int
}

// mutation breaks one answer of a good history, and says what must be found. It
// returns false if the place does not suit it.
type mutation struct {
	name   string
	expect []string // nil: anything
	// adds is the share of additions that it needs.
	adds  float64
	spoil func(h *history.History, p place) bool
}

var mutations = []mutation{
	{"a read of an overwritten value", []string{register.StaleRead, register.LostWrite}, 0, func(h *history.History, p place) bool {
		return p.isRead() && answer(h, p, p.overwritten())
	}},
	{"a read that finds nothing any more", []string{register.StaleRead, register.LostWrite}, 0, func(h *history.History, p place) bool {
		return p.isRead() && p.overwritten() != nil && answer(h, p, &history.Value{})
	}},
	{"a read of what nobody wrote", []string{register.PhantomRead}, 0, func(h *history.History, p place) bool {
		out := history.Int(-5)
		return p.isRead() && answer(h, p, &out)
	}},
	{"a read of a later value", []string{register.PhantomRead}, 0, func(h *history.History, p place) bool {
		return p.isRead() && answer(h, p, p.later())
	}},
	{"a refused write that was read", []string{register.DirtyRead}, 0, func(h *history.History, p place) bool {
		call := p.calls[p.at]
		if call.F != "write" || call.Type != history.OK || !p.wasRead(call.In) {
			return false
		}
		h.Ops[call.Complete].Type, h.Ops[call.Complete].Error = history.Fail, "refused"
		return true
	}},
	{"a refused compare-and-set whose value was read", []string{register.DirtyRead}, 0, func(h *history.History, p place) bool {
		call := p.calls[p.at]
		items, _ := call.In.Items()
		if call.F != "cas" || call.Type != history.OK || !p.wasRead(items[1]) {
			return false
		}
		h.Ops[call.Complete].Type, h.Ops[call.Complete].Error = history.Fail, "refused"
		return true
	}},
	{"a refused compare-and-set that was swapped", nil, 0, func(h *history.History, p place) bool {
		call := p.calls[p.at]
		if call.F != "cas" || call.Type != history.Fail || call.Error != history.Mismatch || !p.impossible(call) {
			return false
		}
		h.Ops[call.Complete].Type, h.Ops[call.Complete].Error = history.OK, ""
		return true
	}},
	{"a compare-and-set that is refused although its value was there", []string{register.WrongMismatch}, 0, func(h *history.History, p place) bool {
		call := p.calls[p.at]
		if !p.isRead() || call.Out.IsNil() || !p.readAround(call) {
			return false
		}
		old, _ := call.Out.Int()
		h.Ops[call.Invoke].F, h.Ops[call.Invoke].Value = "cas", history.Ints(old, -7)
		h.Ops[call.Complete].F, h.Ops[call.Complete].Value = "cas", history.Ints(old, -7)
		h.Ops[call.Complete].Type, h.Ops[call.Complete].Error = history.Fail, history.Mismatch
		return true
	}},
	{"an addition to what was overwritten", nil, 0.2, func(h *history.History, p place) bool {
		call := p.calls[p.at]
		return call.F == "add" && call.Type == history.OK && answer(h, p, p.overwritten())
	}},
}

func (p place) isRead() bool {
	return p.calls[p.at].F == "read" && p.calls[p.at].Type == history.OK
}

func answer(h *history.History, p place, v *history.Value) bool {
	if v == nil {
		return false
	}
	h.Ops[p.calls[p.at].Complete].Value = *v
	return true
}

// overwritten is a value that had certainly been overwritten when the operation
// began: its write and then another one were over.
func (p place) overwritten() *history.Value {
	for _, first := range p.calls[:p.at] {
		if first.F != "write" || first.Type != history.OK {
			continue
		}
		for _, second := range p.calls[:p.at] {
			if second.F == "write" && second.Type == history.OK && second.Invoke > first.Complete && second.Complete < p.calls[p.at].Invoke {
				return &first.In
			}
		}
	}
	return nil
}

// later is a value that was written only after the operation was done.
func (p place) later() *history.Value {
	for _, call := range p.calls[p.at:] {
		if call.F == "write" && call.Type != history.Fail && call.Invoke > p.calls[p.at].Complete {
			return &call.In
		}
	}
	return nil
}

func (p place) wasRead(v history.Value) bool {
	return slices.ContainsFunc(p.calls, func(c history.Call) bool {
		return c.F == "read" && c.Type == history.OK && c.Out.Equal(v)
	})
}

// readAround says that the same was read before and after.
func (p place) readAround(call history.Call) bool {
	var before, after bool
	for _, c := range p.calls {
		if c.F == "read" && c.Type == history.OK && c.Out.Equal(call.Out) {
			before = before || c.Complete < call.Invoke
			after = after || c.Invoke > call.Complete
		}
	}
	return before && after
}

// impossible says that a compare-and-set cannot have swapped: what it expects had
// been overwritten.
func (p place) impossible(call history.Call) bool {
	items, _ := call.In.Items()
	old := p.overwritten()
	return old != nil && old.Equal(items[0])
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			tried := 0
			for seed := uint64(1); tried < 10 && seed < 400; seed++ {
				random := rand.New(rand.NewPCG(seed, 4))
				h := good(6, 4, 120, 0.03, m.adds, seed)
				keys := history.ByKey(h.Calls())
				calls := keys[random.IntN(len(keys))].Calls
				if !m.anywhere(h, calls, random) {
					continue
				}
				tried++
				got := check(t, h)
				if got.Validity != checkers.Invalid || m.expect != nil && !slices.Contains(m.expect, got.Findings[0].Anomaly) {
					t.Fatalf("seed %d: %v: %s, want %v", seed, got.Validity, got.Reason, m.expect)
				}
				if got.Findings[0].Key != calls[0].Key || !script.PointsAtCalls(t, h, got) {
					t.Errorf("seed %d: found on key %q, not %q: %s", seed, got.Findings[0].Key, calls[0].Key, got.Reason)
				}
			}
			if tried < 5 {
				t.Errorf("only %d histories had a place for it", tried)
			}
		})
	}
}

func (m mutation) anywhere(h *history.History, calls []history.Call, random *rand.Rand) bool {
	for _, at := range random.Perm(len(calls)) {
		if m.spoil(h, place{calls, at}) {
			return true
		}
	}
	return false
}
