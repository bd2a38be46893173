package queue

import (
	"flag"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/internal/collection/liar"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestExplanations(t *testing.T) {
	liar.Explain(t, Type(), []liar.Case{
		{Name: "in order", History: `
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
		`, Want: checkers.Valid},
		{Name: "sent at the same time", History: `
			0 invoke send 1
			1 invoke send 2
			0 ok send 1
			1 ok send 2
			0 invoke receive
			0 ok receive 2
			0 invoke receive
			0 ok receive 1
		`, Want: checkers.Valid},
		{Name: "left in the queue", History: `
			0 invoke send 1
			0 ok send 1
			0 invoke send 2
			0 ok send 2
			0 invoke receive
			0 ok receive 1
		`, Want: checkers.Valid},
		{Name: "an uncertain send that was never received", History: `
			0 invoke send 1
			0 info send 1 !timeout
			1 invoke receive
			1 ok receive null
		`, Want: checkers.Valid},
		{Name: "an uncertain receive took what is missing", History: `
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
		`, Want: checkers.Valid},
		{Name: "an uncertain receive may have taken what a later receive asked for in vain", History: `
			0 invoke send 1
			0 ok send 1
			1 invoke receive
			2 invoke receive
			2 ok receive null
		`, Want: checkers.Valid},
		{Name: "equal values in order", History: `
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
		`, Want: checkers.Valid},
		{Name: "nobody sent it", History: `
			0 invoke send 1 node=n1
			0 ok send 1 node=n1
			1 invoke receive node=n2
			1 ok receive 7 node=n2
		`, Want: checkers.Invalid},
		{Name: "sent later", History: `
			0 invoke receive
			0 ok receive 1
			1 invoke send 1
			1 ok send 1
		`, Want: checkers.Invalid},
		{Name: "a failed send", History: `
			0 invoke send 1
			0 fail send 1 !queue is full
			0 invoke receive
			0 ok receive 1
		`, Want: checkers.Invalid},
		{Name: "received twice", History: `
			0 invoke send 1
			0 ok send 1
			0 invoke receive
			1 invoke receive
			0 ok receive 1
			1 ok receive 1
		`, Want: checkers.Invalid},
		{Name: "received three times, tried twice", History: `
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
		`, Want: checkers.Invalid},
		{Name: "overtaken", History: `
			0 invoke send 1 node=n1
			0 ok send 1 node=n1
			0 invoke send 2 node=n1
			1 invoke receive node=n2
			0 ok send 2 node=n1
			1 ok receive 2 node=n2
			1 invoke receive node=n3
			1 ok receive 1 node=n3
		`, Want: checkers.Invalid},
		{Name: "overtaken, sent with unknown outcome", History: `
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
		`, Want: checkers.Invalid},
		{Name: "lost", History: `
			0 invoke send 1
			0 ok send 1
			0 invoke send 2
			0 ok send 2
			1 invoke receive
			1 ok receive 2
			2 invoke receive
		`, Want: checkers.Invalid},
		{Name: "lost, but for one that an uncertain receive may have taken", History: `
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
		`, Want: checkers.Invalid},
		{Name: "not empty", History: `
			0 invoke send 1
			0 ok send 1
			1 invoke receive
			1 ok receive null
			0 invoke receive
			0 ok receive 1
		`, Want: checkers.Invalid},
		{Name: "not empty, and never received", History: `
			0 invoke send 1 key=k
			0 ok send 1 key=k
			1 invoke receive key=k
			1 ok receive null key=k
		`, Want: checkers.Invalid},
		{Name: "never empty", History: `
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
		`, Want: checkers.Invalid},
		{Name: "not empty, although an uncertain receive took something", History: `
			0 invoke send 1
			0 ok send 1
			0 invoke send 2
			0 ok send 2
			1 invoke receive
			2 invoke receive
			2 ok receive null
		`, Want: checkers.Invalid},
		{Name: "no integer is sent", History: `
			0 invoke send "one"
			0 ok send "one"
		`, Want: checkers.Unknown},
		{Name: "no integer is received", History: `
			0 invoke receive key=k
			0 ok receive {"a":1} key=k
		`, Want: checkers.Unknown},
		{Name: "another operation", History: `
			0 invoke peek
			0 ok peek 1
		`, Want: checkers.Unknown},
	}, *update)
}
