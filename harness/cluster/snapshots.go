package cluster

import "context"

// Snapshots is implemented by targets whose nodes can tell that they saved a snapshot of
// their state, which is when their logs are cut and their files exchanged.
type Snapshots interface {
	// Snapshots counts those that a node has saved since it was started. The number has
	// grown when a snapshot has reached the disk.
	Snapshots(ctx context.Context, node Node, cfg Config) (int, error)
}
