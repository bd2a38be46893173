package linearizability

import (
	"context"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// hard is a history of one key that porcupine does not decide in any bearable
// time, though it is legal: many clients are at work at once.
func hard() *history.History { return crowded(3000) }

func crowded(operations int) *history.History {
	random := rand.New(rand.NewPCG(7, 7))
	c := script.Clients{Random: random, System: &reg{random: random, values: 4}}
	return c.Work(60, operations)
}

// join is several histories one after another, on keys of their own, with
// processes of their own.
func join(all map[string]*history.History, order ...string) *history.History {
	joined := &history.History{}
	process := 0
	for _, key := range order {
		most := 0
		for _, op := range all[key].Ops {
			most = max(most, op.Process+1)
			op.Index, op.Key, op.Process = len(joined.Ops), key, op.Process+process
			joined.Ops = append(joined.Ops, op)
		}
		process += most
	}
	return joined
}

func withBudget(t *testing.T, c checkers.Checker, h *history.History, budget time.Duration) checkers.Verdict {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), budget)
	defer cancel()
	began := time.Now()
	v, err := c.Check(ctx, h)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > budget+20*time.Second {
		t.Errorf("a budget of %v took %v", budget, took)
	}
	return v
}

func TestOneIllegalKeyIsEnough(t *testing.T) {
	h := join(map[string]*history.History{
		"hard": hard(),
		"bad":  script.Parse(t, "0 invoke write 1\n0 ok write 1\n0 invoke read\n0 ok read 9"),
	}, "hard", "bad")
	got := withBudget(t, Register(), h, time.Second)
	if got.Validity != checkers.Invalid || !strings.HasPrefix(got.Reason, "1 of 2 registers is not linearizable") ||
		!strings.Contains(got.Reason, "1 other is undecided") {
		t.Errorf("%v: %s", got.Validity, got.Reason)
	}
}

func TestAnUndecidedKeyIsNamed(t *testing.T) {
	h := join(map[string]*history.History{
		"hard": hard(),
		"good": script.Parse(t, "0 invoke write 1\n0 ok write 1\n0 invoke read\n0 ok read 1"),
	}, "hard", "good")
	got := withBudget(t, Register(), h, time.Second)
	for _, want := range []string{"1 of 2 registers is undecided", `"hard" (3,000 operations)`, "The other 2 operations on 1 key are linearizable"} {
		if got.Validity != checkers.Unknown || !strings.Contains(got.Reason, want) {
			t.Errorf("%v: %s", got.Validity, got.Reason)
		}
	}
}

func TestASearchThatOutgrowsItsMemoryIsUnknown(t *testing.T) {
	c := checker{search: searchWithin(4 << 20), workers: 1}
	got := withBudget(t, c, hard(), time.Minute)
	if got.Validity != checkers.Unknown || !strings.Contains(got.Reason, `out of memory on "x"`) {
		t.Errorf("%v: %s", got.Validity, got.Reason)
	}
}

// sampling is a context that looks at the heap whenever it is asked.
type sampling struct {
	context.Context
	asked int
	most  uint64
}

func (s *sampling) Err() error {
	if s.asked++; s.asked%25 == 0 {
		s.most = max(s.most, liveHeap())
	}
	return s.Context.Err()
}

func liveHeap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// The budget of memory counts entries. This holds the figure for what an entry
// costs to account.
func TestMemoryStaysWithinTheBudget(t *testing.T) {
	const budget = 16 << 20
	for _, operations := range []int{300, 3000} {
		r := opened(t, crowded(operations))
		before := liveHeap()
		ctx := &sampling{Context: t.Context()}
		if got := searchWithin(budget)(ctx, r.ops); got != tooBig {
			t.Fatalf("%d operations: outcome %d", operations, got)
		}
		used := int(ctx.most) - int(before)
		if used > budget*5/4 || used < budget/4 {
			t.Errorf("%d operations: %d MiB live of a budget of %d MiB", operations, used>>20, budget>>20)
		}
		t.Logf("%d operations: %d MiB live of a budget of %d MiB", operations, used>>20, budget>>20)
	}
}

func TestNoGoroutineOutlivesACheck(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 5 {
		withBudget(t, Register(), hard(), 20*time.Millisecond)
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

// uncertain is a history with many writes of unknown outcome, and an illegal end.
func uncertain(t *testing.T, n, values int, end string) *history.History {
	t.Helper()
	var b strings.Builder
	for i := range n {
		value := 1000 + i
		if values > 0 {
			value = i % values
		}
		for _, f := range []string{"invoke write", "info write"} {
			b.WriteString(strings.Join([]string{history.Int(100 + i).String(), f, history.Int(value).String()}, " ") + "\n")
		}
	}
	return script.Parse(t, b.String()+end)
}

func TestManyWritesOfUnknownOutcomeDoNotExplode(t *testing.T) {
	const good = "0 invoke write 1\n0 ok write 1\n0 invoke read\n0 ok read 1\n"
	const stale = good + "0 invoke write 2\n0 ok write 2\n0 invoke read\n0 ok read 1\n"
	const refused = good + "0 invoke cas [1,7]\n0 fail cas [1,7] !mismatch\n"
	cases := []struct {
		name   string
		h      *history.History
		want   checkers.Validity
		decide bool
	}{
		{"legal", uncertain(t, 100, 0, good), checkers.Valid, true},
		{"stale", uncertain(t, 100, 0, stale), checkers.Invalid, true},
		{"refused", uncertain(t, 100, 0, refused), checkers.Valid, true},
		{"refused and there", uncertain(t, 100, 0, refused+"0 invoke read\n0 ok read 1\n"), checkers.Invalid, true},
		{"few values, explained", uncertain(t, 100, 5, stale), checkers.Valid, true},
		{"few values, illegal", uncertain(t, 100, 2, strings.Repeat(stale, 60)), checkers.Invalid, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := withBudget(t, Register(), c.h, 5*time.Second)
			if got.Validity != c.want && (c.decide || got.Validity != checkers.Unknown) {
				t.Errorf("%v: %s, want %v", got.Validity, got.Reason, c.want)
			}
			t.Logf("%v: %s", got.Validity, got.Reason)
		})
	}
}

func TestAPanicEndsUpWithTheCaller(t *testing.T) {
	c := checker{search: func(context.Context, []operation) outcome { panic("broken") }, workers: 2}
	got, err := checkers.All("all", c).Check(t.Context(), script.Parse(t, known[0].text))
	if err != nil || got.Validity != checkers.Unknown || !strings.Contains(got.Reason, "broken") {
		t.Errorf("%v: %s, %v", got.Validity, got.Reason, err)
	}
}
