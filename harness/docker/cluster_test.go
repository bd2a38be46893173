package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/owner"
)

// brief and long are patiences with a network that does not, or does, let
// packets through. TCP repeats what was lost after as long again as the network
// was cut.
const (
	brief = 300 * time.Millisecond
	long  = 30 * time.Second
)

func TestNodesStartDieAndComeBackWithTheirData(t *testing.T) {
	c := startCluster(t, requireEngine(t), 3)
	requireStates(t, c, cluster.Running, cluster.Running, cluster.Running)
	for _, what := range []cluster.Capability{cluster.CanKill, cluster.CanPause, cluster.CanPartition, cluster.CanCorrupt} {
		if err := c.Capabilities().Supports(what); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	n := c.node(t, "n2")
	address := n.Addr("client")
	if n.Addr("peer") != "" {
		t.Error("the port of peers is published")
	}

	timed(t, "kill", func() error { return n.Kill(t.Context()) })
	timed(t, "kill again", func() error { return n.Kill(t.Context()) })
	requireStates(t, c, cluster.Running, cluster.Stopped, cluster.Running)

	timed(t, "start", func() error { return n.Start(t.Context()) })
	timed(t, "start again", func() error { return n.Start(t.Context()) })
	requireStates(t, c, cluster.Running, cluster.Running, cluster.Running)
	if n.Addr("client") != address {
		t.Errorf("the address changed from %s to %s", address, n.Addr("client"))
	}
	requireStarts(t, n, "2")
	requireStarts(t, c.node(t, "n1"), "1")

	var log bytes.Buffer
	if err := n.Logs(t.Context(), &log); err != nil {
		t.Fatal(err)
	}
	if log.String() != "start 1\nstart 2\n" {
		t.Errorf("log over two starts: %q", &log)
	}
}

func TestEachNodeFindsEveryNodeAtOneAddress(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	requireHosts(t, c)
	for _, n := range c.nodes {
		if err := n.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
		restart(t, n)
	}
	requireHosts(t, c)
}

// requireHosts expects each node once in the hosts file of each.
func requireHosts(t *testing.T, c *Cluster) {
	t.Helper()
	for _, n := range c.nodes {
		addresses := map[string][]string{}
		for line := range strings.Lines(string(copied(t, n, "/etc/hosts"))) {
			if fields := strings.Fields(line); len(fields) == 2 {
				addresses[fields[1]] = append(addresses[fields[1]], fields[0])
			}
		}
		for _, other := range c.nodes {
			if got := addresses[other.spec.Name]; !slices.Equal(got, []string{other.address.String()}) {
				t.Errorf("%s finds %s at %v, want %s", n.spec.Name, other.spec.Name, got, other.address)
			}
		}
	}
}

// copied is what a file of a node holds.
func copied(t *testing.T, n *Node, path string) []byte {
	t.Helper()
	archive, _, err := n.cluster.engine.api.CopyFromContainer(t.Context(), n.id, path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	files := tar.NewReader(archive)
	if _, err := files.Next(); err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(files)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPausedNodesAreThawedOrKilled(t *testing.T) {
	c := startCluster(t, requireEngine(t), 1)
	n := c.node(t, "n1")
	timed(t, "pause", func() error { return n.Pause(t.Context()) })
	timed(t, "pause again", func() error { return n.Pause(t.Context()) })
	requireStates(t, c, cluster.Paused)
	timed(t, "start while paused", func() error { return n.Start(t.Context()) })
	requireStates(t, c, cluster.Paused)
	timed(t, "resume", func() error { return n.Resume(t.Context()) })
	timed(t, "resume again", func() error { return n.Resume(t.Context()) })
	requireStates(t, c, cluster.Running)
	requireStarts(t, n, "1")

	timed(t, "pause", func() error { return n.Pause(t.Context()) })
	timed(t, "kill while paused", func() error { return n.Kill(t.Context()) })
	requireStates(t, c, cluster.Stopped)
	timed(t, "resume while stopped", func() error { return n.Resume(t.Context()) })
	if err := n.Pause(t.Context()); err == nil {
		t.Error("a stopped node was paused")
	}
	timed(t, "start", func() error { return n.Start(t.Context()) })
	requireStates(t, c, cluster.Running)
	requireStarts(t, n, "2")
}

func TestOpenConnectionsSurviveAPartition(t *testing.T) {
	c := startCluster(t, requireEngine(t), 3)
	requireEcho(t, c, "n1", "n2", "before")
	requireReach(t, c)

	cut := rules(drop("n1", "n2"), drop("n2", "n1"))
	timed(t, "partition", func() error { return c.SetRules(t.Context(), cut) })
	timed(t, "reach", func() error { requireReach(t, c, "n1 n2", "n2 n1"); return nil })
	began := time.Now()
	for time.Since(began) < 2*time.Second {
		if got := c.send(t, "n1", "n2", "during", brief); got != timeout {
			t.Fatalf("an echo came through the partition: %q", got)
		}
	}
	requireEcho(t, c, "n1", "n3", "beside")
	requireStarts(t, c.node(t, "n2"), "1") // clients are not cut off

	timed(t, "heal", func() error { return c.SetRules(t.Context(), cluster.Rules{}) })
	requireReach(t, c)
	// The node keeps its connections: this is the one from before.
	requireEcho(t, c, "n1", "n2", "after")
}

func TestOneWayRulesDropOneWay(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	requireRefused(t, c)
	requireReach(t, c)
	if err := c.SetRules(t.Context(), rules(drop("n1", "n2"))); err != nil {
		t.Fatal(err)
	}
	requireReach(t, c, "n1 n2")
	if err := c.SetRules(t.Context(), rules(drop("n2", "n1"))); err != nil {
		t.Fatal(err)
	}
	requireReach(t, c, "n2 n1")
}

// requireRefused tries rules that are not between two nodes of the cluster.
func requireRefused(t *testing.T, c *Cluster) {
	t.Helper()
	for name, r := range map[string]cluster.Rules{
		"unknown node": rules(drop("n1", "n9")),
		"itself":       rules(drop("n1", "n1")),
		"probability":  {Corrupt: map[cluster.Link]float64{{From: "n1", To: "n2"}: 1.5}},
	} {
		if err := c.SetRules(t.Context(), r); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRulesHoldForPausedAndRestartedNodes(t *testing.T) {
	c := startCluster(t, requireEngine(t), 3)
	n := c.node(t, "n2")
	cut := rules(drop("n1", "n2"), drop("n2", "n1"), drop("n3", "n2"))
	if err := n.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.SetRules(t.Context(), cut); err != nil {
		t.Fatal(err)
	}
	requireReach(t, c, "n1 n2", "n2 n1", "n3 n2")
	if err := n.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	requireReach(t, c)
	timed(t, "start under rules", func() error { return n.Start(t.Context()) })
	requireReach(t, c, "n1 n2", "n2 n1", "n3 n2")

	// Rules on a node that does not run take effect when it starts.
	if err := n.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.SetRules(t.Context(), rules(drop("n1", "n2"))); err != nil {
		t.Fatal(err)
	}
	if err := n.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	requireReach(t, c, "n1 n2")
}

func TestRulesOfFiveNodesChangeAtOnce(t *testing.T) {
	c := startCluster(t, requireEngine(t), 5)
	var halves []func(*cluster.Rules)
	var expected []string
	for _, a := range []string{"n1", "n2"} {
		for _, b := range []string{"n3", "n4", "n5"} {
			halves = append(halves, drop(a, b), drop(b, a))
			expected = append(expected, a+" "+b, b+" "+a)
		}
	}
	for range 5 {
		timed(t, "cut in halves", func() error { return c.SetRules(t.Context(), rules(halves...)) })
		requireReach(t, c, expected...)
		timed(t, "another cut", func() error { return c.SetRules(t.Context(), rules(drop("n1", "n2"))) })
		requireReach(t, c, "n1 n2")
		timed(t, "heal", func() error { return c.SetRules(t.Context(), cluster.Rules{}) })
		requireReach(t, c)
	}
}

func TestCorruptBytesArrive(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	requireEcho(t, c, "n1", "n2", zeros)
	noise := cluster.Rules{Corrupt: map[cluster.Link]float64{{From: "n1", To: "n2"}: 1}}
	timed(t, "corrupt", func() error { return c.SetRules(t.Context(), noise) })
	requireReach(t, c)
	for range 20 {
		got := c.send(t, "n1", "n2", zeros, long)
		if flipped := strings.Count(got, "1"); flipped != 1 || strings.Count(got, "0") != len(zeros)-1 {
			t.Fatalf("sent %d zeros, got back %q", len(zeros), got)
		}
	}
	requireEcho(t, c, "n1", "n2", "short messages are spared")
	requireEcho(t, c, "n2", "n1", strings.ReplaceAll(zeros, "0", "x")[:60])
	counts, err := c.Corrupted(t.Context())
	if n := counts[cluster.Link{From: "n1", To: "n2"}]; err != nil || len(counts) != 1 || n < 20 {
		t.Errorf("counted %v, %v, want 20 or more from n1 to n2", counts, err)
	}
	if err := c.SetRules(t.Context(), cluster.Rules{}); err != nil {
		t.Fatal(err)
	}
	requireEcho(t, c, "n1", "n2", zeros)
}

var zeros = strings.Repeat("0", 700)

func TestCorruptionHasAProbability(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	noise := cluster.Rules{Corrupt: map[cluster.Link]float64{{From: "n1", To: "n2"}: 0.2}}
	if err := c.SetRules(t.Context(), noise); err != nil {
		t.Fatal(err)
	}
	const sent = 500
	changed := 0
	for range sent {
		if c.send(t, "n1", "n2", zeros, long) != zeros {
			changed++
		}
	}
	// Six standard deviations around 100.
	if changed < 46 || changed > 154 {
		t.Errorf("%d of %d lines were changed with probability 0.2", changed, sent)
	}
}

// A SIGKILLed agent takes its rules along; the next rules get a new agent.
func TestKilledAgentHealsTheNetwork(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	requireEcho(t, c, "n1", "n2", "before")
	cut := rules(drop("n1", "n2"), drop("n2", "n1"))
	if err := c.SetRules(t.Context(), cut); err != nil {
		t.Fatal(err)
	}
	if got := c.send(t, "n1", "n2", "during", brief); got != timeout {
		t.Fatalf("an echo came through the partition: %q", got)
	}
	if err := c.engine.api.ContainerKill(t.Context(), c.agent.id, "SIGKILL"); err != nil {
		t.Fatal(err)
	}
	requireEcho(t, c, "n1", "n2", "after")
	if _, err := c.Reach(t.Context()); !errors.Is(err, errAgentGone) {
		t.Errorf("reach without an agent: got %v, want %v", err, errAgentGone)
	}
	timed(t, "partition with a new agent", func() error { return c.SetRules(t.Context(), cut) })
	requireReach(t, c, "n1 n2", "n2 n1")

	// Nobody can say for how long a partition held whose agent was killed; but that
	// all is well can be seen by another agent.
	if err := c.engine.api.ContainerKill(t.Context(), c.agent.id, "SIGKILL"); err != nil {
		t.Fatal(err)
	}
	requireAgentGone(t, c.engine, c.run)
	if err := c.SetRules(t.Context(), cluster.Rules{}); !errors.Is(err, errAgentGone) {
		t.Errorf("heal without an agent: got %v, want %v", err, errAgentGone)
	}
	timed(t, "heal again", func() error { return c.SetRules(t.Context(), cluster.Rules{}) })
	requireReach(t, c)
}

// Whatever else asks for an agent meanwhile gets a new one without the rules, and that
// is no reason to believe that they held until they were lifted.
func TestAnotherAgentDoesNotHideThatRulesHaveGone(t *testing.T) {
	c := startCluster(t, requireEngine(t), 3)
	for name, meanwhile := range map[string]func() error{
		"clocks are read": func() error { _, err := c.ReadClocks(t.Context()); return err },
		"clocks are set":  func() error { return c.SetClocks(t.Context(), map[string]cluster.Skew{"n3": {Offset: time.Second}}) },
		"other links are cut too": func() error {
			return c.SetRules(t.Context(), rules(drop("n1", "n2"), drop("n2", "n3")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.SetRules(t.Context(), rules(drop("n1", "n2"))); err != nil {
				t.Fatal(err)
			}
			if err := c.engine.api.ContainerKill(t.Context(), c.agent.id, "SIGKILL"); err != nil {
				t.Fatal(err)
			}
			requireAgentGone(t, c.engine, c.run)
			if err := meanwhile(); err != nil {
				t.Fatal(err)
			}
			if err := c.SetRules(t.Context(), cluster.Rules{}); !errors.Is(err, errAgentGone) {
				t.Errorf("lift rules that had gone: got %v, want %v", err, errAgentGone)
			}
			// That is told once, and not of the next ones.
			for _, next := range []cluster.Rules{rules(drop("n1", "n2")), {}} {
				if err := c.SetRules(t.Context(), next); err != nil {
					t.Errorf("set rules after that: %v", err)
				}
			}
			requireReach(t, c)
		})
	}
}

// Rules that held all along are lifted in order, whatever became of an agent before or
// of other rules.
func TestRulesThatHeldAreLiftedInOrder(t *testing.T) {
	c := startCluster(t, requireEngine(t), 3)
	set := func(what string, r cluster.Rules, want error) {
		t.Helper()
		if err := c.SetRules(t.Context(), r); !errors.Is(err, want) {
			t.Fatalf("%s: got %v, want %v", what, err, want)
		}
	}
	kill := func() {
		t.Helper()
		if err := c.engine.api.ContainerKill(t.Context(), c.agent.id, "SIGKILL"); err != nil {
			t.Fatal(err)
		}
		requireAgentGone(t, c.engine, c.run)
	}
	one, both := rules(drop("n1", "n2")), rules(drop("n1", "n2"), drop("n2", "n3"))
	set("cut", one, nil)
	set("heal", cluster.Rules{}, nil)
	kill()
	set("cut after an agent without rules has gone", one, nil)
	set("heal", cluster.Rules{}, nil)
	set("cut", one, nil)
	kill()
	set("cut more", both, nil)
	set("heal what was cut later", one, nil)
	set("heal what was lost", cluster.Rules{}, errAgentGone)
	requireReach(t, c)
}

func TestFailedStartLeavesNothingBehind(t *testing.T) {
	e := requireEngine(t)
	for name, c := range map[string]struct {
		target echo
		want   string
	}{
		"a node cannot start": {echo{entrypoint: []string{"/absent"}}, "start n2: "},
		"an image is missing": {echo{image: cluster.Image{Reference: "localhost:1/absent:1", Advice: "build it yourself"}}, "build it yourself"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("ASSAY_STATE", t.TempDir())
			run := newRun()
			_, err := e.Start(t.Context(), cluster.Options{Run: run, Target: c.target, Log: testLog{t}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			requireGone(t, e, run)
		})
	}
}

// Whether Start sees a process that ends soon is a matter of moments, so that the
// test ends it first.
func TestNodeThatEndsAtOnceShowsItsLastLines(t *testing.T) {
	n := startCluster(t, requireEngine(t), 1).node(t, "n1")
	if err := n.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	found, err := n.inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = n.requireRunning(t.Context(), found.State)
	want := "start n1: its process ended at once with exit code 137; its last lines:\nstart 1"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestEntrypointsAreReplaced(t *testing.T) {
	e := requireEngine(t)
	t.Setenv("ASSAY_STATE", t.TempDir())
	o := cluster.Options{Run: newRun(), Target: echo{entrypoint: []string{"node"}}} // found in PATH
	made, err := e.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	c := made.(*Cluster)
	defer closeCluster(t, c)
	requireStarts(t, c.node(t, "n2"), "1")
	reference, id := c.Image()
	if have, err := e.ImageID(t.Context(), reference); err != nil || have != id || id == "" {
		t.Errorf("image %s is %s, %v, want %s", reference, have, err, id)
	}
}

func TestInterruptedStartLeavesNothingBehind(t *testing.T) {
	e := requireEngine(t)
	for _, after := range []time.Duration{0, 50 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond} {
		t.Setenv("ASSAY_STATE", t.TempDir())
		ctx, cancel := context.WithTimeout(t.Context(), after)
		run := newRun()
		made, err := e.Start(ctx, cluster.Options{Run: run, Target: echo{}})
		cancel()
		if err == nil { // it was faster
			closeCluster(t, made.(*Cluster))
		}
		requireGone(t, e, run)
	}
}

func TestARunHasOneCluster(t *testing.T) {
	e := requireEngine(t)
	c := startCluster(t, e, 1)
	_, err := e.Start(t.Context(), cluster.Options{Run: c.run, Target: echo{}})
	if !errors.Is(err, owner.ErrAlive) {
		t.Errorf("got %v, want ErrAlive", err)
	}
	requireStates(t, c, cluster.Running)
}

func requireGone(t *testing.T, e *Engine, run string) {
	t.Helper()
	found, err := e.leftovers(context.WithoutCancel(t.Context()), run)
	if err != nil || len(found) > 0 {
		t.Errorf("left behind: %v, %v", found, err)
	}
	if stale, err := owner.Stale(); err != nil || len(stale) > 0 || owner.Alive(run) {
		t.Errorf("the claim is left: %v, %v", stale, err)
	}
}

func requireStates(t *testing.T, c *Cluster, want ...cluster.State) {
	t.Helper()
	var got []cluster.State
	for _, n := range c.nodes {
		s, err := n.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	if !slices.Equal(got, want) {
		t.Errorf("states: got %v, want %v", got, want)
	}
}

func requireStarts(t *testing.T, n *Node, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	var got string
	err := eventually(ctx, func() (done bool, err error) {
		got, err = get(ctx, n, "/starts")
		return err == nil, err
	})
	if err != nil || got != want {
		t.Errorf("%s counts %q starts, %v, want %s", n.Name(), got, err, want)
	}
}

func requireEcho(t *testing.T, c *Cluster, from, to, text string) {
	t.Helper()
	if got := c.send(t, from, to, text, long); got != text {
		t.Fatalf("%s sent %q to %s and got back %q", from, text, to, got)
	}
}

// soon wants a look to find nothing wrong within a while, as the nemesis does: a busy
// machine may be late with a packet.
func soon(t *testing.T, look func() (wrong string)) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	wrong := look()
	for wrong != "" && time.Now().Before(deadline) {
		wrong = look()
	}
	if wrong != "" {
		t.Error(wrong)
	}
}

// requireReach expects packets on all links between running nodes but these.
func requireReach(t *testing.T, c *Cluster, cut ...string) {
	t.Helper()
	slices.Sort(cut)
	soon(t, func() string { return unreached(t, c, cut) })
}

// unreached says how the links without packets are others than those that are cut.
func unreached(t *testing.T, c *Cluster, cut []string) string {
	t.Helper()
	reach, err := c.Reach(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	running := 0
	for _, n := range c.nodes {
		if s, err := n.State(t.Context()); err == nil && s != cluster.Stopped {
			running++
		}
	}
	want := running * running // from all others and from clients
	if running < 2 {
		want = 0
	}
	if len(reach) != want {
		return fmt.Sprintf("%d links observed to %d nodes", len(reach), running)
	}
	var got []string
	for l, arrives := range maps.All(reach) {
		if !arrives {
			got = append(got, l.From+" "+l.To)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, cut) {
		return fmt.Sprintf("links without packets: got %q, want %q", got, cut)
	}
	return ""
}

func rules(with ...func(*cluster.Rules)) cluster.Rules {
	r := cluster.Rules{Drop: map[cluster.Link]bool{}}
	for _, add := range with {
		add(&r)
	}
	return r
}

func drop(from, to string) func(*cluster.Rules) {
	return func(r *cluster.Rules) { r.Drop[cluster.Link{From: from, To: to}] = true }
}

func timed(t *testing.T, what string, f func() error) {
	t.Helper()
	started := time.Now()
	if err := f(); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", what, err))
	}
	t.Logf("%s: %v", what, time.Since(started).Round(10*time.Microsecond))
}
