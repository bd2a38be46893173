package cluster

import (
	"context"
	"time"
)

// Named is implemented by targets whose nodes have names of their own, in place of
// n1..nN.
type Named interface {
	// NodeNames are the names, in order. Those of Config.Nodes, if that is not 0,
	// must be as many.
	NodeNames(cfg Config) ([]string, error)
}

// Container is what a node can have only in a container. The zero value has none of it.
type Container struct {
	// Data is the folder of the durable data, which Layout.Data does not know of;
	// empty is the runtime's own.
	Data string
	// Volumes are further folders that outlive the processes, until the cluster is
	// closed. They are not on the disk that can fail.
	Volumes []string
	// Files are put into the container before it starts.
	Files []File
	// User runs the processes and Folder is where they work; empty as in the image.
	User, Folder string
	// Host is the container's own host name, empty for the node's name. By that, by the
	// node's name and by Names it is known to the others.
	Host  string
	Names []string
	// Scratch are folders in memory, with mount options behind a colon if any, as in
	// "/run:size=64m".
	Scratch []string
	Limits  []Limit
	// Init has a process of the runtime's own reap what the node's processes leave.
	Init   bool
	Health *Health
	// After are the nodes that have to be there before this one is started first.
	After []Dependency
	// Aside says that the container runs beside the nodes: nobody breaks it, and no
	// client is sent to it.
	Aside bool
	// Once says of a container beside the nodes that it does something and ends. The
	// cluster is there when it has ended well, which is exit code 0.
	Once bool
}

// Limit bounds what a process may use of a resource, in the words of setrlimit(2) without
// RLIMIT_, as in "nofile".
type Limit struct {
	Resource   string
	Soft, Hard int64
}

// File is one that is put into a container.
type File struct {
	// Path is absolute, with slashes.
	Path    string
	Mode    uint32
	Content []byte
}

// Health is how a container finds out about itself.
type Health struct {
	// Test is a command as Docker writes it: ["CMD", program, arguments...] or
	// ["CMD-SHELL", text].
	Test                           []string
	Interval, Timeout, StartPeriod time.Duration
	Retries                        int
}

// Dependency is a node that another one needs. One that runs once has to have ended.
type Dependency struct {
	Node string
	// Healthy says that it has to be healthy, not merely started.
	Healthy bool
}

// Company is implemented by clusters that may have containers beside their nodes.
type Company interface {
	// Beside are those, in order.
	Beside() []Node
}

// HealthTeller is implemented by nodes that may know whether they are well.
type HealthTeller interface {
	// Healthy returns nil if the node says of itself that it is well, otherwise what
	// it says.
	Healthy(ctx context.Context) error
}
