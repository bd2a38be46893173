package nemesis

import (
	"context"

	"github.com/assaykit/assay/harness/cluster"
)

// kill ends the nodes' processes and starts them again. After the start the
// network rules that are in force have to hold again, which wires verifies.
type kill struct {
	nodes []cluster.Node
	wires *wires
}

func (k *kill) inject(ctx context.Context) error {
	return each(ctx, k.nodes, func(n cluster.Node) error { return n.Kill(ctx) })
}

func (k *kill) verify(ctx context.Context) error {
	return until(ctx, seen(k.nodes, cluster.Stopped))
}

func (k *kill) heal(ctx context.Context) error {
	return each(ctx, k.nodes, func(n cluster.Node) error { return n.Start(ctx) })
}

func (k *kill) verifyHealed(ctx context.Context) error {
	if err := until(ctx, seen(k.nodes, cluster.Running)); err != nil {
		return err
	}
	return k.wires.verify(ctx)
}

func (k *kill) restarted() []string {
	var names []string
	for _, n := range k.nodes {
		names = append(names, n.Name())
	}
	return names
}

// pause freezes the nodes' processes.
type pause struct{ nodes []cluster.Node }

func (p *pause) inject(ctx context.Context) error {
	return each(ctx, p.nodes, func(n cluster.Node) error { return n.Pause(ctx) })
}

func (p *pause) verify(ctx context.Context) error {
	return until(ctx, seen(p.nodes, cluster.Paused))
}

func (p *pause) heal(ctx context.Context) error {
	return each(ctx, p.nodes, func(n cluster.Node) error { return n.Resume(ctx) })
}

func (p *pause) verifyHealed(ctx context.Context) error {
	return until(ctx, seen(p.nodes, cluster.Running))
}
