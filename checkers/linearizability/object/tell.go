package object

import (
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// Did is a clause about an operation among the calls of its object: "process 12
// (n3) read 17 (12.310-12.318 s)".
func Did(o Object, calls []history.Call, op Op) string {
	call := calls[op.Call]
	text := fmt.Sprintf("%s %s (%s)", checkers.Who(call), o.Verb(op), checkers.When(call))
	if op.Inferred {
		text += ", which did happen, for its effect was seen"
	}
	return text
}

// Brief is the same in fewer words: "process 12 (n3) read 17 at 12.310 s".
func Brief(o Object, calls []history.Call, op Op) string {
	call := calls[op.Call]
	return fmt.Sprintf("%s %s at %s", checkers.Who(call), o.Verb(op), checkers.Seconds(call.Start))
}
