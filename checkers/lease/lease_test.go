package lease_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/lease"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// skew is what the cases allow.
const skew = 500 * time.Millisecond

func check(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := lease.New(skew).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var known = []struct{ name, want, text string }{
	{"released before", "valid", `
		0 invoke acquire at=1s
		0 ok acquire [10000] at=2s
		0 invoke release at=3s
		1 invoke acquire at=3s
		1 ok acquire [10000,7] at=4s
		0 ok release at=5s`},
	{"over before", "valid", `
		0 invoke acquire at=1s
		0 ok acquire [10000] at=2s
		1 invoke acquire at=10s
		1 ok acquire [10000] at=10500ms`},
	{"a crashed release may have been one", "valid", `
		0 invoke acquire at=1s
		0 ok acquire [10000] at=2s
		0 invoke release at=3s
		0 info release !timeout at=4s
		1 invoke acquire at=5s
		1 ok acquire [10000] at=6s`},
	{"a crashed release may come after the next acquire", "valid", `
		0 invoke release "a" at=1s
		0 info release "a" !timeout at=2s
		1 invoke acquire "a" at=3s
		1 ok acquire [10000] at=4s
		2 invoke acquire "b" at=5s
		2 ok acquire [10000] at=6s`},
	{"a crashed acquire need not hold it", "valid", `
		0 invoke acquire at=1s
		0 info acquire !timeout at=2s
		1 invoke acquire at=3s
		1 ok acquire [10000] at=4s`},
	{"renewed, then released", "valid", `
		0 invoke acquire at=1s
		0 ok acquire [10000] at=2s
		0 invoke acquire at=3s
		0 ok acquire [10000] at=4s
		0 invoke release at=5s
		0 ok release at=6s
		1 invoke acquire at=7s
		1 ok acquire [10000] at=8s`},
	{"an answer that came too late holds nothing", "valid", `
		0 invoke acquire at=1s
		1 invoke acquire at=2s
		1 ok acquire [10000] at=3s
		0 ok acquire [1000] at=9s`},
	{"two hold it", "double-hold", `
		0 invoke acquire node=n1 key=k at=1s
		0 ok acquire [10000] node=n1 key=k at=2s
		1 invoke acquire "b" node=n2 key=k at=9s
		1 ok acquire [10000,8] node=n2 key=k at=10s`},
	{"two hold it, before it is released", "double-hold", `
		0 invoke acquire at=1s
		0 ok acquire [10000] at=2s
		1 invoke acquire at=3s
		1 ok acquire [10000] at=4s
		0 invoke release at=5s
		0 ok release at=6s`},
	{"a refused release ends nothing", "double-hold", `
		0 invoke acquire at=1s
		0 ok acquire [10000] at=2s
		0 invoke release at=3s
		0 fail release !no leader at=4s
		1 invoke acquire at=5s
		1 ok acquire [10000] at=6s`},
	{"nothing", "unknown", ``},
	{"no time was granted", "unknown", `
		0 invoke acquire
		0 ok acquire null`},
	{"renewed for a shorter time", "valid", `
		0 invoke acquire at=1s
		0 ok acquire [10000] at=1.1s
		0 invoke acquire at=2s
		0 ok acquire [1000] at=2.1s
		1 invoke acquire at=5s
		1 ok acquire [1000] at=5.1s`},
	{"too long a time was granted", "unknown", `
		0 invoke acquire
		0 ok acquire [9223372036854775807]`},
	{"an owner that is a list", "unknown", `
		0 invoke acquire [1]
		0 ok acquire [1000]`},
	{"another operation", "unknown", `
		0 invoke read key=k
		0 ok read key=k`},
}

func TestKnownHistories(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			h := script.Parse(t, c.text)
			got := check(t, h)
			said := got.Validity.String()
			if got.Validity == checkers.Invalid && script.PointsAtCalls(t, h, got) {
				said = got.Findings[0].Anomaly
			}
			if said != c.want {
				t.Errorf("%s, want %s: %s", said, c.want, got.Reason)
			}
			all.WriteString(script.Explained(c.name, got))
		})
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}

// lessor grants what it is asked for, with leases of a few operations' time, to
// owners who may be any of a few. It knows no owners: what it does is often wrong.
type lessor struct {
	random *rand.Rand
	busy   float64
	held   bool
}

func (l *lessor) Next() history.Op {
	return history.Op{F: []string{"acquire", "release"}[l.random.IntN(2)], Value: history.Int(l.random.IntN(3))}
}

func (l *lessor) Effect(op history.Op) any {
	granted := op.F == "release" || !l.held || l.random.Float64() < l.busy
	l.held = op.F == "acquire"
	return granted
}

func (l *lessor) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	switch {
	case answer == false:
		return history.Fail, op.Value, "held"
	case op.F == "release":
		return history.OK, op.Value, ""
	}
	return history.OK, history.Ints(l.random.IntN(1000) + 500), ""
}

