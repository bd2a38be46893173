package ledger_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/ledger"
	"github.com/assaykit/assay/harness/history"
)

// book is a correct ledger whose clients are sometimes lied to. The clients try
// orders again, whether that is needed or not.
type book struct {
	random *rand.Rand
	lies   float64
	// reading lets the clients do nothing but final reads, mixed is the share of
	// attempts with another amount, and again of those with an older order.
	reading      bool
	mixed, again float64
	recent       int
	last         int
	entries      []history.Value
	charged      map[int]bool
}

func (b *book) lie() bool { return b.random.Float64() < b.lies }

func (b *book) Next() history.Op {
	if b.reading || b.recent == 0 && b.random.IntN(4) == 0 {
		return history.Op{F: "read", Key: "l", Final: b.reading}
	}
	order := b.last
	if b.last == 0 || b.random.Float64() >= b.again {
		b.last++
		order = b.last
	} else if b.recent > 0 {
		order -= b.random.IntN(min(b.recent, b.last))
	} else {
		order = 1 + b.random.IntN(b.last)
	}
	amount := 100 * order
	if b.random.Float64() < b.mixed {
		amount++
	}
	return history.Op{F: "charge", Key: "l", Value: history.Ints(order, amount)}
}

func (b *book) Effect(op history.Op) any {
	if op.F == "read" {
		return b.entries
	}
	items, _ := op.Value.Items()
	order, _ := items[0].Int()
	if (!b.charged[order] || b.lie()) && !b.lie() {
		if b.charged == nil {
			b.charged = map[int]bool{}
		}
		b.charged[order] = true
		b.entries = append(b.entries, op.Value)
	}
	return nil
}

func (b *book) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	switch {
	case op.F == "charge" && b.lie() && b.random.IntN(3) == 0:
		return history.Fail, op.Value, "refused"
	case op.F == "charge":
		return history.OK, op.Value, ""
	}
	entries := slices.Clone(answer.([]history.Value))
	if len(entries) > 0 && b.lie() && b.random.IntN(2) == 0 {
		at := b.random.IntN(len(entries))
		entries = slices.Delete(entries, at, at+1)
	}
	if b.lie() && b.random.IntN(4) == 0 {
		order := 1 + b.random.IntN(b.last+1)
		entries = append(entries, history.Ints(order, 100*order+b.random.IntN(2)))
	}
	if len(entries) == 0 && b.random.IntN(2) == 0 {
		return history.OK, history.Value{}, ""
	}
	return history.OK, history.List(entries...), ""
}

// smallHistory is one of up to ten operations, mostly with final reads.
func smallHistory(random *rand.Rand) *history.History {
	b := &book{random: random, lies: []float64{0, 0.1, 0.3}[random.IntN(3)], mixed: []float64{0, 0.3}[random.IntN(2)], again: 0.5}
	c := script.Clients{Random: random, System: b, Trouble: []float64{0, 0.1, 0.3}[random.IntN(3)]}
	h := c.Work(1+random.IntN(4), 2+random.IntN(5))
	if random.IntN(4) > 0 {
		b.reading = true
		h = c.Work(1+random.IntN(2), 1+random.IntN(3))
		if random.IntN(8) == 0 {
			b.reading = false
			h = c.Work(1+random.IntN(2), 1+random.IntN(2))
		}
	}
	return h
}

// oracle decides from New's promise by trying, for each order, each attempt that
// may have charged it, and each moment at which it may have done so.
func oracle(calls []history.Call) checkers.Validity {
	orders := map[int]bool{}
	anything, open := false, false
	for _, call := range calls {
		for order := range mentioned(call) {
			orders[order] = true
		}
	}
	finals := lastFinal(calls)
	for order := range orders {
		if !explicable(calls, order) {
			return checkers.Invalid
		}
		for _, call := range calls {
			acked := call.F == "charge" && call.Type == history.OK && mentioned(call)[order] > 0
			seen := call.F == "read" && mentioned(call)[order] > 0
			anything = anything || acked || seen
			open = open || acked && finals < call.Complete || seen && finals < 0
		}
	}
	if !anything || open {
		return checkers.Unknown
	}
	return checkers.Valid
}

// lastFinal is when the last final read that was answered was invoked, or -1.
func lastFinal(calls []history.Call) int {
	last := -1
	for _, call := range calls {
		if call.F == "read" && call.Final && call.Type == history.OK {
			last = call.Invoke
		}
	}
	return last
}

