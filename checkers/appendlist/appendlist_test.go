package appendlist_test

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/appendlist"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := appendlist.New().Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// known are histories and their verdicts: valid, unknown, or the anomalies in the
// order of the findings.
var known = []struct{ name, want, text string }{
	{"appended and read", "valid", `
		0 invoke append 1
		0 ok append 1
		0 invoke append 2
		0 ok append 2
		1 invoke read
		1 ok read [1,2]`},
	{"null is the empty list", "valid", `
		1 invoke read
		1 ok read null
		0 invoke append 1
		0 ok append 1
		1 invoke read
		1 ok read [1]`},
	{"concurrent appends in either order", "valid", `
		0 invoke append 1
		1 invoke append 2
		0 ok append 1
		1 ok append 2
		2 invoke read
		2 ok read [2,1]`},
	{"a crashed append may happen late or never", "valid", `
		0 invoke append 1
		0 info append 1 !timeout
		1 invoke append 2
		1 info append 2 !timeout
		2 invoke append 3
		2 ok append 3
		2 invoke read
		2 ok read [3]
		2 invoke read
		2 ok read [3,1]`},
	{"lists of their own", "valid", `
		0 invoke append 1 key=a
		0 ok append 1 key=a
		0 invoke append 1 key=b
		0 ok append 1 key=b
		1 invoke read key=b
		1 ok read [1] key=b
		1 invoke read key=a
		1 ok read [1] key=a`},
	{"lost at once", "lost", `
		0 invoke append 1 node=n1 key=l3
		0 ok append 1 node=n1 key=l3
		1 invoke read node=n2 key=l3
		1 ok read [] node=n2 key=l3`},
	{"lost after it was seen", "lost", `
		0 invoke append 1
		0 info append 1 !timeout
		1 invoke read
		1 ok read [1]
		1 invoke read
		1 ok read []`},
	{"lost from the middle", "lost", `
		0 invoke append 1
		0 ok append 1
		0 invoke append 2
		0 ok append 2
		1 invoke read
		1 ok read [1,2]
		0 invoke append 3
		0 ok append 3
		1 invoke read
		1 ok read [1,3]`},
	{"lost after it was seen again", "lost", `
		0 invoke append 1
		0 ok append 1
		1 invoke read
		1 ok read []
		1 invoke read
		1 ok read [1]
		1 invoke read final
		1 ok read [] final`},
	{"stale", "stale", `
		0 invoke append 1
		0 ok append 1
		1 invoke read at=1s
		1 ok read [] at=2s
		1 invoke read at=3s
		1 ok read [1] at=4s`},
	{"a newer element, but not an older one", "lost", `
		2 invoke read
		0 invoke append 1
		0 ok append 1
		1 invoke append 2
		1 ok append 2
		2 ok read [2]
		2 invoke read
		2 ok read [2]`},
	{"a newer element, but never an older one", "stale", `
		2 invoke read
		3 invoke read
		0 invoke append 1
		0 ok append 1
		1 invoke append 2
		1 ok append 2
		2 ok read [2]
		3 ok read [2]
		1 invoke read
		1 info read !timeout`},
	{"reads that contradict each other", "diverged", `
		0 invoke append 1
		1 invoke append 2
		2 invoke read node=n2
		3 invoke read node=n3
		2 ok read [1] node=n2
		3 ok read [2] node=n3
		0 ok append 1
		1 ok append 2`},
	{"an order that changes", "diverged", `
		0 invoke append 1
		1 invoke append 2
		0 ok append 1
		1 ok append 2
		2 invoke read
		2 ok read [1,2]
		0 invoke append 3
		0 ok append 3
		2 invoke read
		2 ok read [2,1,3]`},
	{"an order against real time", "reordered", `
		0 invoke append 1
		0 ok append 1
		0 invoke append 2
		0 ok append 2
		1 invoke read
		1 ok read [2,1]`},
	{"never appended", "phantom", `
		0 invoke append 1
		0 ok append 1
		1 invoke read
		1 ok read [1,9,9]`},
	{"refused and read", "phantom", `
		0 invoke append 1
		0 fail append 1 !refused
		1 invoke read
		1 ok read [1]`},
	{"read before it was appended", "phantom", `
		1 invoke read
		1 ok read [1]
		0 invoke append 1
		0 ok append 1`},
	{"twice in a read", "duplicated", `
		0 invoke append 1
		0 ok append 1
		1 invoke read
		1 ok read [1,1]`},
	{"tried again after it certainly failed", "valid", `
		0 invoke append 1
		0 fail append 1 !no leader
		0 invoke append 1
		0 ok append 1
		1 invoke read
		1 ok read [1]`},
	{"perhaps appended twice", "unknown", `
		0 invoke append 1
		0 info append 1 !timeout
		2 invoke append 1
		2 ok append 1
		1 invoke read
		1 ok read [1,1]`},
	{"perhaps appended twice, and there three times", "duplicated", `
		0 invoke append 1
		0 info append 1 !timeout
		2 invoke append 1
		2 ok append 1
		1 invoke read
		1 ok read [1,1,1]`},
	{"nothing", "unknown", ``},
	{"nothing read", "unknown", `
		0 invoke append 1
		0 ok append 1
		1 invoke read
		1 info read !timeout`},
	{"nothing read after an acknowledgement", "unknown", `
		1 invoke read
		1 ok read []
		0 invoke append 1
		0 ok append 1`},
	{"an operation of another kind", "unknown", `
		0 invoke remove 1
		0 ok remove 1`},
	{"an element that is no integer", "unknown", `
		0 invoke append "a"
		0 ok append "a"`},
	{"a read of an integer", "unknown", `
		0 invoke read
		0 ok read 1`},
	{"a read of a list of lists", "unknown", `
		0 invoke read
		0 ok read [[1]]`},
}

