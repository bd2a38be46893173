package nemesis_test

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/targets/demo"
	"github.com/assaykit/assay/nemesis"
)

// startDemo starts a cluster of the demo, if ASSAY_DOCKER=1 says that there is an
// engine, and that there is time: all faults take minutes.
func startDemo(t *testing.T) cluster.Cluster {
	t.Helper()
	return startDemoWith(t, cluster.Options{})
}

func startDemoWith(t *testing.T, o cluster.Options) cluster.Cluster {
	t.Helper()
	return startDemoBy(t, (*docker.Engine).Start, o)
}

func startDemoBy(t *testing.T, start func(*docker.Engine, context.Context, cluster.Options) (cluster.Cluster, error), o cluster.Options) cluster.Cluster {
	t.Helper()
	if os.Getenv("ASSAY_DOCKER") != "1" {
		t.Skip("strikes a real cluster, which takes its time: set ASSAY_DOCKER=1")
	}
	e, err := docker.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	t.Setenv("ASSAY_STATE", t.TempDir())
	target, config := demo.New(), cluster.Config{Nodes: 3, Seed: 1}
	o.Run, o.Target, o.Config = "test-"+strings.ToLower(rand.Text()[:10]), target, config
	c, err := start(e, t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := target.Ready(ctx, c, config); err != nil {
		t.Fatal(err)
	}
	return c
}

// Every network fault is seen in effect on real nodes and gone thereafter, and
// what is in force when a node starts again holds there too.
func TestNetworkFaultsOnARealCluster(t *testing.T) {
	c := startDemo(t)
	names := []string{"n2", "n1", "n3"}
	for _, text := range []string{
		"partition:one", "partition:ring", "partition:one-way", "partition:n1,n2|n3", "partition:n1>n2,n3",
		"partition:reject", "partition:halves(reject)", "partition:new-connections", "partition:clients", "partition:clients@all",
		"partition:one(reject,100ms)",
		"packets:delay", "packets:jitter@from-one", "packets:loss@all", "packets:duplicate", "packets:reorder", "packets:corrupt",
		"packets:bandwidth", "packets:delay(20ms,5ms)&loss(5%)&duplicate(5%)@n1,n2",
		"packets:lan", "packets:cross-zone", "packets:california-netherlands", "packets:satellite", "packets:lossy-wifi",
		"packets:slow-link", "packets:half-broken-nic", "tamper:alice=>mally", "corrupt:all",
	} {
		t.Run(text, func(t *testing.T) {
			h := strike(t, c, names, text)
			for _, span := range h.FaultSpans() {
				t.Logf("%s %s: in effect after %s", span.Fault.Name, span.Fault.Detail, (span.Injected - span.Start).Round(time.Millisecond))
				if !span.Verified || !span.Healed {
					t.Errorf("%+v", span)
				}
			}
			if len(h.FaultSpans()) != 1 {
				t.Errorf("%d faults", len(h.FaultSpans()))
			}
		})
	}
	t.Run("restart", func(t *testing.T) {
		h := strike(t, c, names, "partition:one", "kill:one")
		held := 0
		for _, op := range h.Ops {
			if op.F == history.Reapply && op.Type == history.OK {
				held++
			}
		}
		if held != 1 {
			t.Errorf("%d faults were seen to hold after a restart: %v", held, h.Ops)
		}
	})
}

// strike lets faults strike at once for a moment, and heals everything.
func strike(t *testing.T, c cluster.Cluster, order []string, texts ...string) *history.History {
	t.Helper()
	began := time.Now()
	recorder, err := history.Create("", func() time.Duration { return time.Since(began) })
	if err != nil {
		t.Fatal(err)
	}
	defer recorder.Close()
	step := nemesis.Step{Hold: 300 * time.Millisecond}
	for _, text := range texts {
		spec, err := nemesis.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := spec.Supports(c.Capabilities()); err != nil {
			t.Fatal(err)
		}
		f := spec.Families[0]
		step.Faults = append(step.Faults, nemesis.Planned{Family: f.Name, Shape: f.Shapes[0], Order: order})
	}
	tell := func(ctx context.Context, node cluster.Node) (time.Time, error) {
		return demo.New().Time(ctx, node, cluster.Config{})
	}
	n := nemesis.New(nemesis.Config{Cluster: c, Recorder: recorder, Steps: []nemesis.Step{step}, Time: tell})
	n.Run(t.Context())
	if err := n.HealAll(t.Context()); err != nil {
		t.Error(err)
	}
	return recorder.Snapshot()
}
