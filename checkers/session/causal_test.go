package session_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/session"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/checkers/session/trace/weak"
	"github.com/assaykit/assay/harness/history"
)

func checkCausal(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := session.NewCausal(session.Options{}).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// causal are histories and their verdicts: valid, unknown, or the anomaly.
var causal = []struct{ name, want, text string }{
	{"an answer before its question", session.NotCausal, `
		0 invoke write 1 key=question
		0 ok write 1 key=question
		1 invoke read key=question
		1 ok read 1 key=question
		1 invoke write 2 key=answer
		1 ok write 2 key=answer
		2 invoke read key=answer
		2 ok read 2 key=answer
		2 invoke read key=question
		2 ok read null key=question`},
	{"what a session wrote first comes second", session.NotCausal, `
		0 invoke write 1 key=x
		0 ok write 1 key=x
		0 invoke write 2 key=x
		0 ok write 2 key=x
		0 invoke write 3 key=y
		0 ok write 3 key=y
		1 invoke read key=y
		1 ok read 3 key=y
		1 invoke read key=x
		1 ok read 1 key=x`},
	{"two that disagree on an order that nobody knows", "valid", `
		0 invoke write 1 key=x
		0 ok write 1 key=x
		1 invoke write 2 key=y
		1 ok write 2 key=y
		2 invoke read key=x
		2 ok read 1 key=x
		2 invoke read key=y
		2 ok read null key=y
		3 invoke read key=y
		3 ok read 2 key=y
		3 invoke read key=x
		3 ok read null key=x`},
	{"two that disagree on the versions of a key", session.NotCausal, `
		0 invoke write 1
		1 invoke write 2
		2 invoke read
		2 ok read 1
		2 invoke read
		2 ok read 2
		3 invoke read
		3 ok read 2
		3 invoke read
		3 ok read 1`},
	{"replaced in a circle", session.NotCausal, `
		0 invoke cas [1,2]
		1 invoke cas [2,1]
		0 ok cas [1,2]
		1 ok cas [2,1]`},
	{"a value that two have written", "unknown", `
		0 invoke write 1
		1 invoke write 1
		2 invoke read
		2 ok read 1`},
	{"nobody wrote it", trace.PhantomRead, `
		2 invoke read
		2 ok read 1`},
	{"no integer", "unknown", `
		2 invoke read
		2 ok read 1.5`},
	{"nothing", "unknown", ``},
}

func TestKnownCausalHistories(t *testing.T) {
	var explained strings.Builder
	for _, c := range causal {
		h := script.Parse(t, c.text)
		got := checkCausal(t, h)
		if words := summary(got); !slices.Equal(words, []string{c.want}) {
			t.Errorf("%s: %v: %s, want %v", c.name, words, got.Reason, c.want)
		}
		if got.Validity == checkers.Invalid {
			script.PointsAtCalls(t, h, got)
		}
		explained.WriteString(script.Explained(c.name, got))
	}
	script.Golden(t, "testdata/causal.txt", explained.String(), *update)
}

// causalOracle decides from the definition, by trying all orders of all versions,
// for histories in which no value was written twice.
func causalOracle(calls []history.Call) bool {
	o := oracle{calls: slices.DeleteFunc(slices.Clone(calls), func(c history.Call) bool {
		return c.Type == history.Fail || c.F == "read" && c.Type == history.Info
	})}
	o.source = make([]int, len(o.calls))
	for i, call := range o.calls {
		o.source[i] = unread
		if v, finds := found(call); finds && v.IsNil() {
			o.source[i] = none
		} else if finds {
			for w, other := range o.calls {
				if written, is := left(other); is && other.Key == call.Key && written.Equal(v) {
					o.source[i] = w
				}
			}
		}
	}
	o.happen()
	for i, call := range o.calls {
		if _, writes := left(call); writes && o.happened[i] {
			o.wrote = append(o.wrote, i)
		}
	}
	knows := o.knowledge()
	for i := range o.calls {
		if knows[i][i] {
			return false
		}
	}
	return o.anyCausalOrder(knows, nil)
}

// knowledge is which calls know of which.
func (o *oracle) knowledge() [][]bool {
	knows := make([][]bool, len(o.calls))
	for i, call := range o.calls {
		knows[i] = make([]bool, len(o.calls))
		for j, before := range o.calls[:i] {
			knows[i][j] = o.happened[i] && before.Process == call.Process && before.Type == history.OK
		}
		if o.source[i] >= 0 && o.happened[i] {
			knows[i][o.source[i]] = true
		}
	}
	for via := range knows {
		for i := range knows {
			for j := range knows {
				knows[i][j] = knows[i][j] || knows[i][via] && knows[via][j]
			}
		}
	}
	return knows
}

func (o *oracle) anyCausalOrder(knows [][]bool, order []int) bool {
	if len(order) == len(o.wrote) {
		return o.isCausal(knows, order)
	}
	for _, w := range o.wrote {
		if slices.Contains(order, w) || slices.ContainsFunc(order, func(before int) bool { return knows[before][w] }) {
			continue
		}
		if o.anyCausalOrder(knows, append(order[:len(order):len(order)], w)) {
			return true
		}
	}
	return false
}

func (o *oracle) isCausal(knows [][]bool, order []int) bool {
	for i := range o.calls {
		if o.source[i] == unread || !o.happened[i] {
			continue
		}
		for at, w := range order {
			if knows[i][w] && o.calls[w].Key == o.calls[i].Key && at > slices.Index(order, o.source[i]) {
				return false
			}
		}
	}
	return true
}

func TestRandomHistoriesAreCausalLikeByTryingAllOrders(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 6_000, 4, func(t *testing.T, random *rand.Rand) bool {
		h := weak.Small(random, 11)
		parsed, err := trace.Parse(h, 0)
		if err != nil {
			t.Error(err)
			return false
		}
		got := checkCausal(t, h)
		together := check(t, h).Parts
		if got.Validity == checkers.Valid && together[len(together)-1].Validity == checkers.Invalid {
			t.Errorf("causal, but %s:\n%s", together[len(together)-1].Reason, script.String(h))
			return false
		}
		_, unwritten := parsed.Unwritten()
		if unwritten > 0 || parsed.Obscure() > 0 || parsed.Acknowledged() == 0 {
			tally.Count(fmt.Sprint("obscure ", got.Validity))
			return got.Validity != checkers.Valid
		}
		want := checkers.Invalid
		if causalOracle(h.Calls()) {
			want = checkers.Valid
		}
		tally.Count(want.String())
		if got.Validity != want {
			t.Errorf("%v (%s), want %v:\n%s", got.Validity, got.Reason, want, script.String(h))
			return false
		}
		return got.Validity != checkers.Invalid || script.PointsAtCalls(t, h, got)
	})
	tally.Log(t)
}

