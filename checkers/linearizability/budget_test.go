package linearizability

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/keyvalue"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// hard is a history of one key that nobody decides in any bearable time: clients
// append to a string at the same time, in any of n! orders, none of which gives
// what is read at last.
func hard(t *testing.T, n int, key string) *history.History {
	t.Helper()
	var b strings.Builder
	for _, f := range []string{"invoke", "ok"} {
		for client := range n {
			fmt.Fprintf(&b, "%d %s append \"%c\" key=%s\n", client, f, 'a'+client, key)
		}
	}
	fmt.Fprintf(&b, "0 invoke get key=%s\n0 ok get %q key=%s\n", key, strings.Repeat("a", n), key)
	return script.Parse(t, b.String())
}

// following is one history after another, with processes of its own.
func following(first, second *history.History) *history.History {
	joined := &history.History{Ops: append([]history.Op(nil), first.Ops...)}
	for _, op := range second.Ops {
		op.Index, op.Process, op.Time = len(joined.Ops), op.Process+1000, op.Time+time.Hour
		joined.Ops = append(joined.Ops, op)
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

// little is a checker of strings that has little memory.
func little(bytes int) checkers.Checker {
	return promise{of: keyvalue.Strings(), memory: bytes, workers: 1}
}

func TestOneIllegalKeyIsEnough(t *testing.T) {
	bad := script.Parse(t, `0 invoke put "x" key=bad
		0 ok put "x" key=bad
		0 invoke get key=bad
		0 ok get "y" key=bad`)
	got := withBudget(t, little(8<<20), following(hard(t, 25, "hard"), bad), 2*time.Second)
	if got.Validity != checkers.Invalid || !strings.HasPrefix(got.Reason, "1 of 2 ") || !strings.Contains(got.Reason, "1 other is undecided") {
		t.Errorf("%v: %s", got.Validity, got.Reason)
	}
}

func TestAnUndecidedKeyIsNamed(t *testing.T) {
	good := script.Parse(t, `0 invoke put "x" key=good
		0 ok put "x" key=good
		0 invoke get key=good
		0 ok get "x" key=good`)
	for memory, why := range map[int]string{1 << 20: "out of memory", 1 << 30: "out of time"} {
		got := withBudget(t, little(memory), following(hard(t, 25, "hard"), good), time.Second)
		for _, want := range []string{"1 of 2 ", why + ` on "hard" (26 operations`, "The other 2 operations on 1 key are linearizable"} {
			if got.Validity != checkers.Unknown || !strings.Contains(got.Reason, want) {
				t.Errorf("%v: %s; want %s", got.Validity, got.Reason, want)
			}
		}
	}
}

func TestNoGoroutineOutlivesACheck(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 5 {
		withBudget(t, little(64<<20), hard(t, 25, "hard"), 20*time.Millisecond)
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

// uncertain is a history with many writes of unknown outcome, and an end.
func uncertain(t *testing.T, n, values int, end string) *history.History {
	t.Helper()
	var b strings.Builder
	for i := range n {
		value := 1000 + i
		if values > 0 {
			value = i % values
		}
		fmt.Fprintf(&b, "%d invoke write %d\n%d info write %d\n", 100+i, value, 100+i, value)
	}
	return script.Parse(t, b.String()+end)
}

func TestManyWritesOfUnknownOutcomeDoNotExplode(t *testing.T) {
	const good = "0 invoke write 1\n0 ok write 1\n0 invoke read\n0 ok read 1\n"
	const stale = good + "0 invoke write 2\n0 ok write 2\n0 invoke read\n0 ok read 1\n"
	const refused = good + "0 invoke cas [1,7]\n0 fail cas [1,7] !mismatch\n"
	for _, c := range []struct {
		name string
		h    *history.History
		want checkers.Validity
	}{
		{"legal", uncertain(t, 1000, 0, good), checkers.Valid},
		{"stale", uncertain(t, 1000, 0, stale), checkers.Invalid},
		{"refused", uncertain(t, 1000, 0, refused), checkers.Valid},
		{"refused and there", uncertain(t, 1000, 0, refused+"0 invoke read\n0 ok read 1\n"), checkers.Invalid},
		{"few values, explained", uncertain(t, 1000, 5, stale), checkers.Valid},
		{"few values, illegal", uncertain(t, 100, 2, strings.Repeat(stale, 60)), checkers.Invalid},
	} {
		got := withBudget(t, Register(), c.h, 20*time.Second)
		if got.Validity != c.want {
			t.Errorf("%s: %v: %s, want %v", c.name, got.Validity, got.Reason, c.want)
		}
	}
}

func TestAPanicEndsUpWithTheCaller(t *testing.T) {
	broken := object.Type{Name: "thing", Open: func(history.KeyCalls) (object.Object, error) { return thing{}, nil }}
	got, err := checkers.All("all", New(broken)).Check(t.Context(), script.Parse(t, "0 invoke do\n0 ok do"))
	if err != nil || got.Validity != checkers.Unknown || !strings.Contains(got.Reason, "broken step") {
		t.Errorf("%v: %s, %v", got.Validity, got.Reason, err)
	}
}

// thing is an object that nothing can be done with.
type thing struct{}

func (thing) Ops() []object.Op      { return []object.Op{{Start: 0, End: 1}} }
func (thing) Initial() object.State { return 0 }
func (thing) Observer(int32) bool   { return false }
func (thing) Verb(object.Op) string { return "did something" }
func (thing) Step(object.State, int32) (object.State, bool) {
	panic("broken step")
}

func TestWhatHasNoKnownOutcomeProvesNothing(t *testing.T) {
	for _, text := range []string{"", "0 invoke write 1\n0 info write 1", "0 invoke write 1\n0 fail write 1", "0 invoke read"} {
		v, err := Register().Check(t.Context(), script.Parse(t, text))
		if err != nil || v.Validity != checkers.Unknown || v.Reason == "" {
			t.Errorf("%q is %v, %v: %s", text, v.Validity, err, v.Reason)
		}
	}
}

// contrary is an object whose monitor contradicts everybody else.
type contrary struct{ thing }

func (contrary) Step(s object.State, _ int32) (object.State, bool) { return s, true }
func (contrary) Monitor(ops []object.Op) (object.Outcome, []int)   { return object.Illegal, []int{0} }

func TestAMistakeOfAssayIsNoVerdict(t *testing.T) {
	of := object.Type{Name: "thing", Open: func(history.KeyCalls) (object.Object, error) { return contrary{}, nil }}
	v, err := New(of).Check(t.Context(), script.Parse(t, "0 invoke do\n0 ok do"))
	if err != nil || v.Validity != checkers.Unknown || !strings.Contains(v.Reason, "mistake in Assay") {
		t.Errorf("%v, %v: %s", v.Validity, err, v.Reason)
	}
}
