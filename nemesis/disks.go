package nemesis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// disks adds up the disk faults in force.
type disks struct {
	// cluster is nil if its disks cannot be broken.
	cluster cluster.Disks

	mu     sync.Mutex
	faults map[int]map[string]cluster.DiskFaults
	// spent are the nodes whose data were destroyed.
	spent []string

	// refusing is how long nodes are given to look at damaged files before it is
	// decided whether they bear what they found.
	refusing time.Duration
}

// usualRefusing is enough for the log of a run of minutes.
const usualRefusing = 3 * time.Second

func newDisks(c cluster.Cluster) *disks {
	d := &disks{faults: map[int]map[string]cluster.DiskFaults{}, refusing: usualRefusing}
	if c.Capabilities().Supports(cluster.CanDisk) == nil {
		d.cluster, _ = c.(cluster.Disks)
	}
	return d
}

func (d *disks) set(ctx context.Context, id int, faults map[string]cluster.DiskFaults) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults[id] = faults
	return d.cluster.SetDisks(ctx, d.sum())
}

// clear lifts fault id. If that fails it is lifted with the next change.
func (d *disks) clear(ctx context.Context, id int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.faults, id)
	return d.cluster.SetDisks(ctx, d.sum())
}

// clearAll lifts all faults. It also gives new disks to nodes whose disk has gone.
func (d *disks) clearAll(ctx context.Context) error {
	if d.cluster == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.faults)
	return d.cluster.SetDisks(ctx, nil)
}

func (d *disks) sum() map[string]cluster.DiskFaults {
	sum := map[string]cluster.DiskFaults{}
	for _, id := range slices.Sorted(maps.Keys(d.faults)) {
		maps.Copy(sum, d.faults[id])
	}
	return sum
}

// verify observes that all nodes that run have their files on disks that can fail,
// and that exactly the faults in force hold there.
func (d *disks) verify(ctx context.Context, running ...string) error {
	if d.cluster == nil {
		return nil
	}
	return until(ctx, func(ctx context.Context) error {
		d.mu.Lock()
		sum := d.sum()
		d.mu.Unlock()
		readings, err := d.cluster.ReadDisks(ctx)
		if err != nil {
			return err
		}
		var wrong []string
		for node, r := range readings {
			if r.Faults != sum[node] {
				wrong = append(wrong, fmt.Sprintf("that of %s does %+v, not %+v", node, r.Faults, sum[node]))
			}
			if slices.Contains(running, node) && !r.Covered {
				wrong = append(wrong, node+" has another one")
			}
		}
		slices.Sort(wrong)
		return complain("disks", wrong)
	})
}

func namesOf(nodes []cluster.Node) []string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.Name())
	}
	return names
}

func complain(about string, wrong []string) error {
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %s", about, strings.Join(wrong, ", "))
}

// broken is what all faults of disks have in common.
type broken struct {
	disks *disks
	wires *wires
	names []string
	nodes []cluster.Node
	// started are the nodes that the heal has started again, and found what is yet to
	// be told about the fault.
	started, found []string
}

func (b *broken) restarted() []string { return b.started }

func (b *broken) told() string {
	text := strings.Join(b.found, "; ")
	b.found = nil
	return text
}

func (b *broken) kill(ctx context.Context) error {
	if err := each(ctx, b.nodes, func(n cluster.Node) error { return n.Kill(ctx) }); err != nil {
		return err
	}
	return until(ctx, seen(b.nodes, cluster.Stopped))
}

// fail is a power failure of nodes that have been killed.
func (b *broken) fail(ctx context.Context, torn bool) error {
	losses, err := b.disks.cluster.FailPower(ctx, b.names, torn)
	var lost []string
	for _, node := range b.names {
		lost = append(lost, fmt.Sprintf("%s %d", node, losses[node].Lost))
	}
	b.found = append(b.found, "unsynced pages lost: "+strings.Join(lost, ", "))
	return err
}

// start starts those of the nodes that do not run. A node that stopped by itself
// while the fault held has done what many do with a bad disk.
func (b *broken) start(ctx context.Context) error {
	stopped, err := b.stopped(ctx)
	if err != nil {
		return err
	}
	for _, n := range stopped {
		b.started = append(b.started, n.Name())
	}
	return each(ctx, stopped, func(n cluster.Node) error { return n.Start(ctx) })
}

