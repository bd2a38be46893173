package priority

import (
	"math/rand/v2"
	"testing"
)

func TestPlaces(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 40; n++ {
		filled, p := make([]bool, n), newPlaces(n)
		for range 20 {
			from := random.IntN(n)
			to := from + random.IntN(n-from)
			p.fill(from, to)
			for i := from; i < to; i++ {
				filled[i] = true
			}
			for at := range n {
				want := at
				for want < n && filled[want] {
					want++
				}
				if got := p.first(at); got != want {
					t.Fatalf("the first free place from %d of %v is %d, not %d", at, filled, want, got)
				}
			}
		}
	}
}

func TestRanks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		r, in := make(ranks, n+1), make([]bool, n)
		for _, number := range random.Perm(n)[:n/2] {
			r.add(number)
			in[number] = true
			for less := range n {
				want, before := 0, 0
				for ; want < n && (!in[want] || before < less); want++ {
					if in[want] {
						before++
					}
				}
				if got := r.find(less); got != want {
					t.Fatalf("the number with %d before it of %v is %d, not %d", less, in, want, got)
				}
			}
		}
	}
}
