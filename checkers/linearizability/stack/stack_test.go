package stack

import (
	"flag"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/internal/cases"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestExplanations(t *testing.T) {
	cases.Check(t, func(cases.Case) checkers.Checker { return linearizability.New(Type()) }, *update, []cases.Case{
		{Name: "last in, first out", Want: "valid", History: `
			0 invoke push 1
			0 ok push 1
			0 invoke push 2
			0 ok push 2
			1 invoke pop
			1 ok pop 2
			1 invoke pop
			1 ok pop 1
			1 invoke pop
			1 ok pop null
		`},
		{Name: "pushed and popped at one moment", Want: "valid", History: `
			0 invoke push 1
			0 ok push 1
			0 invoke push 2
			1 invoke pop
			1 ok pop 2
			1 invoke pop
			1 ok pop 1
			0 ok push 2
		`},
		{Name: "an uncertain pop took what was above", Want: "valid", History: `
			0 invoke push 1
			0 ok push 1
			0 invoke push 2
			0 ok push 2
			1 invoke pop
			1 info pop !timeout
			2 invoke pop
			2 ok pop 1
		`},
		{Name: "equal values", Want: "valid", History: `
			0 invoke push 1
			0 ok push 1
			0 invoke push 1
			0 ok push 1
			0 invoke push 2
			0 ok push 2
			1 invoke pop
			1 ok pop 2
			1 invoke pop
			1 ok pop 1
			1 invoke pop
			1 ok pop 1
		`},
		{Name: "nobody pushed it", Want: "phantom", History: `
			0 invoke pop
			0 ok pop 3
			0 invoke push 3
			0 ok push 3
		`},
		{Name: "popped twice", Want: "duplicated", History: `
			0 invoke push 3
			0 info push 3 !timeout
			1 invoke pop
			1 ok pop 3
			1 invoke pop
			1 ok pop 3
		`},
		{Name: "popped from below", Want: "reordered", History: `
			0 invoke push 1 node=n1
			0 ok push 1 node=n1
			0 invoke push 2 node=n1
			0 ok push 2 node=n1
			1 invoke pop node=n2
			1 ok pop 1 node=n2
			1 invoke pop node=n2
			1 ok pop 2 node=n2
		`},
		{Name: "popped from below at the same time", Want: "reordered", History: `
			0 invoke push 1
			0 ok push 1
			0 invoke push 2
			0 ok push 2
			1 invoke pop
			2 invoke push 3
			2 ok push 3
			1 ok pop 1
			1 invoke pop
			1 ok pop 2
			1 invoke pop
			1 ok pop 3
		`},
		{Name: "lost", Want: "lost", History: `
			0 invoke push 1
			0 ok push 1
			0 invoke push 2
			0 ok push 2
			1 invoke pop
			1 ok pop 1
		`},
		{Name: "lost, although an uncertain pop took something", Want: "lost", History: `
			3 invoke pop
			3 info pop !timeout
			0 invoke push 1
			0 ok push 1
			0 invoke push 2
			0 ok push 2
			0 invoke push 3
			0 ok push 3
			1 invoke pop
			1 ok pop 1
		`},
		{Name: "first in, first out", Want: "reordered", History: `
			0 invoke push 1
			1 invoke push 2
			0 ok push 1
			2 invoke push 3
			1 ok push 2
			3 invoke pop
			3 ok pop 1
			2 ok push 3
			3 invoke pop
			3 ok pop 2
			3 invoke pop
			3 ok pop 3
			3 invoke push 4
			3 ok push 4
		`},
		{Name: "one after the other at the bottom", Want: "valid", History: `
			0 invoke push 1
			0 ok push 1
			0 invoke push 2
			3 invoke pop
			0 ok push 2
			0 invoke push 3
			3 ok pop 1
			4 invoke pop
			0 ok push 3
			4 ok pop 2
			3 invoke pop
			3 ok pop 3
		`},
		{Name: "no bottom", Want: "reordered", History: `
			0 invoke push 1
			0 ok push 1
			0 invoke push 2
			0 ok push 2
			1 invoke pop
			0 invoke push 3
			0 ok push 3
			2 invoke pop
			1 ok pop 1
			3 invoke pop
			3 ok pop 3
			2 ok pop 2
		`},
		{Name: "not empty", Want: "wrong-empty", History: `
			0 invoke push 1
			0 ok push 1
			1 invoke pop
			0 invoke push 2
			0 ok push 2
			2 invoke pop
			1 ok pop null
			2 ok pop 2
			2 invoke pop
			2 ok pop 1
		`},
		{Name: "no integer is pushed", Want: "unknown", History: `
			0 invoke push [1]
			0 ok push [1]
		`},
	})
}