func (b *broken) stopped(ctx context.Context) ([]cluster.Node, error) {
	var mu sync.Mutex
	var stopped []cluster.Node
	err := each(ctx, b.nodes, func(n cluster.Node) error {
		state, err := n.State(ctx)
		mu.Lock()
		defer mu.Unlock()
		if state == cluster.Stopped {
			stopped = append(stopped, n)
		}
		return err
	})
	return stopped, err
}

func (b *broken) verifyHealed(ctx context.Context) error {
	if err := until(ctx, seen(b.nodes, cluster.Running)); err != nil {
		return err
	}
	return errors.Join(b.disks.verify(ctx, b.names...), b.wires.verify(ctx))
}

// blackout is a power failure: nodes are killed, and what they had not synced is
// lost. The power is back when the fault is healed.
type blackout struct {
	broken
	torn   bool
	before map[string]cluster.DiskReading
}

func (b *blackout) inject(ctx context.Context) (err error) {
	if b.before, err = b.disks.cluster.ReadDisks(ctx); err != nil {
		return err
	}
	if err := b.kill(ctx); err != nil {
		return err
	}
	return b.fail(ctx, b.torn)
}

// verify observes that nothing is left that was not synced. How much that was, the
// nodes' own doing decides.
func (b *blackout) verify(ctx context.Context) error {
	readings, err := b.disks.cluster.ReadDisks(ctx)
	if err != nil {
		return err
	}
	for _, node := range b.names {
		r := readings[node]
		if r.Counts.PowerFailures <= b.before[node].Counts.PowerFailures || r.Unsynced > 0 {
			return fmt.Errorf("disk of %s: %d pages are kept that were not synced", node, r.Unsynced)
		}
	}
	return until(ctx, seen(b.nodes, cluster.Stopped))
}

func (b *blackout) heal(ctx context.Context) error { return b.start(ctx) }

// badDisk is a disk that fails, is full, slow, or lies.
type badDisk struct {
	broken
	id     int
	faults cluster.DiskFaults
	// power says that at the end the power fails, which shows what was a lie.
	power  bool
	before map[string]cluster.DiskReading
}

func (b *badDisk) inject(ctx context.Context) (err error) {
	if b.before, err = b.disks.cluster.ReadDisks(ctx); err != nil {
		return err
	}
	faults := map[string]cluster.DiskFaults{}
	for _, node := range b.names {
		faults[node] = b.faults
	}
	return b.disks.set(ctx, b.id, faults)
}

// verify observes that each of the nodes has met with the fault. That takes what the
// nodes write; only for reading they are helped, because many rarely do.
func (b *badDisk) verify(ctx context.Context) error {
	var try []string
	if b.faults.ReadFails > 0 || b.faults.Flips > 0 {
		try = b.names
	}
	return until(ctx, func(ctx context.Context) error {
		readings, err := b.disks.cluster.ReadDisks(ctx, try...)
		if err != nil {
			return err
		}
		var wrong []string
		for _, node := range b.names {
			if why := unfelt(b.faults, b.before[node].Counts, readings[node].Counts); why != "" {
				wrong = append(wrong, "on that of "+node+" "+why)
			}
		}
		return complain("disks", wrong)
	})
}

// unfelt says what of faults nobody has met with between two counts.
func unfelt(f cluster.DiskFaults, before, after cluster.DiskCounts) string {
	switch {
	case (f.ReadFails > 0 || f.WriteFails > 0 || f.SyncFails > 0) && after.Failed == before.Failed:
		return "nothing failed"
	case f.Full && after.Refused == before.Refused:
		return "nothing was refused"
	case f.Flips > 0 && after.Flipped == before.Flipped:
		return "no bit was wrong"
	case f.Lies && after.Lied == before.Lied:
		return "nothing was synced, so that there was nothing to lie about"
	case (f.Delay > 0 || f.SyncDelay > 0) && after.Delayed == before.Delayed:
		return "nothing was late"
	}
	return ""
}

func (b *badDisk) heal(ctx context.Context) error {
	if b.power {
		b.power = false
		if err := errors.Join(b.kill(ctx), b.fail(ctx, false)); err != nil {
			return err
		}
	} else if stopped, err := b.stopped(ctx); err == nil {
		for _, n := range stopped {
			b.found = append(b.found, n.Name()+" had stopped by itself")
		}
	}
	return errors.Join(b.disks.clear(ctx, b.id), b.start(ctx))
}

func (b *badDisk) concerns(nodes []string) bool {
	return slices.ContainsFunc(b.names, func(n string) bool { return slices.Contains(nodes, n) })
}

func (b *badDisk) holds(ctx context.Context) error { return b.disks.verify(ctx, b.names...) }
