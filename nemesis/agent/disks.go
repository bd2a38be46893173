//go:build linux

package agent

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/assaykit/assay/nemesis/agent/damage"
	"github.com/assaykit/assay/nemesis/agent/disk"
	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// disks are the layers over folders of nodes, by the nodes' names. A layer lives on
// when its node ends: it keeps what was written and not synced, as an operating
// system does.
type disks map[string]*nodeDisk

// nodeDisk is the disk of one node.
type nodeDisk struct {
	*disk.Mount
	// volume is what lies below the layer, incarnation the one that has the layer over
	// its folder.
	volume, incarnation string
	random              *rand.Rand
	// remembered is what a revert leads back to, intact what a repair does.
	remembered, intact *damage.Copy
}

// set puts layers in place and makes exactly these faults hold.
func (d disks) set(nodes []protocol.Node) protocol.Response {
	failed := &failures{}
	for _, node := range nodes {
		failed.add(node.Name, d.setOne(node))
	}
	return protocol.Response{Failed: failed.byNode}
}

func (d disks) setOne(node protocol.Node) error {
	if node.Disk == nil {
		return errors.New("no disk is described")
	}
	own, err := d.of(node)
	if err != nil {
		return err
	}
	if err := own.place(node); err != nil {
		return err
	}
	own.Set(disk.Faults(node.Disk.Faults))
	return nil
}

// of is the disk of a node, which is made if need be.
func (d disks) of(node protocol.Node) (*nodeDisk, error) {
	if known := d[node.Name]; known != nil {
		if known.volume == node.Disk.Volume {
			return known, nil
		}
		delete(d, node.Name)
		_ = known.Close() // its volume has gone with the container that had it
	}
	if err := belongs(node); err != nil {
		return nil, err
	}
	mount, err := disk.New(node.PID, node.Disk.Path, node.Disk.Seed)
	if err != nil {
		return nil, err
	}
	made := &nodeDisk{Mount: mount, volume: node.Disk.Volume, random: rand.New(rand.NewPCG(node.Disk.Seed, 0x66696c6573))}
	d[node.Name] = made
	return made, nil
}

// place puts the layer over the folder of a node that has begun to run. Its program
// waits for that.
func (n *nodeDisk) place(node protocol.Node) error {
	if n.incarnation == node.Incarnation {
		return nil
	}
	if err := belongs(node); err != nil {
		return err
	}
	n.Evict()
	if err := n.Place(node.PID); err != nil {
		return err
	}
	n.incarnation = node.Incarnation
	return nil
}

// look observes disks, also those of nodes that do not run.
func (d disks) look(nodes []protocol.Node) protocol.Response {
	return d.each(nodes, func(n *nodeDisk, node protocol.Node, told *protocol.NodeDisk) error {
		if node.Disk.Try {
			if err := n.try(); err != nil {
				return err
			}
		}
		if node.PID == 0 {
			return nil
		}
		covered, err := n.Covers(node.PID)
		if told.Covered = covered; errors.Is(err, os.ErrNotExist) {
			return nil // it has just ended by itself
		}
		return err
	})
}

// A file is read so often, and not longer, to see whether reading fails.
const (
	tries       = 20
	triesWithin = time.Second
)

// try reads a file. That it cannot be read is what one wants to see: it is counted.
func (n *nodeDisk) try() error {
	name, err := damage.First(n.Below())
	if err != nil {
		return err
	}
	for began, i := time.Now(), 0; i < tries && time.Since(began) < triesWithin; i++ {
		_, _ = n.Read(name)
	}
	return nil
}

// fail takes from disks what was not synced.
func (d disks) fail(nodes []protocol.Node) protocol.Response {
	return d.each(nodes, func(n *nodeDisk, node protocol.Node, told *protocol.NodeDisk) error {
		if err := dead(node); err != nil {
			return err
		}
		loss, err := n.Fail(node.Disk.Torn)
		told.Loss = protocol.DiskLoss(loss)
		return err
	})
}