func TestKnownHistories(t *testing.T) {
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			h := script.Parse(t, c.text)
			got := check(t, h)
			said := got.Validity.String()
			if got.Validity == checkers.Invalid {
				said = got.Findings[0].Anomaly
				script.PointsAtCalls(t, h, got)
			}
			if said != c.want || len(got.Findings) > 1 || got.Reason == "" {
				t.Errorf("%s, want %s: %s %+v", said, c.want, got.Reason, got.Findings)
			}
		})
	}
}

// The golden file is there to be read: it has every kind of explanation.
func TestExplanationsCanBeFollowed(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		all.WriteString(script.Explained(c.name, check(t, script.Parse(t, c.text))))
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}

func TestHowLongElementsWereMissingIsTold(t *testing.T) {
	got := check(t, script.Parse(t, `
		0 invoke append 1 at=1s
		0 ok append 1 at=2s
		0 invoke append 2 at=3s
		0 ok append 2 at=4s
		1 invoke read at=5s
		1 ok read [1] at=5s
		1 invoke read at=6s
		1 ok read [] at=7s
		1 invoke read at=8s
		1 ok read [1,2] at=9s
		0 invoke append 3 at=9s
		0 ok append 3 at=10s
		1 invoke read at=12s
		1 ok read [1,2] at=13s`))
	stats := map[string]string{}
	for _, s := range got.Stats {
		stats[s.Name] = s.Value
	}
	for name, want := range map[string]string{
		"elements stale": "2", "elements lost": "1", "elements never read after their acknowledgement": "0",
		"time until an element was in every read (stable latency)": "min 2s, p50 2s, p95 4s, p99 4s, max 4s, of 2",
		"time for which a stale element was missing":               "min 2s, p50 2s, p95 4s, p99 4s, max 4s, of 2",
		"time until a lost element was last seen (lost latency)":   "min 0s, p50 0s, p95 0s, p99 0s, max 0s, of 1",
	} {
		if stats[name] != want {
			t.Errorf("%s: %q, want %q", name, stats[name], want)
		}
	}
}

// good is a history of a list that is valid by construction.
func good(operations int, trouble float64, seed uint64) *history.History {
	random := rand.New(rand.NewPCG(seed, 3))
	c := script.Clients{Random: random, System: &grow{random: random}, Trouble: trouble}
	return c.Work(5, operations)
}

