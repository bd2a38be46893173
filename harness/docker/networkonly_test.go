package docker

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

func startNetworkOnly(t *testing.T, nodes int) *Cluster {
	t.Helper()
	return startBy(t, requireEngine(t).StartNetworkOnly, cluster.Options{Config: cluster.Config{Nodes: nodes}, Disks: true})
}

// halved cuts n1 off from n2, both ways.
var halved = rules(drop("n1", "n2"), drop("n2", "n1"))

func TestNetworkOnlyAgentsMayDoNothingElse(t *testing.T) {
	c := startNetworkOnly(t, 2)
	setRules(t, c, halved)
	requireReach(t, c, "n1 n2", "n2 n1")
	found, err := c.engine.leftovers(t.Context(), c.run)
	if err != nil {
		t.Fatal(err)
	}
	agents := 0
	for _, l := range found {
		if l.Kind != kindContainer {
			continue
		}
		i, err := c.engine.api.ContainerInspect(t.Context(), l.id)
		if err != nil {
			t.Fatal(err)
		}
		h := i.HostConfig
		if i.Config.Labels[labelRole] != roleAgent {
			if len(h.CapAdd) > 0 || h.Privileged {
				t.Errorf("node %s has the capabilities %v", l.Name, h.CapAdd)
			}
			continue
		}
		agents++
		node := c.node(t, i.Config.Labels[labelNode])
		if h.Privileged || !slices.Equal(h.CapAdd, []string{"CAP_NET_ADMIN"}) || !slices.Equal(h.CapDrop, []string{"ALL"}) {
			t.Errorf("%s has the capabilities %v of %v", l.Name, h.CapAdd, h.CapDrop)
		}
		if h.PidMode != "" || len(h.Devices) > 0 || len(h.Binds) > 0 || string(h.NetworkMode) != "container:"+node.id {
			t.Errorf("%s has more of the machine than the network of %s: %+v", l.Name, node.spec.Name, h)
		}
	}
	if agents != 2 {
		t.Errorf("%d agents", agents)
	}
}

func TestNetworkOnlySaysWhatCannotBe(t *testing.T) {
	c := startNetworkOnly(t, 1)
	for what, why := range NetworkOnlyAtBest() {
		got := c.Capabilities().Supports(what)
		if (got == nil) != (why == nil) {
			t.Errorf("%s: %v, at best %v", what, got, why)
		}
		if why != nil && !strings.Contains(got.Error(), "--agent network-only") {
			t.Errorf("%s: %v does not say what to do", what, got)
		}
	}
	for _, what := range []cluster.Capability{cluster.CanClock, cluster.CanDisk, cluster.CanDuplicate} {
		if c.Capabilities().Supports(what) == nil {
			t.Errorf("%s is claimed", what)
		}
	}
	if _, err := c.ReadClocks(t.Context()); err == nil {
		t.Error("clocks were read")
	}
	if err := c.SetClocks(t.Context(), nil); err == nil {
		t.Error("clocks were set")
	}
}

func TestNetworkOnlyPartitions(t *testing.T) {
	c := startNetworkOnly(t, 3)
	requireEcho(t, c, "n1", "n2", "before")
	timed(t, "first look", func() error { requireReach(t, c); return nil })
	timed(t, "partition", func() error { return c.SetRules(t.Context(), halved) })
	timed(t, "look", func() error { requireReach(t, c, "n1 n2", "n2 n1"); return nil })
	if got := c.send(t, "n1", "n2", "during", brief); got != timeout {
		t.Errorf("an echo came through the partition: %q", got)
	}
	requireEcho(t, c, "n1", "n3", "beside")
	setRules(t, c, cluster.Rules{})
	requireReach(t, c)
	requireEcho(t, c, "n1", "n2", "after, on the same connection")
	requireStarts(t, c.node(t, "n2"), "1")

	setRules(t, c, rules(drop("n1", "n2"), drop(cluster.Clients, "n3")))
	requireReach(t, c, "n1 n2", "clients n3")
	setRules(t, c, cluster.Rules{Reject: map[cluster.Link]bool{there: true}})
	requireAnswers(t, c, cluster.Refused)
	setRules(t, c, cluster.Rules{DropNew: map[cluster.Link]bool{there: true}})
	requireReach(t, c)
	requireAnswers(t, c, cluster.Silence)

	setRules(t, c, cluster.Rules{})
	requireReach(t, c)
	requireAnswers(t, c, cluster.Accepted)
}

// requireAnswers expects what a connection from n1 to n2 meets with; those to n3 are
// accepted.
func requireAnswers(t *testing.T, c *Cluster, want cluster.Answer) {
	t.Helper()
	beside := cluster.Link{From: "n2", To: "n3"}
	soon(t, func() string {
		got, err := c.Knock(t.Context(), []cluster.Link{there, beside})
		if err != nil || len(got) != 2 || got[there] != want || got[beside] != cluster.Accepted {
			return fmt.Sprintf("connections meet with %v, %v, want %v", got, err, want)
		}
		return ""
	})
}

