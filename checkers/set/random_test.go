package set_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/distribution"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/set"
	"github.com/assaykit/assay/harness/history"
)

// grow is a correct set whose clients are sometimes lied to.
type grow struct {
	random *rand.Rand
	lies   float64
	last   int
	now    []int
}

func (g *grow) lie() bool { return g.random.Float64() < g.lies }

func (g *grow) Next() history.Op {
	if g.random.IntN(2) == 0 {
		return history.Op{F: "read", Key: "s"}
	}
	if g.last == 0 || g.random.IntN(8) > 0 {
		g.last++
		return history.Op{F: "add", Key: "s", Value: history.Int(g.last)}
	}
	return history.Op{F: "add", Key: "s", Value: history.Int(1 + g.random.IntN(g.last))} // once more
}

func (g *grow) Effect(op history.Op) any {
	n, _ := op.Value.Int()
	if op.F == "add" && !g.lie() && !slices.Contains(g.now, n) {
		g.now = append(slices.Clone(g.now), n)
	}
	return g.now
}

func (g *grow) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	if op.F == "add" {
		if g.lie() && g.random.IntN(5) == 0 {
			return history.Fail, op.Value, "refused"
		}
		return history.OK, op.Value, ""
	}
	elements := slices.Clone(answer.([]int))
	if len(elements) > 0 && g.lie() {
		at := g.random.IntN(len(elements))
		elements = slices.Delete(elements, at, at+1)
	}
	if g.lie() && g.random.IntN(4) == 0 {
		elements = append(elements, 1+g.random.IntN(g.last+1))
	}
	if len(elements) == 0 && g.random.IntN(2) == 0 {
		return history.OK, history.Value{}, ""
	}
	return history.OK, history.Ints(elements...), ""
}

// oracle decides by trying all orders, from the definition and straight from the
// calls.
func oracle(calls []history.Call) bool {
	calls = slices.DeleteFunc(slices.Clone(calls), func(c history.Call) bool {
		return c.Type == history.Fail || c.F == "read" && c.Type == history.Info
	})
	return anyOrder(calls, 0, nil)
}

func anyOrder(calls []history.Call, taken uint, has []int) bool {
	firstEnd, done := 1<<62, true
	for i, call := range calls {
		if taken&(1<<i) == 0 && call.Type != history.Info {
			firstEnd, done = min(firstEnd, call.Complete), false
		}
	}
	if done {
		return true
	}
	for i, call := range calls {
		if taken&(1<<i) != 0 || call.Invoke > firstEnd {
			continue
		}
		if next, ok := apply(call, has); ok && anyOrder(calls, taken|1<<i, next) {
			return true
		}
	}
	return false
}

// apply is the sequential specification.
func apply(call history.Call, has []int) ([]int, bool) {
	if n, _ := call.In.Int(); call.F == "add" {
		if slices.Contains(has, n) {
			return has, true
		}
		return append(slices.Clone(has), n), true
	}
	items, _ := call.Out.Items()
	var got []int
	for _, item := range items {
		n, _ := item.Int()
		got = append(got, n)
	}
	slices.Sort(got)
	want := slices.Clone(has)
	slices.Sort(want)
	return has, slices.Equal(got, want)
}

func smallHistory(random *rand.Rand) *history.History {
	g := &grow{random: random, lies: []float64{0, 0.05, 0.2}[random.IntN(3)]}
	c := script.Clients{Random: random, System: g, Trouble: []float64{0, 0.1, 0.3}[random.IntN(3)]}
	return c.Work(2+random.IntN(4), 2+random.IntN(9))
}

