package cluster

import (
	"context"
	"time"
)

// CanDisk is that the disks of nodes can be made to fail, to forget what was not
// synced, and to damage files. It has to be asked for when the cluster is made:
// see Options.
const CanDisk Capability = "disk"

// Disks is implemented by clusters whose nodes may have disks that can be broken.
type Disks interface {
	// SetDisks makes exactly these faults hold, by the names of nodes; other nodes
	// have good disks. Nodes whose disk has gone, because what served it was killed,
	// are started again with what they had synced.
	SetDisks(ctx context.Context, faults map[string]DiskFaults) error
	// ReadDisks observes the disks of all nodes. Of the nodes to be tried it reads a
	// file meanwhile, as often as it takes for an unlikely failure to show.
	ReadDisks(ctx context.Context, try ...string) (map[string]DiskReading, error)
	// FailPower takes from the disks of nodes what was not synced. The nodes must
	// not run. If torn, a random part survives: pages, and beginnings of pages.
	FailPower(ctx context.Context, nodes []string, torn bool) (map[string]DiskLoss, error)
	// DamageFiles changes the files of nodes, and tells what it did. The nodes must
	// not run, except for Remember.
	DamageFiles(ctx context.Context, nodes []string, d FileDamage) (map[string][]FileChange, error)
}

// DiskFaults are what a disk does wrong. The zero value is a good one.
type DiskFaults struct {
	// ReadFails, WriteFails and SyncFails are probabilities of an input/output
	// error. What a failed sync was to make durable is lost with the node's process,
	// whatever is synced later.
	ReadFails, WriteFails, SyncFails float64
	// Flips is the probability with which what is read has one wrong bit.
	Flips float64
	// Full lets nothing new be written.
	Full bool
	// Lies says of every sync that it was done, and does nothing.
	Lies bool
	// Delay is how much longer every read and write takes, and SyncDelay a sync.
	Delay, SyncDelay time.Duration
}

// DiskReading is what was observed of a disk.
type DiskReading struct {
	// Covered says that the running node's files are on the disk that can fail.
	Covered bool
	// Faults are those in force.
	Faults DiskFaults
	// Counts add up since the cluster was made.
	Counts DiskCounts
	// Unsynced is how many pages a power failure would take.
	Unsynced int
}

// DiskCounts is how often something happened.
type DiskCounts struct {
	Reads, Writes, Syncs uint64
	// Failed are reads, writes and syncs that were made to fail; Refused are
	// writes to a full disk, Flipped reads with a wrong bit, Lied syncs that were
	// none, Delayed all that was slow.
	Failed, Refused, Flipped, Lied, Delayed uint64
	PowerFailures                           uint64
}

// DiskLoss is what a power failure took.
type DiskLoss struct {
	// Files had unsynced pages, of which so many were lost, and kept.
	Files, Lost, Kept int
}

// FileDamage is what happens to the files of a node.
type FileDamage struct {
	Kind DamageKind
	// Bits are how many are flipped (FlipBits), Bytes how many are cut off the end of
	// a file (Truncate).
	Bits  int
	Bytes int64
}

// DamageKind is a kind of FileDamage.
type DamageKind string

const (
	// Remember keeps a copy of all files, as they are on the disk, for Revert to go
	// back to.
	Remember DamageKind = "remember"
	Revert   DamageKind = "revert"
	FlipBits DamageKind = "flip"
	Truncate DamageKind = "truncate"
	// Repair undoes the last damage.
	Repair DamageKind = "repair"
)

// FileChange is a file that is not as it was, and how, for people.
type FileChange struct{ File, How string }
