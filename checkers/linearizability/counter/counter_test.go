package counter

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/internal/cases"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestKnownHistories(t *testing.T) {
	cases.Check(t, func(cases.Case) checkers.Checker { return New() }, *update, known)
}

var known = []struct{ Name, Want, History string }{
	{"counted by one", "valid", `
		1 invoke read
		1 ok read null
		0 invoke add 1
		0 ok add 1
		0 invoke add-and-get 1
		0 ok add-and-get 2
		1 invoke read
		1 ok read 2`},
	{"counters of their own", "valid", `
		0 invoke add 1 key=a
		0 ok add 1 key=a
		1 invoke read key=b
		1 ok read 0 key=b`},
	{"a crashed add counts later, or never", "valid", `
		0 invoke add 1
		0 info add 1 !timeout
		1 invoke add 1
		1 info add 1 !timeout
		2 invoke read
		2 ok read 0
		2 invoke read
		2 ok read 1`},
	{"up and down", "valid", `
		0 invoke add 5
		1 invoke add -2
		2 invoke read
		2 ok read -2
		0 ok add 5
		1 ok add -2
		2 invoke read
		2 ok read 3`},
	{"a refused add does not count", "valid", `
		0 invoke add 1
		0 fail add 1 !refused
		1 invoke read
		1 ok read 0`},
	{"a lost add", "too-low", `
		0 invoke add 1 node=n1 key=k
		0 ok add 1 node=n1 key=k
		0 invoke add 1 node=n1 key=k
		0 ok add 1 node=n1 key=k
		1 invoke read node=n2 key=k
		1 ok read 1 node=n2 key=k`},
	{"an add that was not seen, after others were", "too-low", `
		0 invoke add 1
		2 invoke add 1
		1 invoke read
		1 ok read 1
		3 invoke add 1
		3 ok add 1
		1 invoke read
		1 ok read 1
		0 ok add 1
		2 ok add 1`},
	{"more than was added", "too-high", `
		0 invoke add 1
		0 ok add 1
		1 invoke read
		1 ok read 2
		0 invoke add 1
		0 ok add 1`},
	{"back", "went-back", `
		0 invoke add 1
		1 invoke read
		1 ok read 1
		1 invoke read
		1 ok read 0
		0 ok add 1`},
	{"counted twice", "counted-twice", `
		0 invoke add-and-get 1
		1 invoke add-and-get 1
		0 ok add-and-get 1
		1 ok add-and-get 1`},
	{"no multiple of two", "impossible", `
		0 invoke add 2
		1 invoke read
		1 ok read 1
		0 ok add 2`},
	{"fell too far", "too-high", `
		0 invoke add -1
		0 ok add -1
		1 invoke read
		1 ok read -2`},
	{"no room", "not-linearizable", `
		0 invoke add-and-get 1
		1 invoke add 1
		1 ok add 1
		0 ok add-and-get 1
		2 invoke add-and-get 1
		2 ok add-and-get 2`},
	{"out of bounds", "too-low", `
		0 invoke add 5
		0 ok add 5
		1 invoke add -2
		2 invoke read
		2 ok read 2
		1 ok add -2`},
	{"within bounds, but no sum", "not-linearizable", `
		0 invoke add 5
		1 invoke add 3
		2 invoke read
		2 ok read 4
		0 ok add 5
		1 ok add 3`},
	{"nothing", "unknown", ``},
	{"nobody was told a number", "unknown", `
		0 invoke add 1
		0 ok add 1`},
	{"no integer", "unknown", `
		0 invoke add "1"
		0 ok add "1"`},
	{"too great to count with", "unknown", `
		0 invoke add 4611686018427387904
		0 ok add 1`},
	{"another operation", "unknown", `
		0 invoke set 1 key=k
		0 ok set 1 key=k`},
}

// good is a history of a counter that is valid by construction.
func good(clients, operations int, deltas []int, trouble float64, seed uint64) *history.History {
	random := rand.New(rand.NewPCG(seed, 3))
	c := script.Clients{Random: random, System: &abacus{random: random, deltas: deltas, answering: 0.1}, Trouble: trouble}
	return c.Work(clients, operations)
}

func verdict(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := New().Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(10) {
		for _, deltas := range [][]int{{1}, {-3}} {
			for _, trouble := range []float64{0, 0.02, 0.2} {
				if got := verdict(t, good(5, 1000, deltas, trouble, seed)); got.Validity != checkers.Valid {
					t.Errorf("seed %d, trouble %v, of %v: %v: %s", seed, trouble, deltas, got.Validity, got.Reason)
				}
			}
		}
	}
}

// mutations each change the number that a read of a good history was told, and name
// what may be found.
var mutations = []struct {
	name   string
	change int
	expect []string
}{
	{"adds are lost", -100, []string{TooLow, WentBack}},
	{"a number comes out of nowhere", 10_000, []string{TooHigh}},
	{"the number runs ahead", 100, []string{TooHigh, WentBack, NotLinearizable}},
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(20) {
				h := good(5, 1000, []int{1}, 0, seed)
				spoil(h, m.change)
				if got := verdict(t, h); !slices.Contains(m.expect, cases.Said(t, h, got)) {
					t.Errorf("seed %d: %v: %s", seed, got.Validity, got.Reason)
				}
			}
		})
	}
}

// spoil changes the number that a read in the middle was told.
func spoil(h *history.History, change int) {
	for i := len(h.Ops) / 2; ; i++ {
		if n, told := h.Ops[i].Value.Int(); told && h.Ops[i].F == "read" && h.Ops[i].Type == history.OK {
			h.Ops[i].Value = history.Int(n + change)
			return
		}
	}
}

func BenchmarkCounter(b *testing.B) {
	open := func(k history.KeyCalls) (object.Object, error) { return parse(k) }
	for _, operations := range []int{1000, 10_000, 100_000, 1_000_000} {
		h := good(10, operations, []int{1}, 0.01, 1)
		b.Run(fmt.Sprintf("operations=%d/valid", operations), func(b *testing.B) {
			cases.Measure(b, New(), h, checkers.Valid, open)
		})
		broken := &history.History{Ops: slices.Clone(h.Ops)}
		spoil(broken, -100)
		b.Run(fmt.Sprintf("operations=%d/low", operations), func(b *testing.B) {
			cases.Measure(b, New(), broken, checkers.Invalid, open)
		})
	}
}
