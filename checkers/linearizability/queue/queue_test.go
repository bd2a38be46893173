package queue

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
		{Name: "in order", Want: "valid", History: `
			0 invoke send 1
			0 ok send 1
			0 invoke enqueue 2
			0 ok enqueue 2
			1 invoke receive
			1 ok receive 1
			1 invoke dequeue
			1 ok dequeue 2
			1 invoke receive
			1 ok receive null
		`},
		{Name: "sent at the same time", Want: "valid", History: `
			0 invoke send 1
			1 invoke send 2
			0 ok send 1
			1 ok send 2
			0 invoke receive
			0 ok receive 2
			0 invoke receive
			0 ok receive 1
		`},
		{Name: "left in the queue", Want: "valid", History: `
			0 invoke send 1
			0 ok send 1
			0 invoke send 2
			0 ok send 2
			0 invoke receive
			0 ok receive 1
		`},
		{Name: "an uncertain send that was never received", Want: "valid", History: `
			0 invoke send 1
			0 info send 1 !timeout
			1 invoke receive
			1 ok receive null
		`},
		{Name: "an uncertain receive took what is missing", Want: "valid", History: `
			0 invoke receive
			0 info receive !timeout
			1 invoke send 1
			1 ok send 1
			1 invoke send 2
			1 ok send 2
			1 invoke receive
			1 ok receive 2
			1 invoke receive
			1 ok receive null
		`},
		{Name: "an uncertain receive may have taken what a later receive asked for in vain", Want: "valid", History: `
			0 invoke send 1
			0 ok send 1
			1 invoke receive
			2 invoke receive
			2 ok receive null
		`},
		{Name: "equal values in order", Want: "valid", History: `
			0 invoke send 1
			0 ok send 1
			0 invoke send 2
			0 ok send 2
			0 invoke send 1
			0 ok send 1
			0 invoke receive
			0 ok receive 1
			0 invoke receive
			0 ok receive 2
			0 invoke receive
			0 ok receive 1
		`},
		{Name: "nobody sent it", Want: "phantom", History: `
			0 invoke send 1 node=n1
			0 ok send 1 node=n1
			1 invoke receive node=n2
			1 ok receive 7 node=n2
		`},
		{Name: "sent later", Want: "phantom", History: `
			0 invoke receive
			0 ok receive 1
			1 invoke send 1
			1 ok send 1
		`},
		{Name: "a failed send", Want: "phantom", History: `
			0 invoke send 1
			0 fail send 1 !queue is full
			0 invoke receive
			0 ok receive 1
		`},
		{Name: "received twice", Want: "duplicated", History: `
			0 invoke send 1
			0 ok send 1
			0 invoke receive
			1 invoke receive
			0 ok receive 1
			1 ok receive 1
		`},
		{Name: "received three times, tried twice", Want: "duplicated", History: `
			0 invoke send 1
			0 ok send 1
			1 invoke send 1
			1 info send 1 !timeout
			0 invoke receive
			0 ok receive 1
			0 invoke receive
			0 ok receive 1
			0 invoke receive
			0 ok receive 1
		`},
		{Name: "overtaken", Want: "reordered", History: `
			0 invoke send 1 node=n1
			0 ok send 1 node=n1
			0 invoke send 2 node=n1
			1 invoke receive node=n2
			0 ok send 2 node=n1
			1 ok receive 2 node=n2
			1 invoke receive node=n3
			1 ok receive 1 node=n3
		`},
		{Name: "overtaken, sent with unknown outcome", Want: "reordered", History: `
			0 invoke send 1
			0 info send 1 !timeout
			1 invoke receive
			1 ok receive 1
			2 invoke send 2
			2 ok send 2
			2 invoke send 3
			2 ok send 3
			1 invoke receive
			1 ok receive 3
			1 invoke receive
			1 ok receive 2
		`},
		{Name: "lost", Want: "lost", History: `
			0 invoke send 1
			0 ok send 1
			0 invoke send 2
			0 ok send 2
			1 invoke receive
			1 ok receive 2
			2 invoke receive
		`},
		{Name: "lost, but for one that an uncertain receive may have taken", Want: "lost", History: `
			3 invoke receive
			3 info receive !timeout
			0 invoke send 1
			0 ok send 1
			0 invoke send 2
			0 ok send 2
			0 invoke send 3
			0 ok send 3
			1 invoke receive
			1 ok receive 3
			2 invoke receive
		`},
		{Name: "not empty", Want: "wrong-empty", History: `
			0 invoke send 1
			0 ok send 1
			1 invoke receive
			1 ok receive null
			0 invoke receive
			0 ok receive 1
		`},
		{Name: "not empty, and never received", Want: "lost", History: `
			0 invoke send 1 key=k
			0 ok send 1 key=k
			1 invoke receive key=k
			1 ok receive null key=k
		`},
		{Name: "never empty", Want: "wrong-empty", History: `
			0 invoke send 1
			0 ok send 1
			1 invoke receive
			0 invoke send 2
			0 ok send 2
			2 invoke receive
			2 ok receive 1
			1 ok receive null
			2 invoke receive
			2 ok receive 2
		`},
		{Name: "not empty, although an uncertain receive took something", Want: "lost", History: `
			0 invoke send 1
			0 ok send 1
			0 invoke send 2
			0 ok send 2
			1 invoke receive
			2 invoke receive
			2 ok receive null
		`},
		{Name: "no integer is sent", Want: "unknown", History: `
			0 invoke send "one"
			0 ok send "one"
		`},
		{Name: "no integer is received", Want: "unknown", History: `
			0 invoke receive key=k
			0 ok receive {"a":1} key=k
		`},
		{Name: "another operation", Want: "unknown", History: `
			0 invoke peek
			0 ok peek 1
		`},
	})
}
