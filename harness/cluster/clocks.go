package cluster

import (
	"context"
	"time"
)

// CanClock is that the clocks of nodes can be changed.
const CanClock Capability = "clock"

// Clocks is implemented by clusters that can change what time it is for the
// processes of a node, and for nobody else.
type Clocks interface {
	// SetClocks makes exactly these skews hold, by the names of nodes; nodes without
	// one have the machine's time. Clocks that only go forward are not touched. A
	// skew holds for processes that begin later too, also after a restart, but for
	// their first milliseconds.
	SetClocks(ctx context.Context, skews map[string]Skew) error
	// ReadClocks observes the clocks of all running nodes (paused ones too), as
	// their processes have them.
	ReadClocks(ctx context.Context) (map[string]ClockReading, error)
}

// TimeTeller is implemented by targets whose nodes can be asked what time it is.
type TimeTeller interface {
	Time(ctx context.Context, node Node, cfg Config) (time.Time, error)
}

// Skew is how a node's wall clock differs from the machine's.
type Skew struct {
	// Offset is added to the time.
	Offset time.Duration
	// Drift is by how many millionths the clock runs faster from Since on; at
	// -1,000,000 it stands still.
	Drift int64
	Since time.Time
	// Strobe is for how long the skew holds and then does not, by turns, from Since
	// on; 0 is for ever.
	Strobe time.Duration
}

// Ahead is by how much a clock with this skew is ahead when the machine's shows a
// time, while the skew holds.
func (s Skew) Ahead(at time.Time) time.Duration {
	if s.Drift == 0 {
		return s.Offset // and Since may be the year 1
	}
	return s.Offset + time.Duration(float64(at.Sub(s.Since))*float64(s.Drift)/1e6)
}

// ClockReading is by how much the clocks of a node's processes are ahead of the
// machine's.
type ClockReading struct {
	Processes   int
	Least, Most time.Duration
	// Began counts by name the processes that have begun since the node's clock was
	// changed, without those of a node that was started again: a supervisor in it may
	// start others at any time. Those that end within milliseconds may be missed.
	Began map[string]int
	// At is when they were read, by the clock of the machine on which they run.
	At time.Time
}
