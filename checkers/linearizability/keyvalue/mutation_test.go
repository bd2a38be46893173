package keyvalue_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/internal/cases"
	"github.com/assaykit/assay/checkers/linearizability/keyvalue"
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

// good is a history of a map with so many keys that is valid by construction.
func good(clients, keys, operations int, trouble float64, seed uint64) *history.History {
	random := rand.New(rand.NewPCG(seed, 3))
	system := &etcd{random: random, keys: keys, values: 1 << 40, quiet: 0.5, revision: 10, entries: map[string]pair{}}
	c := script.Clients{Random: random, System: system, Trouble: trouble}
	return c.Work(clients, operations)
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(5) {
		for _, trouble := range []float64{0, 0.01, 0.02} {
			h := good(5, 10, 1000, trouble, seed)
			for _, of := range []object.Type{keyvalue.Versions(), keyvalue.Revisions()} {
				if of.Whole && trouble > 0 {
					continue // a search over all keys may take too long
				}
				if got := check(t, of, h); got.Validity != checkers.Valid {
					t.Errorf("seed %d, trouble %v, %s: %v: %s", seed, trouble, of.Name, got.Validity, got.Reason)
				}
			}
		}
	}
}

// mutations each break a good history in the answer of one call of a kind, and name
// what must be found. Changes are answered with a version, gets with [value version]
// or [value version revision].
var mutations = []struct {
	name, expect string
	f            string
	spoil        func(h *history.History, calls []history.Call, at int)
}{
	{"a get finds the value before", keyvalue.StaleRead, "get", func(h *history.History, calls []history.Call, at int) {
		h.Ops[calls[at].Complete].Value = replaced(h.Calls(), calls[at])
	}},
	{"a get finds another value", keyvalue.WrongValue, "get", func(h *history.History, calls []history.Call, at int) {
		items, _ := calls[at].Out.Items()
		h.Ops[calls[at].Complete].Value = history.List(history.Int(-1), items[1])
	}},
	{"a get finds a version that is nobody's", keyvalue.Phantom, "get", func(h *history.History, calls []history.Call, at int) {
		items, _ := calls[at].Out.Items()
		h.Ops[calls[at].Complete].Value = history.List(items[0], history.Int(1<<40))
	}},
	{"a put gets a version of another", keyvalue.VersionTwice, "put", func(h *history.History, calls []history.Call, at int) {
		h.Ops[calls[at].Complete].Value = calls[at-1].Out
	}},
	{"a put gets a version of long ago", keyvalue.VersionNotGrowing, "put", func(h *history.History, calls []history.Call, at int) {
		h.Ops[calls[at].Complete].Value = history.Int(1)
	}},
	{"a refused put-if replaced a version", keyvalue.LostUpdate, "put-if", func(h *history.History, calls []history.Call, at int) {
		items, _ := calls[at].In.Items()
		version, _ := calls[at].Out.Int()
		expected, _ := items[0].Int()
		h.Ops[calls[at].Invoke].Value = history.List(history.Int(max(1, expected-1)), items[1])
		h.Ops[calls[at].Complete].Value = history.Int(version)
	}},
}

// replaced is what a get would have found before the last put of the key that was
// over when the get began.
func replaced(calls []history.Call, get history.Call) history.Value {
	last := -1
	for i, call := range slices.Backward(calls) {
		if call.F != "put" || call.Type != history.OK || call.Key != get.Key {
			continue
		}
		switch {
		case last < 0 && call.Complete < get.Invoke:
			last = i
		case last >= 0 && call.Complete < calls[last].Invoke:
			return history.List(call.In, call.Out)
		}
	}
	panic("no put that was replaced")
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(20) {
				h := good(3, 1, 1000, 0, seed)
				calls := slices.DeleteFunc(h.Calls(), func(c history.Call) bool { return !usable(m.f, c) })
				m.spoil(h, calls, len(calls)/2+rand.New(rand.NewPCG(seed, 4)).IntN(len(calls)/4))
				got := check(t, keyvalue.Versions(), h)
				if said := cases.Said(t, h, got); said != m.expect || len(got.Findings[0].Context) > 4 {
					t.Errorf("seed %d: %s, %s %v", seed, said, got.Reason, got.Findings)
				}
			}
		})
	}
}

// usable says that a call can be spoiled: it was answered with a version.
func usable(f string, c history.Call) bool {
	items, list := c.Out.Items()
	_, number := c.Out.Int()
	return c.F == f && c.Type == history.OK && (f == "get" && list && !items[0].IsNil() || f != "get" && number)
}

func BenchmarkVersions(b *testing.B) {
	for _, of := range []struct {
		object.Type
		keys int
	}{{keyvalue.Versions(), 1}, {keyvalue.Revisions(), 100}} {
		for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
			h := good(10, of.keys, operations, 0, 1)
			b.Run(fmt.Sprintf("%s/keys=%d/operations=%d/valid", of.Name, of.keys, operations), func(b *testing.B) {
				cases.Measure(b, linearizability.New(of.Type), h, checkers.Valid, of.Open)
			})
			b.Run(fmt.Sprintf("%s/keys=%d/operations=%d/stale", of.Name, of.keys, operations), func(b *testing.B) {
				cases.Measure(b, linearizability.New(of.Type), stale(h), checkers.Invalid, of.Open)
			})
		}
	}
}

// stale is a history with a stale read in the middle.
func stale(h *history.History) *history.History {
	h = &history.History{Ops: slices.Clone(h.Ops)}
	gets := slices.DeleteFunc(h.Calls(), func(c history.Call) bool { return !usable("get", c) })
	at := len(gets) / 2
	h.Ops[gets[at].Complete].Value = replaced(h.Calls(), gets[at])
	return h
}
