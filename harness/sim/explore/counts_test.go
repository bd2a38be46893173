package explore_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/sim/explore"
)

func unless(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func all[T comparable](values []T, v T) bool {
	return !slices.ContainsFunc(values, func(x T) bool { return x != v })
}

func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{{}}
	}
	var all [][]int
	for _, p := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return all
}

// long says that the rows that take more than a few seconds are wanted too.
func long() bool { return os.Getenv("ASSAY_LONG") != "" }

// row is a published or independently computed count of states.
type row struct {
	name                     string
	of                       explore.Explorer
	unique, generated, depth int
	long                     bool
}

// modelRows are from Stateright's examples and tests, from TLA+'s examples, and
// from independent programs.
func modelRows() []row {
	return []row{
		{"increment 2", increment(2, false), 13, 15, 5, false},
		{"increment 3", increment(3, false), 84, 112, 7, false},
		{"increment 4", increment(4, false), 755, 1157, 9, false},
		{"increment 2, symmetric", increment(2, true), 8, 10, 5, false},
		{"increment with lock 2", incrementLock(2, false), 17, 17, 9, false},
		{"increment with lock 3", incrementLock(3, false), 61, 61, 13, false},
		{"increment with lock 4", incrementLock(4, false), 257, 257, 17, false},
		{"increment with lock 2, symmetric", incrementLock(2, true), 9, 10, 9, false},
		{"increment with lock 3, symmetric", incrementLock(3, true), 13, 16, 13, false},
		{"increment with lock 4, symmetric", incrementLock(4, true), 17, 23, 17, false},
		{"two-phase commit 1", twoPhaseCommit(1, false), 12, 20, 5, false},
		{"two-phase commit 2", twoPhaseCommit(2, false), 56, 154, 8, false},
		{"two-phase commit 3", twoPhaseCommit(3, false), 288, 1146, 11, false},
		{"two-phase commit 4", twoPhaseCommit(4, false), 1568, 0, 0, false},
		{"two-phase commit 5", twoPhaseCommit(5, false), 8832, 58146, 17, false},
		{"two-phase commit 7", twoPhaseCommit(7, false), 296448, 2744706, 23, false},
		{"two-phase commit 8", twoPhaseCommit(8, false), 1745408, 18507778, 26, true},
		{"two-phase commit 9", twoPhaseCommit(9, false), 10340352, 0, 0, true},
		{"two-phase commit 2, symmetric", twoPhaseCommit(2, true), 34, 0, 8, false},
		{"two-phase commit 3, symmetric", twoPhaseCommit(3, true), 80, 0, 11, false},
		{"two-phase commit 4, symmetric", twoPhaseCommit(4, true), 166, 0, 0, false},
		{"two-phase commit 5, symmetric", twoPhaseCommit(5, true), 314, 0, 17, false},
		{"transaction commit 3", tCommit(3), 34, 94, 7, false},
		{"Paxos with 2 ballots", synodModel(), 3921, 0, 17, false},
		{"die hard", dieHard(false), 16, 97, 8, false},
		{"linear equation 2x+4y=7", linearEquation(2, 4, 7), 65536, 131073, 511, false},
	}
}

func TestCountsOfModels(t *testing.T) { testCounts(t, modelRows()) }

func testCounts(t *testing.T, rows []row) {
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if r.long && !long() {
				t.Skip("takes long: set ASSAY_LONG")
			}
			for _, o := range searches(r) {
				o.Exhaust, o.MaxStates = true, 2*r.unique+1000
				result, err := r.of.Explore(context.Background(), o)
				if err != nil {
					t.Fatal(err)
				}
				r.compare(t, result, o)
			}
		})
	}
}

// searches are several ways to visit all states, which must count the same.
func searches(r row) []explore.Options {
	switch {
	case r.unique > 200_000:
		return []explore.Options{{}}
	case strings.Contains(r.name, "symmetric"):
		return []explore.Options{{Workers: 1}, {Workers: 4}, {Search: explore.DepthFirst}}
	}
	return []explore.Options{{Workers: 1}, {Workers: 4}, {Exact: true}, {Search: explore.DepthFirst}}
}