// mentioned are the orders of a charge or an answered read, and how often each is
// there.
func mentioned(call history.Call) map[int]int {
	entries := []history.Value{call.In}
	if call.F == "read" {
		entries = nil
		if call.Type == history.OK {
			entries, _ = call.Out.Items()
		}
	}
	orders := map[int]int{}
	for _, e := range entries {
		pair, _ := e.Items()
		order, _ := pair[0].Int()
		orders[order]++
	}
	return orders
}

// explicable says that the order was never charged, or that some attempt charged
// it at some moment, as far as all calls show.
func explicable(calls []history.Call, order int) bool {
	if fits(calls, order, history.Value{}, 0, false) {
		return true
	}
	end := 2 * len(calls) // no place in the history is later
	for _, attempt := range calls {
		if attempt.F != "charge" || attempt.Type == history.Fail || mentioned(attempt)[order] == 0 {
			continue
		}
		last := end
		if attempt.Type == history.OK {
			last = attempt.Complete - 1
		}
		for moment := attempt.Invoke; moment <= last; moment++ { // just after this place
			if fits(calls, order, attempt.In, moment, true) {
				return true
			}
		}
	}
	return false
}

// fits says that everything looks as it should if the order was charged just
// after that place, or never.
func fits(calls []history.Call, order int, entry history.Value, moment int, charged bool) bool {
	for _, call := range calls {
		n := mentioned(call)[order]
		switch {
		case call.Type != history.OK:
		case call.F == "charge":
			if n > 0 && (!charged || moment >= call.Complete) {
				return false
			}
		case n == 0:
			if charged && call.Final && moment < call.Invoke {
				return false
			}
		default:
			items, _ := call.Out.Items()
			if !charged || n > 1 || moment >= call.Complete || !slices.ContainsFunc(items, entry.Equal) {
				return false
			}
		}
	}
	return true
}

func TestRandomHistoriesAreJudgedLikeByTryingEverything(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 20_000, 1, func(t *testing.T, random *rand.Rand) bool {
		h := smallHistory(random)
		got, err := ledger.New().Check(t.Context(), h)
		if err != nil {
			t.Error(err)
			return false
		}
		want := oracle(h.Calls())
		tally.Count(want.String())
		if got.Validity != want {
			t.Errorf("%v (%s), want %v:\n%s", got.Validity, got.Reason, want, script.String(h))
			return false
		}
		for _, f := range got.Findings {
			tally.Count(f.Anomaly)
			if len(f.Context) > 4 || !confirmed(h, f) {
				t.Errorf("%v by itself does not show %s:\n%s", f.Culprits, f.Anomaly, script.String(h))
				return false
			}
		}
		return want != checkers.Invalid || script.PointsAtCalls(t, h, got)
	})
	tally.Log(t)
}

// confirmed says that the operations of a finding contradict each other: with all
// other reads and acknowledgements forgotten, and all attempts still there.
func confirmed(h *history.History, f checkers.Finding) bool {
	calls := h.Calls()
	for i := range calls {
		call := &calls[i]
		switch {
		case slices.Contains(f.Culprits, call.Invoke) || call.Type != history.OK:
		default:
			call.Type = history.Info
		}
	}
	return oracle(calls) == checkers.Invalid
}

// Whatever stands in a history, it is judged or it is said why not.
func TestHostileValuesAreNoReasonToPanic(t *testing.T) {
	text := func(s string) (v history.Value) {
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	values := []history.Value{{}, history.Bool(true), history.Int(math.MinInt), history.Int(math.MaxInt), history.Int(-1), history.Int(1),
		history.String("1"), history.List(), history.Ints(1, 2), text("1.5"), text(`{"a":[1]}`), text("[[1,2]]"), text("[[9223372036854775807,1]]"),
		text("[[-9223372036854775808,1],[0,2]]"), text(`[["a",[[1,2]]]]`), text("[null,[]]"), text("[[[[]]]]")}
	script.Try(t, 5_000, 4, func(t *testing.T, random *rand.Rand) bool {
		h := smallHistory(random)
		for range 1 + random.IntN(4) {
			if op := &h.Ops[random.IntN(len(h.Ops))]; random.IntN(3) > 0 {
				op.Value = values[random.IntN(len(values))]
			} else {
				op.Type = history.Type(random.IntN(4))
			}
		}
		got, err := ledger.New().Check(t.Context(), h)
		return err == nil && got.Reason != "" && (got.Validity != checkers.Invalid || script.PointsAtCalls(t, h, got))
	})
}
