package history

import "time"

// History is a run's ops in the order in which they were recorded, which is
// also the order of their times.
type History struct {
	Ops []Op
}

// Call is an invocation together with its completion: one operation.
type Call struct {
	Process int
	Node    string
	F       string
	Key     string
	Final   bool
	// In and Out are the invocation's and the completion's values.
	In, Out Value
	// Type is OK, Fail or Info. A call whose completion is missing is Info.
	Type  Type
	Error string
	// Start and End are the times of invocation and completion. An Info call has
	// no end: End is Never.
	Start, End time.Duration
	// Invoke and Complete are indexes into History.Ops; Complete is -1 if the
	// completion is missing.
	Invoke, Complete int
}

// Never is the End of a call whose effect may come at any later time.
const Never = time.Duration(1<<63 - 1)
