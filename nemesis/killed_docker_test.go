//go:build linux

package nemesis_test

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/owner"
	"github.com/assaykit/assay/harness/targets/demo"
)

// A fault of each family is healed though the agent is killed while it holds. Those
// of the network end with the agent, before anybody heals anything, and the history
// does not claim otherwise.
func TestFaultsEndThoughTheAgentIsKilled(t *testing.T) {
	c := startDemo(t)
	writeAllTheTime(t, c)
	for _, text := range oneFaultOfEach(t) {
		if !strings.HasPrefix(text, "disk:") {
			t.Run(text, func(t *testing.T) { killUnder(t, c, text) })
		}
	}
}

// Disks go with the agent that serves them, and nodes get new ones.
func TestBadDisksEndThoughTheAgentIsKilled(t *testing.T) {
	c := startDemoWith(t, cluster.Options{Disks: true})
	writeAllTheTime(t, c)
	for _, text := range []string{"disk:full", "disk:power"} {
		t.Run(text, func(t *testing.T) { killUnder(t, c, text) })
	}
}

// killUnder kills the agent under a fault, and looks what becomes of it.
func killUnder(t *testing.T, c cluster.Cluster, text string) {
	t.Helper()
	anew(t, c)
	family, _, _ := strings.Cut(text, ":")
	network := slices.Contains(ofNetwork, family)
	h := strikeWhile(t, c, text, func() {
		killAgents(t)
		if network {
			requireUsable(t, c)
		}
	})
	for _, span := range h.FaultSpans() {
		t.Logf("%s %s: healed %v, %s", span.Fault.Name, span.Fault.Detail, span.Healed, span.Error)
		if span.Injected == history.Never {
			t.Error("was not injected")
		}
		if network && (span.Healed || !strings.Contains(span.Error, "the agent is gone")) {
			t.Errorf("is said to have held until it was healed: %+v", span)
		}
	}
	requireRestored(t, h)
	requireUsable(t, c)
	requireAtPeace(t, c)
}

// ofNetwork are the families whose faults are rules that the kernel removes together
// with the socket of their owner.
var ofNetwork = []string{"partition", "packets", "tamper", "corrupt"}

// oneFaultOfEach is the first fault of each family.
func oneFaultOfEach(t *testing.T) []string {
	t.Helper()
	return slices.CompactFunc(everyFault(t), func(a, b string) bool {
		family, _, _ := strings.Cut(a, ":")
		return strings.HasPrefix(b, family+":")
	})
}

// killAgents kills the agents of this test's clusters, of which there may be none at
// the moment.
func killAgents(t *testing.T) {
	t.Helper()
	place, err := owner.Place()
	if err != nil {
		t.Fatal(err)
	}
	list := exec.CommandContext(t.Context(), "docker", "ps", "--quiet",
		"--filter", "label=assay.owner="+place, "--filter", "label=assay.role=agent")
	ids, err := list.Output()
	if err != nil {
		t.Fatalf("list agents: %v", err)
	}
	for _, id := range strings.Fields(string(ids)) {
		if out, err := exec.CommandContext(t.Context(), "docker", "kill", "--signal", "KILL", id).CombinedOutput(); err != nil {
			t.Fatalf("kill the agent: %v: %s", err, out)
		}
	}
}

// requireRestored wants the whole cluster to have been put right.
func requireRestored(t *testing.T, h *history.History) {
	t.Helper()
	if !slices.ContainsFunc(h.Ops, func(op history.Op) bool { return op.F == history.Restore && op.Type == history.OK }) {
		t.Error("the cluster was not restored")
	}
}

// requireUsable wants every node to have a write of a client done.
func requireUsable(t *testing.T, c cluster.Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, node := range c.Nodes() {
		for err := writeThrough(ctx, node); err != nil; err = writeThrough(ctx, node) {
			if ctx.Err() != nil {
				t.Fatalf("%s: %v", node.Name(), err)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

func writeThrough(ctx context.Context, node cluster.Node) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	client, err := demo.New().Dial(ctx, node, cluster.Config{})
	if err != nil {
		return err
	}
	defer client.Close()
	return client.(*demo.Client).Write(ctx, "usable", 1)
}
