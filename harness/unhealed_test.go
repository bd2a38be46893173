package harness_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/targets/demo"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/workloads"
)

// A fault that does not go away when it is healed makes the run unknown, though the
// clients' history is that of a right system, and the node is named.
func TestAFaultThatIsNotHealedMakesTheRunUnknown(t *testing.T) {
	for _, faults := range []string{"pause:one", "kill:one"} {
		t.Run(faults, func(t *testing.T) {
			test := quick(t, newMemory())
			healthy := test.Start
			test.Start = func(ctx context.Context, o cluster.Options) (cluster.Cluster, error) {
				made, err := healthy(ctx, o)
				return stubborn{made}, err
			}
			requireUnknown(t, test, faults)
		})
	}
}

func TestAFaultThatIsNotHealedInAContainerMakesTheRunUnknown(t *testing.T) {
	engine, err := docker.Connect(t.Context())
	if errors.Is(err, docker.ErrNoEngine) && os.Getenv("ASSAY_DOCKER") != "1" {
		t.Skipf("needs a Docker engine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	t.Setenv("ASSAY_STATE", t.TempDir())
	for _, faults := range []string{"partition:reject", "packets:delay", "corrupt:one", "clock:jump(1h)", "disk:full", "process:cpu", "process:memory"} {
		t.Run(faults, func(t *testing.T) {
			start := func(ctx context.Context, o cluster.Options) (cluster.Cluster, error) {
				made, err := engine.Start(ctx, o)
				if err != nil {
					return nil, err
				}
				return &unhealing{Cluster: made.(*docker.Cluster)}, nil
			}
			requireUnknown(t, harness.Test{
				Target: demo.New(), Workload: workloads.NewRegister(), Start: start, Results: t.TempDir(), Seed: 1,
				Duration: 2 * time.Second, Hold: time.Second, Quiet: time.Second, Settle: time.Millisecond,
			}, faults)
		})
	}
}

func requireUnknown(t *testing.T, test harness.Test, faults string) {
	t.Helper()
	var err error
	if test.Nemesis, err = nemesis.Parse(faults); err != nil {
		t.Fatal(err)
	}
	out := run(t, test)
	t.Log(out.Verdict.Reason)
	if out.Verdict.Validity != checkers.Unknown {
		t.Errorf("%s: %s", out.Verdict.Validity, out.Verdict.Reason)
	}
	if !strings.Contains(out.Verdict.Reason, "was not verified healed: ") {
		t.Errorf("the reason does not tell: %s", out.Verdict.Reason)
	}
	spans := recorded(t, out).FaultSpans()
	if len(spans) == 0 {
		t.Fatal("no fault was injected")
	}
	requireNamed(t, spans[0])
}

// requireNamed wants the error of a fault's heal to name a node that it struck.
func requireNamed(t *testing.T, s history.FaultSpan) {
	t.Helper()
	if !s.Verified || s.Healed {
		t.Errorf("verified %v, healed %v: %s", s.Verified, s.Healed, s.Error)
	}
	for _, node := range s.Fault.Nodes {
		if strings.Contains(s.Error, node) {
			return
		}
	}
	t.Errorf("%q names none of %v", s.Error, s.Fault.Nodes)
}

// stubborn is a cluster that does not recover: nodes stay paused and dead.
type stubborn struct{ cluster.Cluster }

func (s stubborn) Nodes() []cluster.Node {
	var nodes []cluster.Node
	for _, n := range s.Cluster.Nodes() {
		nodes = append(nodes, stubbornNode{n})
	}
	return nodes
}

type stubbornNode struct{ cluster.Node }

func (stubbornNode) Resume(context.Context) error { return nil }
func (stubbornNode) Start(context.Context) error  { return nil }

// unhealing is a cluster of containers that takes on faults and never lets go of
// them.
type unhealing struct {
	*docker.Cluster
	skews map[string]cluster.Skew
	disks map[string]cluster.DiskFaults
}

func (u *unhealing) Nodes() []cluster.Node {
	var nodes []cluster.Node
	for _, n := range u.Cluster.Nodes() {
		nodes = append(nodes, unhealingNode{n.(*docker.Node)})
	}
	return nodes
}

func (u *unhealing) SetRules(ctx context.Context, r cluster.Rules) error {
	if len(r.Links()) == 0 {
		return nil
	}
	return u.Cluster.SetRules(ctx, r)
}

func (u *unhealing) SetClocks(ctx context.Context, skews map[string]cluster.Skew) error {
	u.skews = both(u.skews, skews)
	return u.Cluster.SetClocks(ctx, u.skews)
}

func (u *unhealing) SetDisks(ctx context.Context, faults map[string]cluster.DiskFaults) error {
	u.disks = both(u.disks, faults)
	return u.Cluster.SetDisks(ctx, u.disks)
}

func both[V any](old, added map[string]V) map[string]V {
	sum := maps.Clone(added)
	if sum == nil {
		sum = map[string]V{}
	}
	maps.Copy(sum, old)
	return sum
}

type unhealingNode struct{ *docker.Node }

func (n unhealingNode) SetLimits(ctx context.Context, l cluster.Limits) error {
	if l == (cluster.Limits{}) {
		return nil
	}
	return n.Node.SetLimits(ctx, l)
}
