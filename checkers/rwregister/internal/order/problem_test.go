package order

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

// bare is a problem of so many moments that belong to no transactions.
func bare(moments int, arcs ...[2]int32) *problem {
	p := &problem{h: &registers.History{Txns: make([]registers.Txn, 1)}, because: -1}
	for range moments {
		p.moment()
	}
	for _, a := range arcs {
		p.add(a[0], arc{to: a[1], key: -1, choice: -1})
	}
	return p
}

// count is how many arcs of a kind there are.
func (p *problem) count(kind Edge) (n int) {
	for _, arcs := range p.arcs {
		for _, a := range arcs {
			if a.kind == kind {
				n++
			}
		}
	}
	return n
}

func TestMomentsAreSortedByArcsAndThenByWishes(t *testing.T) {
	for _, c := range []struct {
		name string
		arcs [][2]int32
		wish []int32
		want []int32
	}{
		{"by wishes alone", nil, []int32{3, 1, 2, 0}, []int32{3, 1, 2, 0}},
		{"arcs come first", [][2]int32{{0, 1}, {2, 3}}, []int32{3, 0, 2, 0}, []int32{2, 3, 0, 1}},
		{"an arc that is there twice", [][2]int32{{3, 0}, {3, 0}}, []int32{0, 1, 2, 3}, []int32{1, 2, 3, 0}},
	} {
		p := bare(4, c.arcs...)
		if !p.sort(c.wish) || !slices.Equal(p.order, c.want) {
			t.Errorf("%s: %v, want %v", c.name, p.order, c.want)
		}
		for at, m := range p.order {
			if p.rank[m] != int32(at) {
				t.Errorf("%s: the rank of %d is %d, but it comes at %d", c.name, m, p.rank[m], at)
			}
		}
	}
	for _, arcs := range [][][2]int32{{{1, 1}}, {{0, 1}, {1, 0}}, {{0, 1}, {1, 2}, {2, 3}, {3, 1}}} {
		if p := bare(4, arcs...); p.sort(nil) || p.sort(make([]int32, 4)) {
			t.Errorf("%v was sorted", arcs)
		}
	}
}

func TestWishesAreWhenTransactionsWereInvokedAndDone(t *testing.T) {
	s := read(t, "A 1@1-8; B 2@3-?; C 3@5-7")
	for _, c := range []struct {
		kind  Kind
		early bool
		want  []int32
	}{
		{Serial, true, []int32{0, 1, 3, 5}},
		{Serial, false, []int32{0, 8, 3, 7}},
		{Snapshot, false, []int32{0, 0, 1, 8, 3, 3, 5, 7}},
		{Prefix, true, []int32{0, 0, 1, 1, 3, 3, 5, 5}},
	} {
		if got := newProblem(s.History, c.kind, Free).wishes(c.early); !slices.Equal(got, c.want) {
			t.Errorf("%s, early %t: %v, want %v", kinds[c.kind], c.early, got, c.want)
		}
	}
}

func TestAGuessIsNoKnowledge(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{"A 1@1-2 x!; B 2@3-4 x!; C 3@5-6 x=B", true},
		{"A 1@1-2 x!; B 2@3-4 x! y!; C 3@5-6 x=A y=B", false},
		{"A 1@1-9 x!; B 2@2-3 x!; C 3@4-5 x=B", true}, // B is done first
	} {
		p := newProblem(read(t, c.text).History, Serial, Free)
		p.link()
		before := fmt.Sprint(p.arcs, p.keys)
		if right := p.guess(false); right != c.want || fmt.Sprint(p.arcs, p.keys) != before {
			t.Errorf("%s: %t, want %t; arcs and keys are %v %v, and were %s", c.text, right, c.want, p.arcs, p.keys, before)
		}
	}
}