func TestNetworkOnlySpoilsPackets(t *testing.T) {
	c := startNetworkOnly(t, 3)
	requireEcho(t, c, "n1", "n2", zeros)
	requireHealthy(t, c, there)
	const delay = 60 * time.Millisecond
	setRules(t, c, shaped(cluster.Shape{Delay: delay}, there))
	if m := measureLink(t, c, there); m.Fastest < delay || m.Arrived != m.Sent || m.Late > 0 {
		t.Errorf("late packets: %+v", m)
	}
	if round := c.fastestEcho(t); round < delay {
		t.Errorf("an echo came back after %s", round)
	}
	requireReach(t, c) // late, but there
	requireHealthy(t, c, cluster.Link{From: "n1", To: "n3"})

	setRules(t, c, shaped(cluster.Shape{Loss: 0.5}, there))
	if m := measureLink(t, c, there); m.Arrived < m.Sent/5 || m.Arrived > m.Sent*4/5 {
		t.Errorf("lost packets: %+v", m)
	}
	setRules(t, c, shaped(cluster.Shape{Tamper: cluster.Replacement{Old: "needle", New: "poison"}}, there))
	if m := measureLink(t, c, there); m.Changed != m.Sent {
		t.Errorf("rewritten packets: %+v", m)
	}
	setRules(t, c, cluster.Rules{Corrupt: map[cluster.Link]float64{there: 1}})
	if got := c.send(t, "n1", "n2", zeros, long); strings.Count(got, "1") != 1 {
		t.Errorf("sent zeros, got back %q", got)
	}
	if counts, err := c.Corrupted(t.Context()); err != nil || len(counts) != 1 || counts[there] == 0 {
		t.Errorf("counted %v, %v", counts, err)
	}
	setRules(t, c, cluster.Rules{})
	requireHealthy(t, c, there)
	requireEcho(t, c, "n1", "n2", zeros)
}

// A node that starts again has another network. What holds is applied to it before its
// start returns.
func TestNetworkOnlyRulesHoldAfterARestart(t *testing.T) {
	c := startNetworkOnly(t, 3)
	cut := rules(drop("n1", "n2"), drop("n2", "n1"), drop("n3", "n2"))
	setRules(t, c, cut)
	n := c.node(t, "n2")
	if err := n.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	requireReach(t, c)
	timed(t, "start under rules", func() error { return n.Start(t.Context()) })
	requireReach(t, c, "n1 n2", "n2 n1", "n3 n2")

	if err := c.Replace(t.Context(), "n2", func(first []string) []string { return first }); err != nil {
		t.Fatal(err)
	}
	requireReach(t, c, "n1 n2", "n2 n1", "n3 n2")
	setRules(t, c, cluster.Rules{})
	requireReach(t, c)
	requireEcho(t, c, "n1", "n2", "after")
}

// The kernel removes the rules of an agent that is killed, and nobody claims that they
// held; those at other nodes stay until they are lifted.
func TestNetworkOnlyAgentsThatAreKilledHealTheirNode(t *testing.T) {
	c := startNetworkOnly(t, 3)
	requireEcho(t, c, "n1", "n2", "before")
	cut := rules(drop("n1", "n2"), drop("n1", "n3"))
	setRules(t, c, cut)
	killSidecar(t, c, "n2")
	requireEcho(t, c, "n1", "n2", "after")
	if _, err := c.Reach(t.Context()); !errors.Is(err, errAgentGone) {
		t.Errorf("reach without an agent: got %v, want %v", err, errAgentGone)
	}
	timed(t, "partition with a new agent", func() error { return c.SetRules(t.Context(), cut) })
	requireReach(t, c, "n1 n2", "n1 n3")

	killSidecar(t, c, "n2")
	if err := c.SetRules(t.Context(), cluster.Rules{}); !errors.Is(err, errAgentGone) {
		t.Errorf("heal without an agent: got %v, want %v", err, errAgentGone)
	}
	requireReach(t, c)
	timed(t, "heal again", func() error { return c.SetRules(t.Context(), cluster.Rules{}) })
	requireEcho(t, c, "n1", "n3", "after")
}

// killSidecar kills the agent of a node and waits until this process has noticed.
func killSidecar(t *testing.T, c *Cluster, node string) {
	t.Helper()
	victim := c.sidecars.at[node]
	if err := c.engine.api.ContainerKill(t.Context(), victim.id, "SIGKILL"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-victim.demultiplexed:
	case <-time.After(long):
		t.Fatal("the agent does not die")
	}
}

func TestNetworkOnlyNodesRunOutOfMemory(t *testing.T) {
	c := startNetworkOnly(t, 1)
	n := c.node(t, "n1")
	timed(t, "starve", func() error { return n.Starve(t.Context()) })
	if starved, err := n.Starved(t.Context()); err != nil || !starved {
		t.Errorf("starved: %v, %v", starved, err)
	}
}
