package report

import (
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// many are calls on the key x, one a millisecond; every tenth is on y, every
// seventh certainly had no effect.
func many(n int) []history.Call {
	var calls []history.Call
	for i := range n {
		c := history.Call{Process: i, F: "write", Key: "x", In: history.Int(i), Type: history.OK, Start: ms(float64(i)), End: ms(float64(i) + 0.5), Invoke: 2 * i}
		if i%10 == 0 {
			c.Key = "y"
		}
		if i%7 == 0 {
			c.Type = history.Fail
		}
		calls = append(calls, c)
	}
	return calls
}

func shown(s scene) (invocations []int) {
	for _, c := range s.calls {
		invocations = append(invocations, c.Invoke)
	}
	return invocations
}

func TestChooseAddsTheNearestNeighboursOfTheKey(t *testing.T) {
	s := choose(many(100), checkers.Finding{Key: "x", Culprits: []int{2 * 41}, Context: []int{2 * 3, 2 * 41}})
	// 40 is on y, 42 had no effect.
	want := []int{2 * 3, 2 * 37, 2 * 38, 2 * 39, 2 * 41, 2 * 43, 2 * 44, 2 * 45}
	if got := shown(s); !slices.Equal(got, want) {
		t.Errorf("shown %v, want %v", got, want)
	}
	if s.role[2*41] != culprit || s.role[2*3] != context || s.role[2*39] != neighbour {
		t.Errorf("roles %v", s.role)
	}
}

func TestChooseKeepsACrowdSmall(t *testing.T) {
	var all []int
	for i := range 1000 {
		all = append(all, 2*i)
	}
	s := choose(many(1000), checkers.Finding{Key: "x", Culprits: all[500:600], Context: all})
	if len(s.calls) != mostShown {
		t.Errorf("%d calls are shown", len(s.calls))
	}
	culprits := 0
	for _, r := range s.role {
		if r == culprit {
			culprits++
		}
	}
	if culprits != mostCulprits || s.left != 1000-mostShown {
		t.Errorf("%d culprits are shown, %d calls left out", culprits, s.left)
	}
}

func TestChooseTakesEachCallOnce(t *testing.T) {
	s := choose(many(10), checkers.Finding{Key: "z", Culprits: []int{4, 4, 5, -1, 1 << 30}, Context: []int{4, 6, 6}})
	if got := shown(s); !slices.Equal(got, []int{4, 6}) {
		t.Errorf("shown %v", got)
	}
}
