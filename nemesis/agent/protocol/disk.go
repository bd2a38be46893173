package protocol

import "time"

const (
	// Disks puts a layer over a folder of each of the request's nodes, unless it is
	// there, and makes exactly the faults of the request hold.
	Disks Operation = "disks"
	// LookAtDisks observes the disks of the request's nodes, running or not. Of
	// those that are to be Tried it reads a file.
	LookAtDisks Operation = "look-at-disks"
	// Power takes from disks what was not synced. Their nodes must not run.
	Power Operation = "power"
	// Damage changes the files of the request's nodes, which must not run.
	Damage Operation = "damage"
)

// Layer is a mechanism that Check tries.
const Layer = "disk"

// Disk is the disk of a node.
type Disk struct {
	// Path is the folder, as the node sees it.
	Path string `json:"path,omitempty"`
	// Volume changes when the node gets another, empty folder there.
	Volume string `json:"volume,omitempty"`
	// Seed decides what happens by chance.
	Seed   uint64     `json:"seed,omitempty"`
	Faults DiskFaults `json:"faults,omitzero"`
	// Try asks for a file to be read through the layer (LookAtDisks).
	Try bool `json:"try,omitempty"`
	// Torn lets a random part of what was not synced survive (Power).
	Torn bool `json:"torn,omitempty"`
	// Damage is what is done to files (Damage).
	Damage FileDamage `json:"damage,omitzero"`
}

// DiskFaults are what a disk does wrong: see disk.Faults, which has the same
// fields.
type DiskFaults struct {
	ReadFails  float64       `json:"readFails,omitempty"`
	WriteFails float64       `json:"writeFails,omitempty"`
	SyncFails  float64       `json:"syncFails,omitempty"`
	Flips      float64       `json:"flips,omitempty"`
	Full       bool          `json:"full,omitempty"`
	Lies       bool          `json:"lies,omitempty"`
	Delay      time.Duration `json:"delay,omitempty"`
	SyncDelay  time.Duration `json:"syncDelay,omitempty"`
}

// The kinds of FileDamage.
const (
	// Remember keeps a copy of all files, as they are on the disk. It is the only
	// kind that may be asked for while the node runs.
	Remember = "remember"
	// Revert puts the files back that were remembered.
	Revert = "revert"
	// FlipBits and Truncate damage files, after keeping a copy of all.
	FlipBits = "flip"
	Truncate = "truncate"
	// Repair puts the files back as they were before the last damage, Revert
	// included.
	Repair = "repair"
)

// FileDamage is what happens to the files of a node.
type FileDamage struct {
	Kind string `json:"kind,omitempty"`
	// Bits are how many are flipped, Bytes how many are cut off the end of a file.
	Bits  int   `json:"bits,omitempty"`
	Bytes int64 `json:"bytes,omitempty"`
}

// NodeDisk is what was observed of a node's disk.
type NodeDisk struct {
	Node string `json:"node"`
	// Covered says that the node's process has the layer over its folder.
	Covered bool       `json:"covered,omitempty"`
	Faults  DiskFaults `json:"faults,omitzero"`
	Counts  DiskCounts `json:"counts,omitzero"`
	// Unsynced is how many pages a power failure would take.
	Unsynced int `json:"unsynced,omitempty"`
	// Loss is what a power failure took (Power).
	Loss DiskLoss `json:"loss,omitzero"`
	// Changed is what was done to files, as they were read again (Damage).
	Changed []FileChange `json:"changed,omitempty"`
}

// DiskCounts is how often something happened: see disk.Counts, which has the same
// fields.
type DiskCounts struct {
	Reads         uint64 `json:"reads,omitempty"`
	Writes        uint64 `json:"writes,omitempty"`
	Syncs         uint64 `json:"syncs,omitempty"`
	Failed        uint64 `json:"failed,omitempty"`
	Refused       uint64 `json:"refused,omitempty"`
	Flipped       uint64 `json:"flipped,omitempty"`
	Lied          uint64 `json:"lied,omitempty"`
	Delayed       uint64 `json:"delayed,omitempty"`
	PowerFailures uint64 `json:"powerFailures,omitempty"`
}

// DiskLoss is what a power failure took: see disk.Loss.
type DiskLoss struct {
	Files int `json:"files,omitempty"`
	Lost  int `json:"lost,omitempty"`
	Kept  int `json:"kept,omitempty"`
}

// FileChange is a file that is not as it was.
type FileChange struct {
	File string `json:"file"`
	// How is for people: "bit 3 of byte 1017 flipped".
	How string `json:"how"`
}