func TestGoodBigHistoriesAreValid(t *testing.T) {
	for seed := range uint64(20) {
		for _, trouble := range []float64{0, 0.02, 0.2} {
			if got := check(t, good(300, trouble, seed)); got.Validity != checkers.Valid {
				t.Errorf("seed %d, trouble %v: %v: %s", seed, trouble, got.Validity, got.Reason)
			}
		}
	}
}

// mutations each break a good history, given the reads that were answered with
// elements, and name what must be found.
var mutations = []struct {
	name, expect string
	spoil        func(h *history.History, reads []history.Call, at int)
}{
	{"a read is shorter once", appendlist.Stale, func(h *history.History, reads []history.Call, at int) {
		items, _ := reads[at].Out.Items()
		h.Ops[reads[at].Complete].Value = history.List(items[:1]...)
	}},
	{"an element in the middle is missing once", appendlist.Diverged, func(h *history.History, reads []history.Call, at int) {
		h.Ops[reads[at].Complete].Value = without(reads[at].Out, 3)
	}},
	{"an element is missing from then on", appendlist.Lost, func(h *history.History, reads []history.Call, at int) {
		items, _ := reads[at].Out.Items()
		for _, read := range reads[at:] {
			now, _ := read.Out.Items()
			for i := range now {
				if now[i].Equal(items[0]) {
					h.Ops[read.Complete].Value = without(read.Out, i)
				}
			}
		}
	}},
	{"an element comes out of nowhere", appendlist.Phantom, func(h *history.History, reads []history.Call, at int) {
		items, _ := reads[at].Out.Items()
		h.Ops[reads[at].Complete].Value = history.List(append(items[:len(items):len(items)], history.Int(-1))...)
	}},
	{"an element is there twice", appendlist.Duplicated, func(h *history.History, reads []history.Call, at int) {
		items, _ := reads[at].Out.Items()
		h.Ops[reads[at].Complete].Value = history.List(append(items[:len(items):len(items)], items[0])...)
	}},
	{"two elements change places once", appendlist.Diverged, func(h *history.History, reads []history.Call, at int) {
		swap(h, reads[at], 2, 3)
	}},
	{"two elements change places in all reads", appendlist.Reordered, func(h *history.History, reads []history.Call, at int) {
		for _, read := range h.Calls() {
			switch items, _ := read.Out.Items(); {
			case read.F != "read" || read.Type != history.OK || len(items) < 2:
			case len(items) < 11:
				h.Ops[read.Complete].Type = history.Info // it may have one of the two
			default:
				swap(h, read, 0, 10)
			}
		}
	}},
	{"an append was refused all the same", appendlist.Phantom, func(h *history.History, reads []history.Call, at int) {
		items, _ := reads[at].Out.Items()
		for _, call := range h.Calls() {
			if call.F == "append" && call.In.Equal(items[0]) && call.Complete >= 0 {
				h.Ops[call.Complete].Type = history.Fail
			}
		}
	}},
}

func swap(h *history.History, read history.Call, i, j int) {
	items, _ := read.Out.Items()
	swapped := append([]history.Value(nil), items...)
	swapped[i], swapped[j] = items[j], items[i]
	h.Ops[read.Complete].Value = history.List(swapped...)
}

func without(list history.Value, at int) history.Value {
	items, _ := list.Items()
	rest := append([]history.Value(nil), items[:at]...)
	return history.List(append(rest, items[at+1:]...)...)
}

func TestEveryMutationOfAGoodHistoryIsFound(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			for seed := range uint64(20) {
				h := good(300, 0, seed)
				var reads []history.Call
				for _, call := range h.Calls() {
					if items, _ := call.Out.Items(); call.F == "read" && len(items) > 10 {
						reads = append(reads, call)
					}
				}
				m.spoil(h, reads, rand.New(rand.NewPCG(seed, 4)).IntN(len(reads)-20))
				got := check(t, h)
				found := false
				for _, f := range got.Findings {
					found = found || f.Anomaly == m.expect
				}
				if got.Validity != checkers.Invalid || !found || !script.PointsAtCalls(t, h, got) {
					t.Errorf("seed %d: %v: %s", seed, got.Validity, got.Reason)
				}
			}
		})
	}
}
