package nemesis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
)

// damaged are files that were changed while their nodes were down. The nodes find
// them when they start, and may go on or refuse to. One that refuses gets its files
// back when the fault is healed.
type damaged struct {
	broken
	damage cluster.FileDamage
	// age is how old the files are that a revert brings back.
	age     time.Duration
	changes map[string][]cluster.FileChange
	// began is when the nodes had been started with what is left of their files.
	began time.Time
}

func (d *damaged) inject(ctx context.Context) (err error) {
	if d.damage.Kind == cluster.Revert {
		if _, err := d.disks.cluster.DamageFiles(ctx, d.names, cluster.FileDamage{Kind: cluster.Remember}); err != nil {
			return err
		}
		if !wait(ctx, d.age) {
			return context.Cause(ctx)
		}
	}
	if err := d.kill(ctx); err != nil {
		return err
	}
	if d.changes, err = d.disks.cluster.DamageFiles(ctx, d.names, d.damage); err != nil {
		return err
	}
	for _, n := range d.nodes {
		if err := n.Start(ctx); err != nil {
			d.found = append(d.found, n.Name()+" did not start: "+err.Error())
		}
	}
	d.began = clock.Now(ctx)
	return nil
}

// verify observes that files were changed, as they were read again.
func (d *damaged) verify(context.Context) error {
	for _, node := range d.names {
		if len(d.changes[node]) == 0 {
			return fmt.Errorf("files of %s: nothing was changed", node)
		}
		for _, c := range d.changes[node] {
			d.found = append(d.found, fmt.Sprintf("%s of %s: %s", c.File, node, c.How))
		}
	}
	return nil
}

func (d *damaged) heal(ctx context.Context) error {
	wait(ctx, clock.Until(ctx, d.began.Add(d.disks.refusing)))
	return d.repair(ctx)
}

// verifyHealed gives a node its files back also if it took its time to refuse them.
func (d *damaged) verifyHealed(ctx context.Context) error {
	err := d.broken.verifyHealed(ctx)
	if stopped, failed := d.stopped(ctx); err == nil || failed != nil || len(stopped) == 0 {
		return err
	}
	return errors.Join(d.repair(ctx), d.broken.verifyHealed(ctx))
}

// repair gives those nodes their files back that have stopped.
func (d *damaged) repair(ctx context.Context) error {
	stopped, err := d.stopped(ctx)
	if err != nil {
		return err
	}
	for _, n := range stopped {
		d.found = append(d.found, n.Name()+" had refused its files, and gets them back")
		err = errors.Join(err, n.Kill(ctx)) // so that the cluster knows that it has ended
		_, failed := d.disks.cluster.DamageFiles(ctx, []string{n.Name()}, cluster.FileDamage{Kind: cluster.Repair})
		err = errors.Join(err, failed)
	}
	return errors.Join(err, d.start(ctx))
}
