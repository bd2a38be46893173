package priority

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
		{Name: "the smallest first", Want: "valid", History: `
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
		`},
		{Name: "inserted at the same time", Want: "valid", History: `
			0 invoke insert 1
			1 invoke take-min
			2 invoke insert 2
			2 ok insert 2
			1 ok take-min 2
			0 ok insert 1
		`},
		{Name: "equal ones", Want: "valid", History: `
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
		`},
		{Name: "an uncertain removal took the smallest", Want: "valid", History: `
			0 invoke insert 1
			0 ok insert 1
			0 invoke insert 2
			0 ok insert 2
			1 invoke take-min
			1 info take-min !timeout
			2 invoke take-min
			2 ok take-min 2
		`},
		{Name: "nobody inserted it", Want: "phantom", History: `
			0 invoke take-min
			0 ok take-min 3
		`},
		{Name: "taken twice", Want: "duplicated", History: `
			0 invoke insert 3
			0 ok insert 3
			1 invoke take-min
			1 ok take-min 3
			1 invoke take-min
			1 ok take-min 3
		`},
		{Name: "a greater one first", Want: "reordered", History: `
			0 invoke insert 5 node=n1
			0 ok insert 5 node=n1
			0 invoke insert 9 node=n1
			0 ok insert 9 node=n1
			1 invoke take-min node=n2
			1 ok take-min 9 node=n2
			1 invoke take-min node=n2
			1 ok take-min 5 node=n2
		`},
		{Name: "equal ones, one too few", Want: "reordered", History: `
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
		`},
		{Name: "lost", Want: "lost", History: `
			0 invoke insert 1
			0 ok insert 1
			0 invoke insert 2
			0 ok insert 2
			1 invoke take-min
			1 ok take-min 2
		`},
		{Name: "lost, although an uncertain removal took something", Want: "lost", History: `
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
		`},
		{Name: "always something smaller", Want: "valid", History: `
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
		`},
		{Name: "one kept back by another", Want: "reordered", History: `
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
		`},
		{Name: "kept back by two", Want: "reordered", History: `
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
		`},
		{Name: "not empty", Want: "wrong-empty", History: `
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
		`},
		{Name: "no integer is inserted", Want: "unknown", History: `
			0 invoke insert
			0 ok insert
		`},
	})
}
