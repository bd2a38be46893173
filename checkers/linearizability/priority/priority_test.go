package priority

import (
	"flag"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/internal/collection/liar"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestExplanations(t *testing.T) {
	liar.Explain(t, Type(), []liar.Case{
		{Name: "the smallest first", History: `
			0 invoke insert 5
			0 ok insert 5
			0 invoke send -7
			0 ok send -7
			1 invoke take-min
			1 ok take-min -7
			1 invoke receive
			1 ok receive 5
			1 invoke take-min
			1 ok take-min null
		`, Want: checkers.Valid},
		{Name: "inserted at the same time", History: `
			0 invoke insert 1
			1 invoke take-min
			2 invoke insert 2
			2 ok insert 2
			1 ok take-min 2
			0 ok insert 1
		`, Want: checkers.Valid},
		{Name: "equal ones", History: `
			0 invoke insert 1
			0 ok insert 1
			0 invoke insert 1
			0 ok insert 1
			0 invoke insert 2
			0 ok insert 2
			1 invoke take-min
			1 ok take-min 1
			1 invoke take-min
			1 ok take-min 1
			1 invoke take-min
			1 ok take-min 2
		`, Want: checkers.Valid},
		{Name: "an uncertain removal took the smallest", History: `
			0 invoke insert 1
			0 ok insert 1
			0 invoke insert 2
			0 ok insert 2
			1 invoke take-min
			1 info take-min !timeout
			2 invoke take-min
			2 ok take-min 2
		`, Want: checkers.Valid},
		{Name: "nobody inserted it", History: `
			0 invoke take-min
			0 ok take-min 3
		`, Want: checkers.Invalid},
		{Name: "taken twice", History: `
			0 invoke insert 3
			0 ok insert 3
			1 invoke take-min
			1 ok take-min 3
			1 invoke take-min
			1 ok take-min 3
		`, Want: checkers.Invalid},
		{Name: "a greater one first", History: `
			0 invoke insert 5 node=n1
			0 ok insert 5 node=n1
			0 invoke insert 9 node=n1
			0 ok insert 9 node=n1
			1 invoke take-min node=n2
			1 ok take-min 9 node=n2
			1 invoke take-min node=n2
			1 ok take-min 5 node=n2
		`, Want: checkers.Invalid},
		{Name: "equal ones, one too few", History: `
			0 invoke insert 1
			0 ok insert 1
			0 invoke insert 1
			0 ok insert 1
			0 invoke insert 2
			0 ok insert 2
			1 invoke take-min
			1 ok take-min 1
			1 invoke take-min
			1 ok take-min 2
			1 invoke take-min
			1 ok take-min 1
		`, Want: checkers.Invalid},
		{Name: "lost", History: `
			0 invoke insert 1
			0 ok insert 1
			0 invoke insert 2
			0 ok insert 2
			1 invoke take-min
			1 ok take-min 2
		`, Want: checkers.Invalid},
		{Name: "lost, although an uncertain removal took something", History: `
			3 invoke take-min
			3 info take-min !timeout
			0 invoke insert 1
			0 ok insert 1
			0 invoke insert 2
			0 ok insert 2
			0 invoke insert 3
			0 ok insert 3
			1 invoke take-min
			1 ok take-min 3
		`, Want: checkers.Invalid},
		{Name: "always something smaller", History: `
			0 invoke insert 1
			0 ok insert 1
			0 invoke insert 2
			0 ok insert 2
			0 invoke insert 9
			0 ok insert 9
			1 invoke take-min
			2 invoke take-min
			3 invoke take-min
			3 ok take-min 9
			2 ok take-min 2
			0 invoke insert 0
			0 ok insert 0
			1 ok take-min 1
			1 invoke take-min
			1 ok take-min 0
		`, Want: checkers.Valid},
		{Name: "one kept back by another", History: `
			0 invoke insert 1
			0 ok insert 1
			0 invoke insert 2
			0 ok insert 2
			0 invoke insert 9
			0 ok insert 9
			2 invoke take-min
			3 invoke take-min
			3 ok take-min 9
			1 invoke take-min
			1 ok take-min 1
			2 ok take-min 2
		`, Want: checkers.Invalid},
		{Name: "kept back by two", History: `
			0 invoke insert 1
			0 ok insert 1
			0 invoke insert 9
			0 ok insert 9
			3 invoke take-min
			0 invoke insert 2
			0 ok insert 2
			1 invoke take-min
			1 ok take-min 1
			3 ok take-min 9
			1 invoke take-min
			1 ok take-min 2
		`, Want: checkers.Invalid},
		{Name: "not empty", History: `
			0 invoke insert 1
			0 ok insert 1
			0 invoke insert 2
			0 ok insert 2
			2 invoke take-min
			3 invoke take-min
			3 ok take-min null
			1 invoke take-min
			1 ok take-min 1
			2 ok take-min 2
		`, Want: checkers.Invalid},
		{Name: "no integer is inserted", History: `
			0 invoke insert
			0 ok insert
		`, Want: checkers.Unknown},
	}, *update)
}
