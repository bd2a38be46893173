package keyvalue_test

import (
	"math/rand/v2"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/internal/try"
	"github.com/assaykit/assay/checkers/linearizability/keyvalue"
	"github.com/assaykit/assay/harness/history"
)

// note is a correct string whose clients are sometimes lied to.
type note struct {
	random *rand.Rand
	lies   float64
	now    string
	old    []string
}

func (n *note) Next() history.Op {
	f := []string{"put", "append", "append", "get", "get", "get"}[n.random.IntN(6)]
	if f == "get" {
		return history.Op{F: f}
	}
	return history.Op{F: f, Value: history.String([]string{"", "a", "b", "ab"}[n.random.IntN(4)])}
}

func (n *note) Effect(op history.Op) any {
	n.old = append(n.old, n.now)
	switch s, _ := op.Value.Text(); op.F {
	case "put":
		n.now = s
	case "append":
		n.now += s
	}
	return n.now
}

func (n *note) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	told := answer.(string)
	if n.random.Float64() < n.lies {
		told = n.old[n.random.IntN(len(n.old))]
	}
	if op.F != "get" {
		return history.OK, op.Value, ""
	}
	return history.OK, history.String(told), ""
}

func TestStringsAgainstAllOrders(t *testing.T) {
	seen := try.Random(t, 4000, keyvalue.Strings(), func(random *rand.Rand) script.System {
		return &note{random: random, lies: []float64{0, 0.2}[random.IntN(2)]}
	})
	if all := seen.Of("legal") + seen.Of("illegal"); all > 1000 && seen.Of("illegal")*50 < all {
		t.Error("the histories are too much alike")
	}
}
