package protocol

const (
	// Clocks makes exactly the skews of the request's nodes hold, in all their
	// processes and those that they start later; nodes without one are healed.
	Clocks Operation = "clocks"
	// Times observes the clocks of the request's nodes.
	Times Operation = "times"
)

// Clock is a mechanism that Check tries.
const Clock = "clock"

// Skew is how the clocks of a node's processes differ from the machine's. All times
// are in nanoseconds.
type Skew struct {
	Offset int64 `json:"offset,omitempty"`
	// Drift is by how many millionths the clock runs faster from Since on, a time
	// of the machine's clock since 1970.
	Drift int64 `json:"drift,omitempty"`
	Since int64 `json:"since,omitempty"`
	// Strobe is for how long the skew holds and then does not, by turns, beginning
	// at Since. 0 is for ever.
	Strobe int64 `json:"strobe,omitempty"`
}

// NodeClock is what the clocks of a node's processes show, as their own memory has
// it, in nanoseconds ahead of the machine's.
type NodeClock struct {
	Node      string `json:"node"`
	Processes int    `json:"processes"`
	Least     int64  `json:"least"`
	Most      int64  `json:"most"`
	// Began counts by name the processes that have begun since the node's clock was
	// changed, without those of a node that was started again.
	Began map[string]int `json:"began,omitempty"`
	// At is when they were read, by the machine's clock since 1970.
	At int64 `json:"at"`
}
