package model_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/internal/try"
	"github.com/assaykit/assay/checkers/linearizability/model"
	"github.com/assaykit/assay/harness/history"
)

// maximum is a user's model: an object that keeps the greatest number that was
// offered, and answers it.
var maximum = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(state, input, output any) (bool, any) {
		greatest := max(state.(int), input.(int))
		return output == nil || output == greatest, greatest
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("offer(%v) = %v", input, output) },
}

func readOffer(call history.Call) (input, output any, keep bool, err error) {
	n, ok := call.In.Int()
	if !ok {
		return nil, nil, false, fmt.Errorf("it offers %v, which is no integer", call.In)
	}
	if call.Type == history.OK {
		answer, _ := call.Out.Int()
		output = answer
	}
	return n, output, call.Type != history.Fail, nil
}

// offers is a system that keeps the greatest number, and forgets it now and then.
type offers struct {
	random   *rand.Rand
	greatest int
}

func (o *offers) Next() history.Op {
	return history.Op{F: "offer", Value: history.Int(o.random.IntN(6))}
}

func (o *offers) Effect(op history.Op) any {
	n, _ := op.Value.Int()
	if o.greatest = max(o.greatest, n); o.random.IntN(30) == 0 {
		o.greatest = n
	}
	return o.greatest
}

func (o *offers) Tell(_ history.Op, answer any) (history.Type, history.Value, string) {
	return history.OK, history.Int(answer.(int)), ""
}

func TestAgainstBruteForce(t *testing.T) {
	of := model.Type("maximum", "keeps the greatest number", maximum, readOffer)
	seen := try.Random(t, 20_000, of, func(random *rand.Rand) script.System { return &offers{random: random} })
	if legal := seen.Of("legal"); legal > 1000 && seen.Of("illegal") < legal/50 {
		t.Error("too few illegal histories")
	}
}

// table is a model of several registers in one map, with a Partition, and states
// that == cannot tell apart.
var table = porcupine.Model{
	Partition: func(ops []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[string][]porcupine.Operation{}
		for _, op := range ops {
			key := op.Input.([]string)[1]
			byKey[key] = append(byKey[key], op)
		}
		var parts [][]porcupine.Operation
		for _, key := range []string{"x", "y"} {
			parts = append(parts, byKey[key])
		}
		return parts
	},
	Init: func() any { return map[string]string{} },
	Step: func(state, input, output any) (bool, any) {
		cells, in := state.(map[string]string), input.([]string)
		if in[0] == "get" {
			return output == cells[in[1]], state
		}
		next := maps.Clone(cells)
		next[in[1]] = in[2]
		return true, next
	},
	Equal: func(a, b any) bool { return maps.Equal(a.(map[string]string), b.(map[string]string)) },
}

func readTable(call history.Call) (input, output any, keep bool, err error) {
	in, _ := call.In.Text()
	out, _ := call.Out.Text()
	return strings.Fields(in), out, call.Type == history.OK, nil
}

func TestAModelSplitsItsHistories(t *testing.T) {
	of := model.Type("table", "several registers", table, readTable)
	for out, want := range map[string]checkers.Validity{"1": checkers.Valid, "2": checkers.Invalid} {
		h := script.Parse(t, fmt.Sprintf(`
			0 invoke do "put_x_1"
			1 invoke do "put_y_2"
			0 ok do
			1 ok do
			0 invoke do "get_x"
			0 ok do %q`, out))
		for i := range h.Ops {
			if text, ok := h.Ops[i].Value.Text(); ok {
				h.Ops[i].Value = history.String(strings.ReplaceAll(text, "_", " "))
			}
		}
		v, err := linearizability.New(of).Check(t.Context(), h)
		if err != nil || v.Validity != want {
			t.Errorf("x read as %s is %v, %v: %s", out, v.Validity, err, v.Reason)
		}
	}
}

func TestACallThatCannotBeReadIsNamed(t *testing.T) {
	h := script.Parse(t, "0 invoke offer \"much\"\n0 ok offer 3")
	v, err := linearizability.New(model.Type("maximum", "", maximum, readOffer)).Check(t.Context(), h)
	if err != nil || v.Validity != checkers.Unknown || !strings.Contains(v.Reason, `op 0 (offer): it offers "much"`) {
		t.Errorf("%v, %v: %s", v.Validity, err, v.Reason)
	}
}
