package nemesis

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// witness is a bench that looks into the history on disk whenever something is done
// to it.
type witness struct {
	*bench
	look func()
}

func (w witness) SetRules(ctx context.Context, r cluster.Rules) error {
	w.look()
	return w.bench.SetRules(ctx, r)
}

func (w witness) Nodes() []cluster.Node {
	var nodes []cluster.Node
	for _, n := range w.nodes {
		nodes = append(nodes, witnessNode{n, w.look})
	}
	return nodes
}

type witnessNode struct {
	cluster.Node
	look func()
}

func (n witnessNode) Kill(ctx context.Context) error {
	n.look()
	return n.Node.Kill(ctx)
}

func (n witnessNode) Start(ctx context.Context) error {
	n.look()
	return n.Node.Start(ctx)
}

func (n witnessNode) Pause(ctx context.Context) error {
	n.look()
	return n.Node.Pause(ctx)
}

func (n witnessNode) Resume(ctx context.Context) error {
	n.look()
	return n.Node.Resume(ctx)
}

// Whatever is done to a cluster is on disk before, so that whoever finds a run that
// was killed knows what may have to be undone.
func TestFaultsAreOnDiskBeforeTheyStrike(t *testing.T) {
	for _, text := range []string{"partition:one", "kill:one", "pause:all"} {
		t.Run(text, func(t *testing.T) {
			spec, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "history.jsonl")
			r, err := history.Create(path, func() time.Duration { return 0 })
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var looks atomic.Int32
			c := witness{newBench("n1", "n2"), func() { looks.Add(1); requireAnnounced(t, path) }}
			family := spec.Families[0]
			planned := Planned{Family: family.Name, Shape: family.Shapes[0], Order: []string{"n1", "n2"}}
			New(Config{Cluster: c, Recorder: r, Steps: []Step{step(planned)}}).Run(t.Context())
			if n := looks.Load(); n < 2 { // to inject and to heal
				t.Errorf("%d things were done", n)
			}
		})
	}
}

// requireAnnounced wants the last line on disk to say what is about to be done.
func requireAnnounced(t *testing.T, path string) {
	t.Helper()
	h, _, err := history.Read(path)
	if err != nil || len(h.Ops) == 0 {
		t.Errorf("something is done that nothing tells of: %v", err)
		return
	}
	last := h.Ops[len(h.Ops)-1]
	if last.Process != history.Nemesis || last.Type != history.Invoke || last.Fault == nil {
		t.Errorf("something is done, and the last line says %+v", last)
	}
}
