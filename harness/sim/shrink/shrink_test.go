package shrink

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// plan stands for any plan: a list and a number.
type plan struct {
	items []int
	size  int
}

func name(p plan) string { return fmt.Sprint(p) }

func items(p plan) []int { return p.items }

func withItems(p plan, items []int) plan {
	p.items = items
	return p
}

func size(p plan) int { return p.size }

func withSize(p plan, n int) plan {
	p.size = n
	return p
}

func search(ctx context.Context, t *testing.T, p plan, fails func(plan) bool) *Search[plan, int] {
	t.Helper()
	if !fails(p) {
		t.Fatalf("%v does not fail", p)
	}
	run := func(_ context.Context, p plan) (int, bool) { return len(p.items), fails(p) }
	return New(ctx, p, len(p.items), run, name)
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func contains(p plan, all ...int) bool {
	for _, x := range all {
		if !slices.Contains(p.items, x) {
			return false
		}
	}
	return true
}

// What is left must be just what is needed, wherever it was.
func TestListLeavesWhatIsNeeded(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		n := 1 + chance.IntN(120)
		needed := chance.Perm(n)[:chance.IntN(min(n, 6)+1)]
		slices.Sort(needed)
		s := search(t.Context(), t, plan{items: upTo(n)}, func(p plan) bool { return contains(p, needed...) })
		s.Shrink(List[plan, int](items, withItems))
		if !slices.Equal(s.Best.items, needed) {
			t.Fatalf("of %d, %v was needed and %v is left", n, needed, s.Best.items)
		}
		if s.Outcome != len(needed) {
			t.Fatalf("the outcome is another plan's")
		}
	}
}

// Where what fails is not a matter of single items, no single one can be left out at
// the end.
func TestListIsMinimal(t *testing.T) {
	chance := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		mask := chance.Uint64()
		fails := func(p plan) bool {
			sum := 0
			for _, x := range p.items {
				sum += int(mask >> (x % 16 * 4) & 15)
			}
			return sum%7 == 0 || sum > 40
		}
		start := plan{items: upTo(40)}
		if !fails(start) {
			continue
		}
		s := search(t.Context(), t, start, fails)
		s.Shrink(List[plan, int](items, withItems))
		if !fails(s.Best) {
			t.Fatal("what came out does not fail")
		}
		for i := range s.Best.items {
			if fails(plan{items: slices.Delete(slices.Clone(s.Best.items), i, i+1)}) {
				t.Fatalf("%v: item %d can be left out", s.Best.items, i)
			}
		}
	}
}

// A few needed items among many must not cost a try for each of the many.
func TestListTakesFewTries(t *testing.T) {
	s := search(t.Context(), t, plan{items: upTo(2000)}, func(p plan) bool { return contains(p, 77, 1500, 1501) })
	s.Shrink(List[plan, int](items, withItems))
	if len(s.Best.items) != 3 || s.Tries > 200 {
		t.Errorf("%v after %d tries", s.Best.items, s.Tries)
	}
}

func TestNumber(t *testing.T) {
	for threshold := range 50 {
		s := search(t.Context(), t, plan{size: 49}, func(p plan) bool { return p.size >= threshold })
		s.Shrink(Number[plan, int](size, withSize, 3))
		if want := max(3, threshold); s.Best.size != want {
			t.Errorf("%d where %d would do", s.Best.size, want)
		}
	}
}

func TestEach(t *testing.T) {
	s := search(t.Context(), t, plan{items: []int{9, 5, 7}}, func(p plan) bool { return p.items[0] >= 3 && p.items[2]%2 == 1 })
	s.Shrink(Each[plan, int](items, withItems, func(n int) []int {
		if n == 0 {
			return nil
		}
		return []int{0, n / 2, n - 1}
	}))
	if want := []int{3, 0, 1}; !slices.Equal(s.Best.items, want) {
		t.Errorf("%v, expected %v", s.Best.items, want)
	}
}

// What one pass removes may be what another one was held up by.
func TestPassesHelpEachOther(t *testing.T) {
	fails := func(p plan) bool { return p.size >= len(p.items) && contains(p, 4) }
	s := search(t.Context(), t, plan{items: upTo(9), size: 9}, fails)
	s.Shrink(Number[plan, int](size, withSize, 0), List[plan, int](items, withItems))
	if s.Best.size != 1 || len(s.Best.items) != 1 {
		t.Errorf("%v", s.Best)
	}
}

func TestNothingIsTriedTwice(t *testing.T) {
	seen := make(map[string]int)
	s := search(t.Context(), t, plan{items: upTo(30)}, func(p plan) bool {
		seen[name(p)]++
		return contains(p, 3, 20)
	})
	s.Shrink(List[plan, int](items, withItems), List[plan, int](items, withItems))
	delete(seen, name(plan{items: upTo(30)})) // search itself
	for p, times := range seen {
		if times > 1 {
			t.Errorf("%s was run %d times", p, times)
		}
	}
}

// When the budget is used up the best so far stands, and no unfinished run counts.
func TestBudget(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	tries := 0
	s := search(ctx, t, plan{items: upTo(64)}, func(p plan) bool {
		if tries++; tries == 5 {
			stop()
		}
		return contains(p, 1)
	})
	s.Shrink(List[plan, int](items, withItems))
	if !s.Over() || s.Tries != 4 || !contains(s.Best, 1) || len(s.Best.items) == 1 {
		t.Errorf("%d tries, %v", s.Tries, s.Best.items)
	}
}

// Where chance decides, another chance may do.
func TestVariants(t *testing.T) {
	s := search(t.Context(), t, plan{items: upTo(8), size: 3}, func(p plan) bool { return contains(p, 5) && p.size%4 == len(p.items)%4 || len(p.items) == 8 })
	s.Variants = func(p plan) []plan {
		return []plan{{p.items, 1}, {p.items, 2}, {p.items, 3}, {p.items, 4}}
	}
	s.Shrink(List[plan, int](items, withItems))
	if !slices.Equal(s.Best.items, []int{5}) || s.Best.size != 1 {
		t.Errorf("%v", s.Best)
	}
}
