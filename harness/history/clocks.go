package history

import (
	"encoding/json"
	"fmt"
	"time"
)

// Clocks: the clocks of the nodes were read. Its completion is OK with a value made by
// ClockOffsets, or Fail with the reason: whoever fails to read a clock has changed
// nothing. It is about no fault, judges nothing, and may be open while the nemesis does
// something else. Histories of runs that leave clocks alone have none.
const Clocks = "clocks"

// ClockOffset is by how much the clock of a node was seen to be ahead of the machine's,
// give or take a bound. A node that strobes has one moment's offset.
type ClockOffset struct {
	Offset time.Duration `json:"offset_ns"`
	Bound  time.Duration `json:"bound_ns"`
}

// ClockReading is what the clocks of nodes showed at a moment from Start to End. Nodes
// that did not run are not in it.
type ClockReading struct {
	Start, End time.Duration
	Offsets    map[string]ClockOffset
}

// ClockOffsets is the value of a reading: {"n1":{"offset_ns":5000000000,"bound_ns":0}}.
func ClockOffsets(offsets map[string]ClockOffset) Value {
	var v Value
	text, err := json.Marshal(offsets)
	if err == nil {
		err = v.UnmarshalJSON(text)
	}
	if err != nil {
		panic(fmt.Sprintf("history: offsets of clocks are no JSON: %v", err)) // names and numbers are
	}
	return v
}

// ClockReadings are those that succeeded, in the order of their ends. What somebody else
// wrote under the same name, and in another form, is passed over.
func (h *History) ClockReadings() []ClockReading {
	var all []ClockReading
	start := time.Duration(0)
	for i := range h.Ops {
		switch op := &h.Ops[i]; {
		case op.Process != Nemesis || op.F != Clocks:
		case op.Type == Invoke:
			start = op.Time
		case op.Type == OK:
			if offsets := op.Value.clockOffsets(); offsets != nil {
				all = append(all, ClockReading{Start: start, End: op.Time, Offsets: offsets})
			}
		}
	}
	return all
}

// clockOffsets is empty if no node ran, and nil if the value is of another form.
func (v Value) clockOffsets() map[string]ClockOffset {
	if v.kind != KindRaw {
		return nil
	}
	var offsets map[string]ClockOffset
	if json.Unmarshal([]byte(v.more.text), &offsets) != nil {
		return nil
	}
	return offsets
}
