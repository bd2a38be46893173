package explore

import (
	"encoding/binary"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// judge tells of what a state violates, or is an example of.
func (e *systemExpander[S, M]) judge(state []uint32, o *out[[]uint32]) {
	for i, p := range e.system.Properties {
		switch p.kind {
		case AlwaysKind:
			if p.judge(View[S, M]{e, state}) != nil {
				o.found(i)
			}
		case SometimesKind:
			if !o.shown[i] && p.judge(View[S, M]{e, state}) == nil {
				o.found(i)
			}
		}
	}
	if !e.script.judged {
		return
	}
	c := e.conversation(state)
	for i := range e.system.Promises {
		at := len(e.system.Properties) + i
		if c.broken[i] {
			o.found(at)
		}
		if c.undecided[i] {
			o.undecided[at] = true
		}
	}
}

// holds asks one property about a state; a promise holds if it is not broken.
func (e *systemExpander[S, M]) holds(property int, state []uint32) error {
	if property < len(e.system.Properties) {
		return e.system.Properties[property].judge(View[S, M]{e, state})
	}
	if e.conversation(state).broken[property-len(e.system.Properties)] {
		return errNot
	}
	return nil
}

func (e *systemExpander[S, M]) explain(property int, h *history.History) *checkers.Verdict {
	return e.system.Promises[property-len(e.system.Properties)].explain(h)
}

func (e *systemExpander[S, M]) identity(to []byte, state []uint32) []byte {
	for _, n := range state {
		to = binary.LittleEndian.AppendUint32(to, n)
	}
	return to
}

// deliveryDue is the number by which fairness knows the delivery of a message.
func (e *systemExpander[S, M]) deliveryDue(message uint32) uint64 {
	if e.system.Fairness < FairDelivery {
		return 0
	}
	return uint64(message) + 1
}

func (e *systemExpander[S, M]) timerDue(node int, input uint32) uint64 {
	if e.system.Fairness < FairTimers {
		return 0
	}
	return 1<<63 | uint64(node)<<32 | uint64(input)
}

// due are the deliveries and timers that fairness does not let wait for ever.
func (e *systemExpander[S, M]) due(state []uint32) []uint64 {
	if e.system.Fairness == Unfair {
		return nil
	}
	o := &out[[]uint32]{record: true}
	e.expand(state, 0, o)
	var all []uint64
	for _, a := range o.acts {
		if a.due != 0 {
			all = append(all, a.due)
		}
	}
	return all
}
