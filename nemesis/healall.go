package nemesis

import (
	"context"
	"errors"
	"fmt"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// HealAll puts the whole cluster right after Run has ended: no network rule
// left, all clocks right, all disks good, no limits, every node running, all of them in reach
// of each other, observed and recorded. Nodes that had stopped though no fault
// stopped them are started again and named as crashed in the history.
func (n *Nemesis) HealAll(ctx context.Context) error {
	n.crashes(ctx)
	var failed error
	n.record(ctx, history.Op{F: history.Restore}, func(ctx context.Context) error {
		failed = n.restore(ctx)
		return failed
	})
	if n.breaksClocks() {
		n.readClocks(ctx)
	}
	return failed
}

func (n *Nemesis) restore(ctx context.Context) error {
	nodes := n.config.Cluster.Nodes()
	var errs []error
	if n.wires.network != nil {
		n.wires.forgetAll()
		errs = append(errs, n.wires.network.SetRules(ctx, cluster.Rules{}))
	}
	errs = append(errs, n.rejoin(ctx))
	errs = append(errs, n.clocks.clearAll(ctx), n.disks.clearAll(ctx), n.allowances.clearAll(ctx), each(ctx, nodes, func(node cluster.Node) error { return revive(ctx, node) }))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("heal everything: %w", err)
	}
	if err := until(ctx, seen(nodes, cluster.Running)); err != nil {
		return fmt.Errorf("verify that everything is healed: %w", err)
	}
	if err := errors.Join(n.wires.verify(ctx), n.clocks.verify(ctx), n.disks.verify(ctx, namesOf(nodes)...), n.allowances.verify(ctx)); err != nil {
		return err
	}
	return n.wires.measureShaped(ctx)
}

func revive(ctx context.Context, node cluster.Node) error {
	state, err := node.State(ctx)
	if err != nil {
		return err
	}
	switch state {
	case cluster.Stopped:
		return node.Start(ctx)
	case cluster.Paused:
		return node.Resume(ctx)
	}
	return nil
}

// crashes records the nodes that ended by themselves.
func (n *Nemesis) crashes(ctx context.Context) {
	for _, node := range n.config.Cluster.Nodes() {
		if state, err := node.State(ctx); err != nil || state != cluster.Stopped {
			continue
		}
		found := history.Op{F: history.Crashed, Node: node.Name(), Value: history.String("had stopped by itself; see its log")}
		n.record(ctx, found, func(context.Context) error { return nil })
	}
}

func (w *wires) forgetAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.rules)
}
