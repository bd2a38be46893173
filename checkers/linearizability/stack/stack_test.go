package stack

import (
	"flag"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/internal/collection/liar"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestExplanations(t *testing.T) {
	liar.Explain(t, Type(), []liar.Case{
		{Name: "last in, first out", History: `
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
		`, Want: checkers.Valid},
		{Name: "pushed and popped at one moment", History: `
			0 invoke push 1
			0 ok push 1
			0 invoke push 2
			1 invoke pop
			1 ok pop 2
			1 invoke pop
			1 ok pop 1
			0 ok push 2
		`, Want: checkers.Valid},
		{Name: "an uncertain pop took what was above", History: `
			0 invoke push 1
			0 ok push 1
			0 invoke push 2
			0 ok push 2
			1 invoke pop
			1 info pop !timeout
			2 invoke pop
			2 ok pop 1
		`, Want: checkers.Valid},
		{Name: "equal values", History: `
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
		`, Want: checkers.Valid},
		{Name: "nobody pushed it", History: `
			0 invoke pop
			0 ok pop 3
			0 invoke push 3
			0 ok push 3
		`, Want: checkers.Invalid},
		{Name: "popped twice", History: `
			0 invoke push 3
			0 info push 3 !timeout
			1 invoke pop
			1 ok pop 3
			1 invoke pop
			1 ok pop 3
		`, Want: checkers.Invalid},
		{Name: "popped from below", History: `
			0 invoke push 1 node=n1
			0 ok push 1 node=n1
			0 invoke push 2 node=n1
			0 ok push 2 node=n1
			1 invoke pop node=n2
			1 ok pop 1 node=n2
			1 invoke pop node=n2
			1 ok pop 2 node=n2
		`, Want: checkers.Invalid},
		{Name: "popped from below at the same time", History: `
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
		`, Want: checkers.Invalid},
		{Name: "lost", History: `
			0 invoke push 1
			0 ok push 1
			0 invoke push 2
			0 ok push 2
			1 invoke pop
			1 ok pop 1
		`, Want: checkers.Invalid},
		{Name: "lost, although an uncertain pop took something", History: `
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
		`, Want: checkers.Invalid},
		{Name: "first in, first out", History: `
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
		`, Want: checkers.Invalid},
		{Name: "one after the other at the bottom", History: `
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
		`, Want: checkers.Valid},
		{Name: "no bottom", History: `
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
		`, Want: checkers.Invalid},
		{Name: "not empty", History: `
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
		`, Want: checkers.Invalid},
		{Name: "no integer is pushed", History: `
			0 invoke push [1]
			0 ok push [1]
		`, Want: checkers.Unknown},
	}, *update)
}