func (r row) compare(t *testing.T, got *explore.Result, o explore.Options) {
	t.Helper()
	if !got.Complete || got.Unique != r.unique || r.generated != 0 && got.Generated != r.generated {
		t.Errorf("%+v: %d unique and %d generated states (complete: %v), want %d and %d", o, got.Unique, got.Generated, got.Complete, r.unique, r.generated)
	}
	if o.Search == explore.BreadthFirst && r.depth != 0 && got.Depth != r.depth {
		t.Errorf("%+v: depth %d, want %d", o, got.Depth, r.depth)
	}
}

// TestEventually has the two cases that Stateright documents as missed: a circle, and
// two ways that join.
func TestEventually(t *testing.T) {
	odd := explore.Eventually("odd", func(s int) bool { return s%2 == 1 })
	for _, c := range []struct {
		paths [][]int
		want  string
	}{
		{[][]int{{1}, {2, 3}, {2, 6, 7}, {4, 9, 10}}, ""},
		{[][]int{{0, 1}, {0, 2}}, "0 2"},
		{[][]int{{0, 2, 4}}, "0 2 4"},
		{[][]int{{0, 1, 4, 6}, {2, 4, 8}}, "2 4 6"},
		{[][]int{{0, 2, 4, 2}}, "0 2 4 2"},
		{[][]int{{0, 2, 4}, {1, 4, 6}}, "0 2 4 6"},
		{[][]int{{0, 0}}, "0 0"},
		{[][]int{{0, 2, 2}, {0, 3}}, "0 2 2"},
	} {
		result, err := graph(odd, c.paths...).Explore(context.Background(), explore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		j := result.Property("odd")
		got := ""
		if j.Trace != nil {
			got = j.Trace.Start.State
			for _, s := range j.Trace.Steps {
				got += " " + s.State
			}
		}
		if got != c.want || (j.Validity == checkers.Invalid) != (c.want != "") {
			t.Errorf("%v: %v, trace %q, want %q", c.paths, j.Validity, got, c.want)
		}
	}
}

// TestDieHard is solved in six steps.
func TestDieHard(t *testing.T) {
	result := explored(t, dieHard(true), explore.Options{})
	if j := result.Property("not solved"); j.Validity != checkers.Invalid || len(j.Trace.Steps) != 6 || result.Complete {
		t.Errorf("%v: %v, %s\n%v", result, j.Validity, j.Reason, j.Trace)
	}
}

// TestIncrementsAreLost is a violation that a lock prevents.
func TestIncrementsAreLost(t *testing.T) {
	if j := explored(t, increment(2, false), explore.Options{}).Property("fin"); j.Validity != checkers.Invalid || len(j.Trace.Steps) != 4 {
		t.Errorf("%v, %s\n%v", j.Validity, j.Reason, j.Trace)
	}
	explore.Test(t, incrementLock(3, false), explore.Options{})
	explore.Test(t, twoPhaseCommit(3, true), explore.Options{})
}

// TestAnEndlessModelEnds asks for what never comes of a model without an end, of
// which another property is violated at once.
func TestAnEndlessModelEnds(t *testing.T) {
	m := explore.Model[int]{
		Initial: []int{0},
		Next:    func(s int, step func(string, int)) { step("count", s+1) },
		Properties: []explore.Property[int]{
			explore.Always("small", func(s int) error { return unless(s < 100, "%d is large", s) }),
			explore.Eventually("negative", func(s int) bool { return s < 0 }),
		},
	}
	result := explored(t, m, explore.Options{})
	if result.Property("small").Validity != checkers.Invalid || result.Property("negative").Validity != checkers.Unknown {
		t.Errorf("%v: %+v", result, result.Properties)
	}
}
