package cluster

import "context"

const (
	// CanReplace is that a new machine can take the place of a node.
	CanReplace Capability = "replace"
	// CanChangeMembers is that the target's nodes can leave and join, and be replaced.
	CanChangeMembers Capability = "membership"
)

// Members is implemented by targets whose nodes can leave the cluster and join it while
// the others go on. Each method asks whichever node answers.
type Members interface {
	// Members are the nodes that the system itself counts as its own.
	Members(ctx context.Context, c Cluster, cfg Config) ([]string, error)
	// Remove makes the others go on without a node. It returns when they have agreed;
	// what becomes of the node's processes is the system's affair. Removing a node
	// that is no member is no error.
	Remove(ctx context.Context, c Cluster, cfg Config, node string) error
	// Admit makes the others expect a node, which has to be replaced by a new one
	// first. Admitting a node that is expected is no error.
	Admit(ctx context.Context, c Cluster, cfg Config, node string) error
	// Joining are the arguments of a node that joins such members, itself included,
	// made from those that it was first started with.
	Joining(args, members []string) []string
}

// Replacer is implemented by clusters that can put new machines in the place of nodes.
type Replacer interface {
	// Replace kills a node's processes and destroys its data, and starts it as new,
	// with arguments made from those that it had first. Its name and its addresses
	// stay.
	Replace(ctx context.Context, node string, arguments func(first []string) []string) error
}
