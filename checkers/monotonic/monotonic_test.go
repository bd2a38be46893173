package monotonic_test

import (
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/monotonic"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, o monotonic.Options, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := monotonic.New(o).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var (
	realTime = monotonic.Options{}
	sessions = monotonic.Options{Order: monotonic.Session, Clients: 5}
	none     = monotonic.Options{Order: monotonic.None}
)

// known are histories and their verdicts: valid, unknown, or the anomaly of the
// first finding.
var known = []struct {
	name, want string
	options    monotonic.Options
	text       string
}{
	{"growing", "valid", realTime, `
		0 invoke read
		0 ok read null
		0 invoke create
		0 ok create
		0 invoke increment
		1 invoke read
		0 ok increment 1
		1 ok read 0
		1 invoke read
		1 ok read 1`},
	{"an increment of unknown outcome is seen, and another one is not", "valid", realTime, `
		0 invoke increment
		0 info increment !timeout
		1 invoke increment
		1 info increment !timeout
		2 invoke increment
		2 ok increment 2`},
	{"counters of their own", "valid", realTime, `
		0 invoke increment key=a
		0 ok increment 1 key=a
		1 invoke increment key=b
		1 ok increment 1 key=b`},
	{"other clients may be behind", "valid", sessions, `
		0 invoke increment
		0 ok increment 1
		1 invoke read
		1 ok read 0`},
	{"all may be behind", "valid", none, `
		0 invoke increment
		0 ok increment 1
		0 invoke read
		0 ok read 0`},
	{"overwritten", "lost-increment", none, `
		0 invoke increment node=n1 key=k
		1 invoke increment node=n2 key=k
		0 ok increment 1 node=n1 key=k
		1 ok increment 1 node=n2 key=k`},
	{"more than there were", "out-of-nothing", none, `
		0 invoke increment
		0 fail increment !refused
		0 invoke increment
		0 ok increment 2`},
	{"from the future", "out-of-nothing", none, `
		1 invoke read
		1 ok read 1
		0 invoke increment
		0 ok increment 1`},
	{"below nothing", "out-of-nothing", none, `
		0 invoke increment
		0 ok increment 0`},
	{"stale", "went-back", realTime, `
		0 invoke increment
		0 ok increment 1
		1 invoke read
		1 ok read null`},
	{"no more than what had been read", "went-back", realTime, `
		0 invoke increment
		0 info increment !timeout
		1 invoke read
		1 ok read 1
		2 invoke increment
		2 ok increment 1`},
	{"a client goes on under another number", "went-back", sessions, `
		0 invoke increment
		0 ok increment 1
		0 invoke increment
		0 info increment !timeout
		5 invoke read
		5 ok read 0`},
	{"nothing", "unknown", realTime, ``},
	{"only reads", "unknown", realTime, `
		0 invoke read
		0 ok read 0`},
	{"another operation", "unknown", realTime, `
		0 invoke write 3
		0 ok write 3`},
	{"no number", "unknown", realTime, `
		0 invoke increment
		0 ok increment null`},
}

func TestKnownHistories(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			h := script.Parse(t, c.text)
			got := check(t, c.options, h)
			if said := script.Said(t, h, got); said != c.want {
				t.Errorf("%s, want %s: %s", said, c.want, got.Reason)
			}
			all.WriteString(script.Explained(c.name, got))
		})
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}

// clicker is a counter, that sometimes errs.
type clicker struct {
	random *rand.Rand
	lies   float64
	value  int
}

func (c *clicker) Next() history.Op {
	return history.Op{F: []string{"increment", "read"}[c.random.IntN(2)]}
}

func (c *clicker) Effect(op history.Op) any {
	if op.F == "increment" {
		c.value++
	}
	return c.value
}

func (c *clicker) Tell(_ history.Op, answer any) (history.Type, history.Value, string) {
	value := answer.(int)
	if c.random.Float64() < c.lies {
		value += c.random.IntN(5) - 2
	}
	return history.OK, history.Int(value), ""
}