func TestRandomHistoriesAreJudgedLikeByTryingAllOrders(t *testing.T) {
	tally := &script.Tally{}
	script.Try(t, 10_000, 1, func(t *testing.T, random *rand.Rand) bool {
		h := smallHistory(random)
		got, err := set.New().Check(t.Context(), h)
		if err != nil {
			t.Error(err)
			return false
		}
		want := checkers.Invalid
		if oracle(h.Calls()) {
			want = checkers.Valid
			if !readAfterAcknowledgement(h.Calls()) {
				want = checkers.Unknown
			}
		}
		tally.Count(want.String())
		if got.Validity != want {
			t.Errorf("%v (%s), want %v:\n%s", got.Validity, got.Reason, want, script.String(h))
			return false
		}
		if want == checkers.Invalid {
			for _, f := range got.Findings {
				tally.Count(f.Anomaly)
			}
			return script.PointsAtCalls(t, h, got)
		}
		return true
	})
	tally.Log(t)
}

// readAfterAcknowledgement says that some element was looked for at all.
func readAfterAcknowledgement(calls []history.Call) bool {
	for _, add := range calls {
		for _, read := range calls {
			if add.F == "add" && add.Type == history.OK && read.F == "read" && read.Type == history.OK && read.Invoke > add.Complete {
				return true
			}
		}
	}
	return false
}

func TestRandomHistoriesAreMeasuredByTheDefinition(t *testing.T) {
	script.Try(t, 2000, 5, func(t *testing.T, random *rand.Rand) bool {
		h := smallHistory(random)
		got, err := set.New().Check(t.Context(), h)
		if err != nil {
			t.Error(err)
			return false
		}
		if slices.ContainsFunc(got.Findings, func(f checkers.Finding) bool { return f.Anomaly == set.Phantom }) {
			return true // such elements are known at no time
		}
		visible, kept := measured(h.Calls())
		for name, want := range map[string][]time.Duration{"(stable latency)": visible, "(lost latency)": kept} {
			said := ""
			for _, s := range got.Stats {
				if strings.HasSuffix(s.Name, name) {
					said = s.Value
				}
			}
			if text := distribution.Of(want).String(); len(want) > 0 && !strings.HasPrefix(said, text) || len(want) == 0 && said != "" {
				t.Errorf("%s: %q, want %v:\n%s", name, said, want, script.String(h))
				return false
			}
		}
		return true
	})
}

// measured are the stable and the lost latencies of all elements, in loops over
// everything.
func measured(calls []history.Call) (visible, kept []time.Duration) {
	has := func(c history.Call, element history.Value) bool {
		items, _ := c.Out.Items()
		return c.F == "read" && c.Type == history.OK && slices.ContainsFunc(items, element.Equal)
	}
	var elements []history.Value
	for _, c := range calls {
		if c.F == "add" && !slices.ContainsFunc(elements, c.In.Equal) {
			elements = append(elements, c.In)
		}
	}
	for _, element := range elements {
		known := history.Call{Complete: -1}
		for _, c := range calls {
			if (has(c, element) || c.F == "add" && c.Type == history.OK && c.In.Equal(element)) && (known.Complete < 0 || c.Complete < known.Complete) {
				known = c
			}
		}
		var last history.Call // the last read, with or without it
		lastWith, lastWithout := known.End, known.End
		followed := false
		for _, c := range calls {
			if known.Complete < 0 || c.F != "read" || c.Type != history.OK {
				continue
			}
			if has(c, element) {
				if c.Complete > last.Complete || last.F == "" {
					last, lastWith = c, max(known.End, c.Start)
				}
			} else if c.Invoke > known.Complete {
				lastWithout = max(lastWithout, c.Start)
			}
			followed = followed || c.Invoke > known.Complete
		}
		lost := slices.ContainsFunc(calls, func(c history.Call) bool {
			return c.F == "read" && c.Type == history.OK && c.Invoke > known.Complete && (last.F == "" || c.Invoke > last.Complete)
		})
		switch {
		case !followed:
		case lost:
			kept = append(kept, lastWith-known.End)
		default:
			visible = append(visible, lastWithout-known.End)
		}
	}
	return visible, kept
}
