//go:build linux

// Package disk puts a layer between the programs of one node and the folder that
// holds their data. The layer passes everything on, but it keeps in memory what
// was written until it is synced, as an operating system does; so it can forget
// that, which is what a power failure does to a disk, while killing a process does
// not. It can also fail, fill up, be slow, or lie about what was synced.
//
// It is a FUSE file system that is mounted nowhere at first (fsmount(2)) and then
// moved into the mount namespace of a container (move_mount(2)), over the folder
// whose contents it passes on. Nothing of it is to be seen outside.
//
// What it does not imitate: names are durable at once, so that a rename that was not
// synced is never lost; truncating a file makes durable what was written before.
// Both lose less than a real disk may, never more.
//
// In one way it loses more: sync(2) and syncfs(2) make nothing durable. Linux tells
// them to no file system that a program serves, unless that has a block device of its
// own (fuse_sync_fs in fs/fuse/inode.c: FUSE_SYNCFS is sent to virtiofs and, since 6.18,
// to fuseblk). A program that relies on them, rather than on fsync(2), fdatasync(2),
// msync(2), O_SYNC or O_DSYNC for each file, loses here what a real disk would have.
//
// A file system of its own for each node that is shut down without flushing (ext4 in
// a loop device, and its ioctl EXT4_IOC_SHUTDOWN) would lose names too. But it takes
// root on the host, a device there for each node, and a mount that nobody removes if
// all of us are killed; it loses only what its journal has not yet written, which
// differs from kernel to kernel; and it can neither fail nor be slow. What a program
// forgets to sync is nearly always what it writes to a file, and that the layer
// forgets exactly.
package disk

import "time"

// Faults are what a disk does wrong. The zero value is a good one.
type Faults struct {
	// ReadFails, WriteFails and SyncFails are probabilities of an input/output
	// error. What a failed sync was to make durable is visible until the power
	// fails and is never made durable by a later one, unless it is written again,
	// as on Linux.
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

// Counts is how often something happened.
type Counts struct {
	Reads, Writes, Syncs uint64
	// Failed are reads, writes and syncs that were made to fail; Refused are
	// writes to a full disk, Flipped reads with a wrong bit, Lied syncs that were
	// none, Delayed all that was slow.
	Failed, Refused, Flipped, Lied, Delayed uint64
	PowerFailures                           uint64
}

// Loss is what a power failure took.
type Loss struct {
	// Files had unsynced pages, of which so many were lost, and kept.
	Files, Lost, Kept int
}