func TestKeysThatLagApartAreNotCausal(t *testing.T) {
	for seed := range uint64(4) {
		r := weak.Replicas{Random: rand.New(rand.NewPCG(seed, 3)), Sessions: 8, Keys: 5, Perkey: 150, Lag: 0.7, Trouble: 0.02}
		if got := checkCausal(t, r.Work(3000)); got.Validity != checkers.Valid {
			t.Errorf("seed %d: %v: %s", seed, got.Validity, got.Reason)
		}
		h := good(3000, 0.02, seed)
		if got := checkCausal(t, h); got.Validity != checkers.Invalid || !script.PointsAtCalls(t, h, got) {
			t.Errorf("seed %d: %v: %s", seed, got.Validity, got.Reason)
		}
	}
}

func BenchmarkCausal(b *testing.B) {
	for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint("operations=", operations), func(b *testing.B) {
			r := weak.Replicas{Random: rand.New(rand.NewPCG(1, 3)), Sessions: 8, Keys: 5, Perkey: 150, Lag: 0.7}
			h := r.Work(operations)
			b.ReportAllocs()
			for b.Loop() {
				if v := checkCausal(b, h); v.Validity != checkers.Valid {
					b.Fatal(v.Reason)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(operations)/float64(b.N), "ns/op-of-history")
		})
	}
}
