package retryqueue

import (
	"encoding/json"
	"fmt"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/call"
)

// record is one line of the keeper's durable log: what was done, for whom.
type record struct {
	Request uint64       `json:"request"`
	Do      call.Request `json:"do"`
}

func (n node) persist(r record) {
	line, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("a record does not encode: %v", err))
	}
	n.Persist(line)
}

// Start implements actor.Actor: everything is done once more, in the same order, and
// gives the same answers.
func (a Actor) Start(_ actor.Context[Message], durable [][]byte) State {
	var s State
	for _, line := range durable {
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			panic(fmt.Sprintf("a record of our own does not decode: %v", err))
		}
		if answer := s.do(r.Do); !a.Repeats {
			s.remember(r.Request, answer)
		}
	}
	return s
}