// Both kinds of reach are the closure of the arcs, by walking.
func TestReachIsTheClosureOfArcs(t *testing.T) {
	script.Try(t, 300, 4, func(t *testing.T, random *rand.Rand) bool {
		d := draft{txns: 1 + random.IntN(12), keys: 2, ops: 2, unknown: 0.2}
		kind, base := Kind(random.IntN(4)), Base(random.IntN(3))
		p := newProblem(d.draw(random).History, kind, base)
		if p.link(); !p.sort(nil) {
			return true
		}
		matrix, paths := p.newReach(Limits{Matrix: len(p.arcs)}), p.newReach(Limits{Matrix: len(p.arcs) - 1})
		if fmt.Sprintf("%T %T", matrix, paths) != "*order.matrix *order.paths" {
			t.Errorf("a matrix is to be made of as many moments as the limit says, and of no more: %T, %T", matrix, paths)
		}
		moments := p.end(int32(len(p.h.Txns)-1)) + 1 // those of transactions
		for from := range moments {
			for to := range moments {
				want := from == to || p.path(from, to, p.round) != nil
				if matrix.has(from, to) != want || paths.has(from, to) != want {
					t.Errorf("from %d to %d: %t by the matrix, %t by paths, want %t", from, to, matrix.has(from, to), paths.has(from, to), want)
				}
			}
		}
		return !t.Failed()
	})
}

// What is found out in a round counts from the next one on, as its explanation is by what
// was known before.
func TestPathsDoNotUseWhatIsNew(t *testing.T) {
	p := bare(3, [2]int32{0, 1})
	p.round = 1
	p.add(1, arc{to: 2, key: -1, choice: -1})
	if p.round = 0; !p.sort(nil) {
		t.Fatal("it is circular")
	}
	if r := p.newReach(Limits{}); !r.has(0, 1) || r.has(0, 2) || p.path(0, 1, 0) == nil || p.path(0, 2, 0) != nil {
		t.Error("it was used at once")
	}
	if p.round = 1; !p.newReach(Limits{}).has(0, 2) || len(p.path(0, 2, 1)) != 2 {
		t.Error("it is not known in the next round")
	}
}

// Of n writes in turn n-1 pairs tell the order of all, and moments between transactions
// tell with few arcs who came before whom in time.
func TestWhatFollowsFromTimeTakesFewArcs(t *testing.T) {
	const n = 50
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "T%d %d@%d-%d x!\n", i, i, 2*i, 2*i+1)
	}
	p := newProblem(read(t, text.String()).History, Serial, RealTime)
	p.link()
	if !p.far(t.Context()) {
		t.Error("time ran out")
	}
	if writes, clock := p.count(Overwritten), p.count(Clock); writes != n-1 || clock > 3*n {
		t.Errorf("%d arcs between writes, %d by the clock", writes, clock)
	}
	if r := p.saturate(t.Context(), DefaultLimits); r.Answer != Undecided || r.Why != "" || len(p.open)+len(p.forced) > 0 {
		t.Errorf("%+v: %d pairs are open and %d were forced, though time tells all", r, len(p.open), len(p.forced))
	}
}

// What follows from a pair that was forced is forced no more.
func TestOnlyPairsThatAreNewsAreForced(t *testing.T) {
	s := read(t, "A 1@1-2 x!; B 1@3-4 x!; C 1@5-6 x!; D 1@7-8 x!")
	p := newProblem(s.History, Serial, Sessions)
	p.link()
	if r := p.saturate(t.Context(), DefaultLimits); r.Why != "" || len(p.open) > 0 || len(p.forced) > 0 {
		t.Errorf("%+v: open are %v, forced %v, though sessions say it all", r, p.open, p.forced)
	}
	s = read(t, noChoice)
	p = newProblem(s.History, Serial, Free)
	p.link()
	var forced []string
	p.saturate(t.Context(), DefaultLimits)
	for _, o := range p.forced {
		chains := p.keys[o.key].chains
		forced = append(forced, s.txns[chains[o.first].head]+" before "+s.txns[chains[o.second].head])
	}
	if got := strings.Join(forced, ", "); got != "B before A, E before D" {
		t.Errorf("forced are: %s", got)
	}
}
