// Package cluster says what a system under test, its nodes and the place where
// they run have to offer to the rest of Assay. It holds no implementation:
// harness/docker and harness/local make clusters, harness/targets describes
// systems.
package cluster

import (
	"context"
	"io"
)

// Cluster is a set of nodes that were started together and end together.
type Cluster interface {
	// Runtime is "docker" or "local".
	Runtime() string
	// Nodes are in the order of their names.
	Nodes() []Node
	Capabilities() Capabilities
	// Close removes everything that belongs to the cluster. It is idempotent and
	// works with a context that has seen its cancellation lifted.
	Close(ctx context.Context) error
}

// Node is one member of a cluster. All methods may be called at any time and
// are idempotent: killing a killed node is no error.
type Node interface {
	Name() string
	// Addr is the host:port at which clients of this machine reach the named
	// port. It stays the same over restarts.
	Addr(port string) string
	// Start starts the node, also again after Kill, with its durable data, and
	// returns when the process runs (not when it is ready). Network rules that
	// are in force are applied to it before Start returns.
	Start(ctx context.Context) error
	// Kill ends the node's processes with SIGKILL and returns when they are gone.
	Kill(ctx context.Context) error
	// Pause freezes, Resume thaws all processes of the node.
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
	// State observes the node (it does not remember what was asked for).
	State(ctx context.Context) (State, error)
	// Logs writes what the node has printed since the cluster was made, over all
	// its restarts.
	Logs(ctx context.Context, w io.Writer) error
}

// State is what a node's processes are seen doing. The zero State is Unseen.
type State uint8

const (
	Unseen State = iota
	Running
	Paused
	Stopped
)

func (s State) String() string {
	return [...]string{"unseen", "running", "paused", "stopped"}[s]
}

// Imaged is implemented by clusters whose nodes run an image.
type Imaged interface {
	// Image is the reference that runs, and the digest that it stood for.
	Image() (reference, id string)
}