// dead refuses a node that runs, as far as the runtime knows.
func dead(node protocol.Node) error {
	if node.PID != 0 {
		return errors.New("its programs run")
	}
	return nil
}

// hurt damages files, or undoes that.
func (d disks) hurt(nodes []protocol.Node) protocol.Response {
	return d.each(nodes, func(n *nodeDisk, node protocol.Node, told *protocol.NodeDisk) error {
		changes, err := n.hurt(node)
		for _, c := range changes {
			told.Changed = append(told.Changed, protocol.FileChange(c))
		}
		return err
	})
}

func (n *nodeDisk) hurt(node protocol.Node) (changes []damage.Change, err error) {
	what := node.Disk.Damage
	if what.Kind == protocol.Remember {
		n.remembered, err = damage.Save(n.Below())
		return nil, err
	}
	if err := dead(node); err != nil {
		return nil, err
	}
	if err := n.Settle(); err != nil {
		return nil, err
	}
	if what.Kind == protocol.Repair {
		if n.intact == nil {
			return nil, errors.New("nothing was damaged that could be repaired")
		}
		return nil, n.intact.Restore(n.Below())
	}
	if n.intact, err = damage.Save(n.Below()); err != nil {
		return nil, err
	}
	switch what.Kind {
	case protocol.FlipBits:
		return damage.Flip(n.Below(), what.Bits, n.random)
	case protocol.Truncate:
		return damage.Truncate(n.Below(), what.Bytes, n.random)
	case protocol.Revert:
		return n.revert()
	}
	return nil, fmt.Errorf("unknown damage %q", what.Kind)
}

func (n *nodeDisk) revert() ([]damage.Change, error) {
	if n.remembered == nil {
		return nil, errors.New("nothing was remembered to go back to")
	}
	return n.intact.Differences(n.remembered), n.remembered.Restore(n.Below())
}

// each does something with disks, and tells how they are thereafter.
func (d disks) each(nodes []protocol.Node, do func(*nodeDisk, protocol.Node, *protocol.NodeDisk) error) protocol.Response {
	var r protocol.Response
	failed := &failures{}
	for _, node := range nodes {
		own := d[node.Name]
		if own == nil || node.Disk == nil {
			failed.add(node.Name, errors.New("it has no layer over its disk"))
			continue
		}
		told := protocol.NodeDisk{Node: node.Name}
		failed.add(node.Name, do(own, node, &told))
		told.Faults, told.Counts = protocol.DiskFaults(own.Faults()), protocol.DiskCounts(own.Counts())
		told.Unsynced = own.Unsynced()
		r.Disks = append(r.Disks, told)
	}
	r.Failed = failed.byNode
	return r
}

// close makes durable what was written. The layers end with the process: then
// programs that still run meet with errors, and do not go on without them.
func (d disks) close() error {
	var errs []error
	for name, own := range d {
		own.Set(disk.Faults{})
		if err := own.Close(); err != nil {
			errs = append(errs, fmt.Errorf("disk of %s: %w", name, err))
		}
		delete(d, name)
	}
	return errors.Join(errs...)
}

// tryDisk makes a layer over a folder of this container and reads a file through
// it, which fails as long as it is told to.
func tryDisk() (err error) {
	folder, err := os.MkdirTemp("", "disk")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := os.WriteFile(folder+"/file", []byte("text"), 0o600); err != nil {
		return err
	}
	mount, err := disk.New(os.Getpid(), folder, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mount.Close()) }()
	for _, fails := range []float64{0, 1, 0} {
		mount.Set(disk.Faults{ReadFails: fails})
		if _, err := mount.Read("file"); (err != nil) != (fails > 0) {
			return fmt.Errorf("a file whose reading is to fail with probability %v: %w", fails, err)
		}
	}
	return nil
}