// The promises are so simple that all pairs can be looked at.
func TestAgainstAllPairs(t *testing.T) {
	var seen script.Tally
	script.Try(t, 20_000, 1, func(t *testing.T, random *rand.Rand) bool {
		c := script.Clients{Random: random, System: &clicker{random: random, lies: []float64{0, 0.05, 0.3}[random.IntN(3)]}, Trouble: 0.1}
		h := c.Work(2+random.IntN(4), 2+random.IntN(11))
		for _, o := range []monotonic.Options{realTime, {Order: monotonic.Session}, none} {
			want := byPairs(h.Calls(), o.Order)
			seen.Count(want.String())
			if got := check(t, o, h); got.Validity != want {
				t.Errorf("order %d: %v, want %v: %s, of\n%s", o.Order, got.Validity, want, got.Reason, script.String(h))
				return false
			}
		}
		return true
	})
	seen.Log(t)
}

func byPairs(calls []history.Call, order monotonic.Order) checkers.Validity {
	verdict := checkers.Unknown
	for _, a := range calls {
		if a.Type != history.OK {
			continue
		}
		x, _ := a.Out.Int()
		possible := 0
		for _, b := range calls {
			if b.F == "increment" && b.Type != history.Fail && b.Invoke < a.Complete {
				possible++
			}
			y, _ := b.Out.Int()
			if b.Type == history.OK && a.Invoke != b.Invoke && pairContradicts(a, b, x, y, order) {
				return checkers.Invalid
			}
		}
		if x > possible || x < 0 || x < 1 && a.F == "increment" {
			return checkers.Invalid
		}
		if a.F == "increment" {
			verdict = checkers.Valid
		}
	}
	return verdict
}

func pairContradicts(a, b history.Call, x, y int, order monotonic.Order) bool {
	if a.F == "increment" && b.F == "increment" && x == y {
		return true
	}
	later := order == monotonic.RealTime && a.Complete < b.Invoke ||
		order == monotonic.Session && a.Process == b.Process && a.Invoke < b.Invoke
	return later && (y < x || y == x && b.F == "increment")
}

// good is a history that is valid by construction.
func good(operations int, seed uint64) *history.History {
	random := rand.New(rand.NewPCG(seed, 3))
	c := script.Clients{Random: random, System: &clicker{random: random}, Trouble: 0.02}
	return c.Work(5, operations)
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range []struct {
		expect, f string
		value     func(earlier int) int
	}{
		{monotonic.LostIncrement, "increment", func(earlier int) int { return earlier }},
		{monotonic.WentBack, "read", func(earlier int) int { return earlier - 1 }},
		{monotonic.OutOfNothing, "read", func(int) int { return 1_000_000 }},
	} {
		for seed := range uint64(20) {
			h := good(1000, seed)
			if got := check(t, realTime, h); got.Validity != checkers.Valid {
				t.Fatalf("seed %d: %v: %s", seed, got.Validity, got.Reason)
			}
			calls := slices.DeleteFunc(h.Calls(), func(c history.Call) bool { return c.Type != history.OK || c.F != m.f })
			at := 100 + rand.New(rand.NewPCG(seed, 4)).IntN(len(calls)-100)
			earlier, _ := calls[at-50].Out.Int()
			h.Ops[calls[at].Complete].Value = history.Int(m.value(earlier))
			if got := check(t, realTime, h); script.Said(t, h, got) != m.expect {
				t.Errorf("seed %d: %v: %s, want %s", seed, got.Validity, got.Reason, m.expect)
			}
		}
	}
}

func BenchmarkMonotonic(b *testing.B) {
	const operations = 100_000
	h := good(operations, 1)
	for b.Loop() {
		if v := check(b, realTime, h); v.Validity != checkers.Valid {
			b.Fatal(v.Reason)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/operations, "ns/operation")
}