// What is certain of holds is so simple that all pairs of moments can be looked at.
func TestAgainstAllMoments(t *testing.T) {
	var seen script.Tally
	script.Try(t, 20_000, 1, func(t *testing.T, random *rand.Rand) bool {
		c := script.Clients{Random: random, System: &lessor{random: random, busy: []float64{0, 0.1, 0.5}[random.IntN(3)]}, Trouble: 0.1}
		h := c.Work(2+random.IntN(3), 2+random.IntN(11))
		for i := range h.Ops {
			h.Ops[i].Time = time.Duration(i) * 50 * time.Millisecond
		}
		want := byMoments(h)
		seen.Count(want.String())
		if got := check(t, h); got.Validity != want || want == checkers.Invalid && !script.PointsAtCalls(t, h, got) {
			t.Errorf("%v, want %v: %s, of\n%s", got.Validity, want, got.Reason, script.String(h))
			return false
		}
		return true
	})
	seen.Log(t)
	if all := seen.Of("valid") + seen.Of("invalid"); all > 1000 && (seen.Of("invalid")*20 < all || seen.Of("valid")*20 < all) {
		t.Error("the histories are too much alike")
	}
}

// byMoments looks at every line of a history for two owners who certainly hold the
// lock right then.
func byMoments(h *history.History) checkers.Validity {
	calls := h.Calls()
	verdict := checkers.Unknown
	for at := range h.Ops {
		holders := map[string]bool{}
		for _, a := range calls {
			if granted(calls, a, at) {
				holders[a.In.String()] = true
			}
		}
		for _, a := range calls { // any that may be the owner's last grant may have ended it
			if granted(calls, a, at) && !renewed(calls, a, at) && !holds(calls, a, at, h.Ops[at].Time) {
				delete(holders, a.In.String())
			}
		}
		if len(holders) > 1 {
			return checkers.Invalid
		}
	}
	for _, a := range calls {
		if a.F == "acquire" && a.Type == history.OK && holds(calls, a, a.Complete, a.End) {
			verdict = checkers.Valid
		}
	}
	return verdict
}

// granted says whether a call was known to have been granted the lock.
func granted(calls []history.Call, a history.Call, at int) bool {
	return a.F == "acquire" && a.Type == history.OK && a.Complete <= at && !undone(calls, a)
}

// renewed says whether the owner was granted the lock again after a grant.
func renewed(calls []history.Call, a history.Call, at int) bool {
	return slices.ContainsFunc(calls, func(b history.Call) bool {
		return granted(calls, b, at) && b.In.Equal(a.In) && b.Invoke > a.Complete
	})
}

func holds(calls []history.Call, a history.Call, at int, now time.Duration) bool {
	items, _ := a.Out.Items()
	granted, _ := items[0].Int()
	if now >= a.Start+time.Duration(granted)*time.Millisecond-skew || undone(calls, a) {
		return false
	}
	return !slices.ContainsFunc(calls, func(r history.Call) bool {
		return r.F == "release" && r.Type != history.Fail && r.In.Equal(a.In) && r.Invoke > a.Invoke && r.Invoke < at
	})
}

// undone says that a release which began before an acquire may come after it.
func undone(calls []history.Call, a history.Call) bool {
	return slices.ContainsFunc(calls, func(r history.Call) bool {
		return r.F == "release" && r.In.Equal(a.In) && r.Invoke < a.Invoke && (r.Type == history.Info || r.Type == history.OK && r.Complete > a.Invoke)
	})
}

// good is a history of clients who take turns, each with a lease of its own.
func good(operations int) *history.History {
	h := &history.History{}
	for i := range operations / 2 {
		for _, op := range []history.Op{{F: "acquire"}, {F: "acquire", Type: history.OK, Value: history.Ints(10_000, i)}, {F: "release"}, {F: "release", Type: history.OK}} {
			op.Index, op.Process, op.Time = len(h.Ops), i%5, time.Duration(len(h.Ops))*time.Millisecond
			h.Ops = append(h.Ops, op)
		}
	}
	return h
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for seed := range uint64(20) {
		h := good(2000)
		at := 4*rand.New(rand.NewPCG(seed, 4)).IntN(900) + 2
		h.Ops[at+1].Type, h.Ops[at+1].Error = history.Fail, "refused"
		if got := check(t, h); got.Validity != checkers.Invalid || !slices.Contains(got.Findings[0].Context, at-2) || !script.PointsAtCalls(t, h, got) {
			t.Errorf("seed %d: %v: %s", seed, got.Validity, got.Reason)
		}
	}
}

func BenchmarkLease(b *testing.B) {
	for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
		h := good(operations)
		b.Run(fmt.Sprint("operations=", operations), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if v := check(b, h); v.Validity != checkers.Valid {
					b.Fatal(v.Reason)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(operations), "ns/operation")
		})
	}
}
