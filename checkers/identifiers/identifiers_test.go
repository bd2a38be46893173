package identifiers_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/identifiers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, order identifiers.Order, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := identifiers.New(order).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// known are histories and their verdicts: valid, unknown, or the anomalies in the
// order of the findings.
var known = []struct {
	name, want string
	order      identifiers.Order
	text       string
}{
	{"unique", "valid", identifiers.Unordered, `
		0 invoke generate
		1 invoke generate
		0 ok generate 7
		1 ok generate "7"
		0 invoke generate
		0 info generate !timeout`},
	{"generators of their own", "valid", identifiers.RealTime, `
		0 invoke generate key=a
		0 ok generate 7 key=a
		0 invoke generate key=b
		0 ok generate 7 key=b`},
	{"under way at the same time", "valid", identifiers.RealTime, `
		0 invoke generate
		1 invoke generate
		0 ok generate "b"
		1 ok generate "a"`},
	{"growing for each process", "valid", identifiers.PerProcess, `
		0 invoke generate
		0 ok generate 100
		1 invoke generate
		1 ok generate 1
		0 invoke generate
		0 ok generate 101`},
	{"twice", "duplicated", identifiers.Unordered, `
		0 invoke generate node=n1 key=k
		0 ok generate "x-1" node=n1 key=k
		1 invoke generate node=n2 key=k
		1 ok generate "x-1" node=n2 key=k`},
	{"twice, one of no order", "duplicated", identifiers.RealTime, `
		0 invoke generate
		0 ok generate [1,2]
		1 invoke generate
		1 ok generate [1,2]`},
	{"smaller than one before", "out-of-order", identifiers.RealTime, `
		0 invoke generate
		0 ok generate 10
		1 invoke generate
		1 ok generate 9`},
	{"smaller than one of the same process before", "out-of-order", identifiers.PerProcess, `
		0 invoke generate
		0 ok generate 10
		0 invoke generate
		0 ok generate 9`},
	{"numbers among strings", "unknown", identifiers.RealTime, `
		0 invoke generate
		0 ok generate 10
		0 invoke generate
		0 ok generate "9"`},
	{"nothing", "unknown", identifiers.Unordered, ``},
	{"null", "unknown", identifiers.Unordered, `
		0 invoke generate
		0 ok generate null`},
	{"another operation", "unknown", identifiers.Unordered, `
		0 invoke read
		0 ok read 1`},
}

func TestKnownHistories(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			h := script.Parse(t, c.text)
			got := check(t, c.order, h)
			if said := script.Said(t, h, got); said != c.want {
				t.Errorf("%s, want %s: %s", said, c.want, got.Reason)
			}
			all.WriteString(script.Explained(c.name, got))
		})
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}

// office gives out identifiers that grow, and sometimes errs.
type office struct {
	random *rand.Rand
	lies   float64
	last   int
}

func (o *office) Next() history.Op { return history.Op{F: "generate"} }
func (o *office) Effect(history.Op) any {
	o.last++
	return o.last
}

func (o *office) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	id := answer.(int)
	if o.random.Float64() < o.lies {
		id = o.random.IntN(id + 1)
	}
	return history.OK, history.Int(id), ""
}

// The promises are so simple that all pairs can be looked at.
func TestAgainstAllPairs(t *testing.T) {
	var seen script.Tally
	script.Try(t, 20_000, 1, func(t *testing.T, random *rand.Rand) bool {
		c := script.Clients{Random: random, System: &office{random: random, lies: []float64{0, 0.05, 0.3}[random.IntN(3)]}, Trouble: 0.1}
		h := c.Work(2+random.IntN(4), 2+random.IntN(11))
		for _, order := range []identifiers.Order{identifiers.Unordered, identifiers.PerProcess, identifiers.RealTime} {
			want := byPairs(h.Calls(), order)
			seen.Count(want.String())
			if got := check(t, order, h); got.Validity != want {
				t.Errorf("order %d: %v, want %v: %s, of\n%s", order, got.Validity, want, got.Reason, script.String(h))
				return false
			}
		}
		return true
	})
	seen.Log(t)
}

func byPairs(calls []history.Call, order identifiers.Order) checkers.Validity {
	verdict := checkers.Unknown
	for _, a := range calls {
		if a.Type != history.OK {
			continue
		}
		verdict = max(verdict, checkers.Valid)
		for _, b := range calls {
			if b.Type != history.OK || a.Invoke == b.Invoke {
				continue
			}
			x, _ := a.Out.Int()
			y, _ := b.Out.Int()
			late := order == identifiers.RealTime && a.Complete < b.Invoke || order == identifiers.PerProcess && a.Process == b.Process && a.Invoke < b.Invoke
			if x == y || late && x > y {
				return checkers.Invalid
			}
		}
	}
	return verdict
}

// good is a history that is valid by construction.
func good(operations int, seed uint64) *history.History {
	random := rand.New(rand.NewPCG(seed, 3))
	c := script.Clients{Random: random, System: &office{random: random}, Trouble: 0.02}
	return c.Work(5, operations)
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range []struct {
		expect string
		id     func(history.Value) history.Value
	}{
		{identifiers.Duplicated, func(earlier history.Value) history.Value { return earlier }},
		{identifiers.OutOfOrder, func(history.Value) history.Value { return history.Int(-1) }},
	} {
		for seed := range uint64(20) {
			h := good(1000, seed)
			if got := check(t, identifiers.RealTime, h); got.Validity != checkers.Valid {
				t.Fatalf("seed %d: %v: %s", seed, got.Validity, got.Reason)
			}
			calls := slices.DeleteFunc(h.Calls(), func(c history.Call) bool { return c.Type != history.OK })
			at := 100 + rand.New(rand.NewPCG(seed, 4)).IntN(len(calls)-100)
			h.Ops[calls[at].Complete].Value = m.id(calls[at-50].Out)
			if got := check(t, identifiers.RealTime, h); script.Said(t, h, got) != m.expect {
				t.Errorf("seed %d: %v: %s, want %s", seed, got.Validity, got.Reason, m.expect)
			}
		}
	}
}

func BenchmarkIdentifiers(b *testing.B) {
	for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
		h := good(operations, 1)
		b.Run(fmt.Sprint("operations=", operations), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if v := check(b, identifiers.RealTime, h); v.Validity != checkers.Valid {
					b.Fatal(v.Reason)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(operations), "ns/operation")
		})
	}
}
