package elements_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/elements"
	"github.com/assaykit/assay/checkers/linearizability/internal/brute"
	"github.com/assaykit/assay/checkers/linearizability/internal/try"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// bag is a correct set whose clients are sometimes lied to, and are sometimes not
// told whether they changed anything.
type bag struct {
	random   *rand.Rand
	elements int
	lies     float64
	silent   float64
	has      map[int]bool
}

func (b *bag) lie() bool { return b.random.Float64() < b.lies }

func (b *bag) Next() history.Op {
	return history.Op{F: []string{"add", "remove", "contains"}[b.random.IntN(3)], Value: history.Int(b.random.IntN(b.elements))}
}

func (b *bag) Effect(op history.Op) any {
	n, _ := op.Value.Int()
	had := b.has[n]
	switch op.F {
	case "add":
		b.has[n] = true
		return !had
	case "remove":
		b.has[n] = false
	}
	return had
}

func (b *bag) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	told := answer.(bool) != b.lie()
	switch {
	case op.F == "contains":
		return history.OK, history.Bool(told), ""
	case b.random.Float64() < b.silent:
		return history.OK, op.Value, ""
	case !told && b.random.IntN(2) == 0:
		return history.Fail, op.Value, history.Mismatch
	}
	return history.OK, history.Bool(told), ""
}

func TestElementsAgainstAllOrders(t *testing.T) {
	seen := try.Random(t, 8000, elements.Type(), func(random *rand.Rand) script.System {
		return &bag{random: random, elements: 1, has: map[int]bool{},
			lies: []float64{0, 0.1, 0.3}[random.IntN(3)], silent: []float64{0, 0.3, 1}[random.IntN(3)]}
	})
	if all := seen.Of("legal") + seen.Of("illegal"); all > 1000 && (seen.Of("illegal")*20 < all || seen.Of("legal")*2 < all) {
		t.Error("the histories are too much alike")
	}
}

// What happens to one element is independent of all others.
func TestSetsAgainstAllOrdersOfEachElement(t *testing.T) {
	script.Try(t, 5000, 1, func(t *testing.T, random *rand.Rand) bool {
		c := script.Clients{Random: random, Trouble: 0.1, System: &bag{random: random, elements: 3, has: map[int]bool{},
			lies: []float64{0, 0.1}[random.IntN(2)], silent: 0.3}}
		h := c.Work(3, 2+random.IntN(20))
		legal, some := true, false
		for _, k := range elements.Type().Objects(h.Calls()) {
			o, err := elements.Type().Open(k)
			if err != nil {
				t.Errorf("%v, of\n%s", err, script.String(h))
				return false
			}
			legal = legal && brute.Legal(o, o.Ops())
			some = some || slices.ContainsFunc(o.Ops(), func(op object.Op) bool { return !op.Maybe })
		}
		want := map[bool]checkers.Validity{true: checkers.Valid, false: checkers.Invalid}[legal]
		if got := check(t, h); some && got.Validity != want {
			t.Errorf("%v, want %v: %s, of\n%s", got.Validity, want, got.Reason, script.String(h))
			return false
		}
		return true
	})
}
