package report

import (
	"testing"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// recordFrom has a first op, and the last one at the end.
func recordFrom(first, end time.Duration) record {
	return look(&history.History{Ops: []history.Op{
		{Process: 1, Type: history.Invoke, F: "read", Time: first},
		{Index: 1, Process: 1, Type: history.OK, F: "read", Time: end},
	}})
}

// A long set-up, in which nothing happens, takes no room in the pictures.
func TestPicturesBeginWithTheFirstOp(t *testing.T) {
	r := recordFrom(28_250*time.Millisecond, 54*time.Second)
	g := newGrid(r)
	if g.width != 200*time.Millisecond || g.start != 28_200*time.Millisecond || g.count != 129 {
		t.Errorf("%d stretches of %s from %s", g.count, g.width, g.start)
	}
	if from, to := g.bounds(g.count - 1); from != 53_800*time.Millisecond || to != r.end {
		t.Errorf("the last stretch is from %s to %s", from, to)
	}
	for at, want := range map[time.Duration]int{0: 0, r.start: 0, 28_400 * time.Millisecond: 1, r.end: g.count - 1} {
		if got := g.at(at); got != want {
			t.Errorf("%s is in stretch %d, want %d", at, got, want)
		}
	}
	if left, middle, right := g.percent(0), g.percent(g.start+(g.end-g.start)/2), g.percent(r.end); left != 0 || middle != 50 || right != 100 {
		t.Errorf("the times are at %v, %v, %v per cent", left, middle, right)
	}
	marks := timeMarks(g)
	if first := marks[0]; first.Label != "30 s" || first.X != g.percent(30*time.Second) {
		t.Errorf("the first mark is %+v", first)
	}
}

func TestAShortSetUpIsShown(t *testing.T) {
	if r := recordFrom(time.Second, 54*time.Second); r.start != 0 {
		t.Errorf("pictures begin at %s", r.start)
	}
	if g := newGrid(look(&history.History{})); g.start != 0 || g.count < 1 || g.percent(0) != 0 {
		t.Errorf("a run without operations: %+v", g)
	}
}
