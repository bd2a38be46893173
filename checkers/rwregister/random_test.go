package rwregister

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/rwregister/internal/order"
	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// store is a database whose transactions see an old state now and then, or a
// different one for each key, and whose clients are sometimes lied to.
type store struct {
	random  *rand.Rand
	keys    int
	longest int
	last    int
	// states are all there were.
	states []map[string]int
	// old is how often a transaction sees an old state, apart how often each of its
	// reads does by itself, lies how often an answer is made up, and twice how often a
	// value is written again.
	old, apart, lies, twice float64
}

func (s *store) chance(p float64) bool { return s.random.Float64() < p }

func (s *store) key() string { return string(rune('x' + s.random.IntN(s.keys))) }

func (s *store) Next() history.Op {
	ops := make([]transaction.Op, 1+s.random.IntN(s.longest))
	for i := range ops {
		ops[i] = transaction.Op{Kind: transaction.Read, Key: s.key()}
		if s.random.IntN(2) == 0 {
			ops[i].Kind = transaction.Write
			if s.last == 0 || !s.chance(s.twice) {
				s.last++
				ops[i].Value = s.last
			} else {
				ops[i].Value = 1 + s.random.IntN(s.last)
			}
		}
	}
	return history.Op{F: transaction.F, Value: transaction.Value(ops, false)}
}

// state is the newest state, or an old one.
func (s *store) state(old float64) map[string]int {
	if n := len(s.states); s.chance(old) {
		return s.states[n-1-s.random.IntN(min(n, 3))]
	}
	return s.states[len(s.states)-1]
}

func (s *store) Effect(op history.Op) any {
	ops, err := transaction.Parse(op.Value)
	if err != nil {
		panic(err)
	}
	if s.states == nil {
		s.states = []map[string]int{{}}
	}
	after, own, snapshot := maps.Clone(s.states[len(s.states)-1]), map[string]int{}, s.state(s.old)
	for i := range ops {
		op := &ops[i]
		if op.Kind == transaction.Write {
			own[op.Key], after[op.Key] = op.Value, op.Value
			continue
		}
		if s.chance(s.apart) {
			snapshot = s.state(1)
		}
		if op.Value, op.Found = own[op.Key]; !op.Found {
			op.Value, op.Found = snapshot[op.Key]
		}
	}
	s.states = append(s.states, after)
	return ops
}

func (s *store) Tell(_ history.Op, answer any) (history.Type, history.Value, string) {
	ops := answer.([]transaction.Op)
	for i := range ops {
		if op := &ops[i]; op.Kind == transaction.Read && s.chance(s.lies) {
			op.Value, op.Found = 0, false
			if s.random.IntN(4) > 0 {
				op.Value, op.Found = 1+s.random.IntN(s.last+1), true
			}
		}
	}
	return history.OK, transaction.Value(ops, false), ""
}

func smallHistory(random *rand.Rand, twice float64) *history.History {
	some := func(p ...float64) float64 { return p[random.IntN(len(p))] }
	s := &store{random: random, keys: 1 + random.IntN(3), longest: 2 + random.IntN(3), old: some(0, 0.5, 1), apart: some(0, 0, 0.3), lies: some(0, 0, 0, 0.1), twice: twice}
	c := script.Clients{Random: random, System: s, Trouble: some(0, 0, 0.2)}
	return c.Work(1+random.IntN(5), 2+random.IntN(5))
}

func decided(t *testing.T, h *history.History, limits order.Limits) *decision {
	t.Helper()
	r, err := registers.Parse(h, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return decide(ctx, r, isolation.StrictSerializable, limits)
}

// derived are the levels that are decided only by those they imply, or that imply
// them.
func derived(l isolation.Level) bool {
	switch l {
	case isolation.ConsistentView, isolation.ParallelSnapshotIsolation, isolation.StrongSessionConsistentView, isolation.StrongConsistentView:
		return true
	}
	return false
}

func TestRandomHistoriesAreDecidedLikeByTryingEverything(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 3000, 4, func(t *testing.T, random *rand.Rand) bool {
		h := smallHistory(random, 0)
		limits := order.DefaultLimits
		switch random.IntN(3) {
		case 0:
			limits.Matrix = 0 // then paths are looked for
		case 1:
			limits.OnlySearch = true
		}
		return agrees(t, tally, h, limits, false)
	})
	tally.Log(t)
}

func TestValuesThatWereWrittenTwiceAreNoFalseAlarm(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 1000, 4, func(t *testing.T, random *rand.Rand) bool {
		return agrees(t, tally, smallHistory(random, 0.3), order.DefaultLimits, true)
	})
	tally.Log(t)
}

func agrees(t *testing.T, tally *script.Tally, h *history.History, limits order.Limits, mayRepeat bool) bool {
	t.Helper()
	d := decided(t, h, limits)
	o := newOracle(h)
	ok := true
	for _, l := range isolation.All() {
		answer := d.answers[l]
		want := order.Broken
		if o.keeps(l) {
			want = order.Kept
		}
		tally.Count(fmt.Sprint(l, answer, want))
		mayBeOpen := len(d.h.Ambiguous) > 0 || derived(l)
		if answer != want && !(answer == order.Undecided && mayBeOpen) {
			t.Errorf("%v: %v, want %v (%s):\n%s", l, answer, want, d.why[l], script.String(h))
			ok = false
		}
	}
	return ok && (mayRepeat || explained(t, h))
}

// explained says whether each finding names transactions that do not keep the level by
// themselves, as trying everything confirms.
func explained(t *testing.T, h *history.History) bool {
	t.Helper()
	v := check(t, isolation.StrictSerializable, h)
	if v.Validity != checkers.Invalid {
		return true
	}
	ok := script.PointsAtCalls(t, h, v)
	for _, f := range v.Findings {
		l := isolation.Anomaly(f.Anomaly).Contradicts()[0]
		if l == isolation.ReadUncommitted {
			continue // a read that is wrong by itself, which it says
		}
		if part := only(h, f.Context); newOracle(part).keeps(l) {
			t.Errorf("%s: these keep %v:\n%s\n%s\nof\n%s", f.Anomaly, l, script.String(part), f.Text, script.String(h))
			ok = false
		}
	}
	return ok
}

// only is some transactions of a history, by their invocations, without the reads of
// what the others wrote.
func only(h *history.History, invocations []int) *history.History {
	part := &history.History{}
	written, ever := map[int]bool{}, map[int]bool{}
	for _, c := range h.Calls() {
		ops, _ := transaction.Parse(c.In)
		for _, op := range ops {
			if op.Kind == transaction.Write {
				written[op.Value] = written[op.Value] || slices.Contains(invocations, c.Invoke)
				ever[op.Value] = true
			}
		}
	}
	for _, c := range h.Calls() {
		if !slices.Contains(invocations, c.Invoke) {
			continue
		}
		part.Ops = append(part.Ops, h.Ops[c.Invoke])
		if c.Complete < 0 {
			continue
		}
		done := h.Ops[c.Complete]
		ops, _ := transaction.Parse(done.Value)
		ops = slices.DeleteFunc(ops, func(op transaction.Op) bool { return op.Found && ever[op.Value] && !written[op.Value] })
		done.Value = transaction.Value(ops, false)
		part.Ops = append(part.Ops, done)
	}
	slices.SortStableFunc(part.Ops, func(a, b history.Op) int { return a.Index - b.Index })
	return part
}
