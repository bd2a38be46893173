package stack

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestLowest(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		numbers := make([]int, n)
		for i := range numbers {
			numbers[i] = random.IntN(10)
		}
		l := newLowest(numbers)
		for range 200 {
			if n > 0 {
				at := random.IntN(n)
				numbers[at] = random.IntN(12)
				l.set(at, numbers[at])
			}
			from, below := random.IntN(n+1), random.IntN(13)
			to := from + random.IntN(n+1-from)
			want := slices.IndexFunc(numbers[from:to], func(number int) bool { return number < below })
			if want >= 0 {
				want += from
			}
			if got := l.first(from, to, below); got != want {
				t.Fatalf("the first below %d of %v from %d to %d is %d, not %d", below, numbers, from, to, want, got)
			}
			least := gone
			for _, number := range numbers[from:to] {
				least = min(least, number)
			}
			if got := l.least(from, to); got != least {
				t.Fatalf("the least of %v from %d to %d is %d, not %d", numbers, from, to, least, got)
			}
		}
	}
}

func TestCover(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		counts := make([]int, n)
		c := newCover(n)
		for range 300 {
			from := random.IntN(n + 1)
			to := from + random.IntN(n+1-from)
			by := 1
			if random.IntN(2) == 0 && !slices.Contains(counts[from:to], 0) {
				by = -1
			}
			c.add(from, to, int32(by))
			for i := from; i < to; i++ {
				counts[i] += by
			}
			for _, covered := range []bool{true, false} {
				from := random.IntN(n + 1)
				to := from + random.IntN(n+1-from)
				want := to
				if at := slices.IndexFunc(counts[from:to], func(count int) bool { return count > 0 == covered }); at >= 0 {
					want = from + at
				}
				if got := c.first(covered, from, to); got != want {
					t.Fatalf("covered %v from %d to %d of %v: %d, not %d", covered, from, to, counts, got, want)
				}
			}
		}
	}
}
