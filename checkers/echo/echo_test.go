package echo

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

func call(at int, asked, answered history.Value, how history.Type) []history.Op {
	in := history.Op{Index: 2 * at, F: "echo", Value: asked, Time: time.Duration(2 * at)}
	out := history.Op{Index: 2*at + 1, F: "echo", Value: answered, Type: how, Time: time.Duration(2*at + 1)}
	return []history.Op{in, out}
}

func judge(t *testing.T, ops []history.Op) checkers.Verdict {
	t.Helper()
	v, err := New().Check(t.Context(), &history.History{Ops: ops})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestKnownHistories(t *testing.T) {
	for _, c := range []struct {
		asked, answered history.Value
		how             history.Type
		want            checkers.Validity
	}{
		{history.Int(1), history.Int(1), history.OK, checkers.Valid},
		{history.Int(1), history.Int(2), history.OK, checkers.Invalid},
		{history.Int(1), history.Value{}, history.OK, checkers.Invalid},
		{history.Int(1), history.String("1"), history.OK, checkers.Invalid},
		{history.Int(1), history.Int(2), history.Info, checkers.Unknown},
		{history.Int(1), history.Int(2), history.Fail, checkers.Unknown},
	} {
		if v := judge(t, call(0, c.asked, c.answered, c.how)); v.Validity != c.want {
			t.Errorf("%v answered %v (%v): %+v", c.asked, c.answered, c.how, v)
		}
	}
	if v := judge(t, nil); v.Validity != checkers.Unknown {
		t.Errorf("nothing at all: %+v", v)
	}
	if _, err := New().Check(t.Context(), &history.History{Ops: []history.Op{{F: "read"}}}); err == nil {
		t.Error("a read was judged")
	}
}

// TestEveryMutationIsFound changes one answer of many, and counts what is found.
func TestEveryMutationIsFound(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		n := 1 + random.IntN(30)
		var ops []history.Op
		wrong := 0
		for i := range n {
			answer := i
			if random.IntN(20) == 0 {
				answer, wrong = i+1, wrong+1
			}
			ops = append(ops, call(i, history.Int(i), history.Int(answer), history.OK)...)
		}
		v := judge(t, ops)
		if (wrong > 0) != (v.Validity == checkers.Invalid) || len(v.Findings) != min(wrong, mostFindings) {
			t.Fatalf("%d of %d wrong: %+v", wrong, n, v)
		}
	}
}
