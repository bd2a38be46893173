package cluster

import (
	"context"
	"time"
)

// What can be done to the processes of a node beside killing and freezing them.
const (
	// CanStop is that nodes can be asked to end.
	CanStop Capability = "stop"
	// CanThrottle and CanLimitMemory are that nodes can be given less of the machine.
	CanThrottle    Capability = "cpu"
	CanLimitMemory Capability = "memory"
	// CanStarve is that the kernel can be made to kill a node for want of memory.
	CanStarve Capability = "out-of-memory"
)

// Stopper is implemented by nodes that can be asked to end.
type Stopper interface {
	// Stop asks the node's processes to end (SIGTERM), and returns when they are
	// gone. Those that are still there when the patience ends are killed, which is
	// told by polite being false. A node that does not run is stopped already.
	Stop(ctx context.Context, patience time.Duration) (polite bool, err error)
}

// Limited is implemented by nodes that can be given less of the machine.
type Limited interface {
	// SetLimits makes exactly these limits hold, also after a restart, in place of
	// those before. The zero Limits lift everything. A limit of memory that is less
	// than what the node cannot do without is an error and changes nothing.
	SetLimits(ctx context.Context, l Limits) error
	// Usage observes what the kernel grants the node and what it takes of it.
	Usage(ctx context.Context) (Usage, error)
}

// Limits are how much of the machine a node gets; zero is as much as there is.
type Limits struct {
	// CPU is in cores: 0.1 is a tenth of the time of one.
	CPU float64
	// Memory is in bytes, without swap.
	Memory int64
}

// Usage is what a running node takes of the machine.
type Usage struct {
	// Limits are in force at this moment, as the kernel has them.
	Limits Limits
	// Memory is how many bytes it has, without what the kernel could take back.
	Memory int64
	// Periods counts the periods over which the kernel has rationed its CPU since it
	// was started. It grows only where there is a limit and the node does something.
	Periods uint64
}

// Starvable is implemented by nodes that can run out of memory.
type Starvable interface {
	// Starve makes memory so scarce in the node that the kernel kills its first
	// process, and returns when it has gone. Its limit of memory stays until
	// SetLimits lifts it.
	Starve(ctx context.Context) error
	// Starved observes whether the node does not run because the kernel killed it
	// for want of memory.
	Starved(ctx context.Context) (bool, error)
}
