package docker

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis/agent/hunger"
)

// ahead is by how much a node's own time is ahead of this machine's.
func ahead(t *testing.T, n cluster.Node) time.Duration {
	t.Helper()
	before := time.Now()
	text, err := get(t.Context(), n, "/time")
	if err != nil {
		t.Fatal(err)
	}
	told, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(0, told).Sub(before)
}

// requireAhead fails unless the nodes n1, n2, ... are so far ahead, as they say
// themselves and as the cluster reads it, to within what a busy machine explains. A
// program that has just begun in a node's process has the right time until it is noticed.
func requireAhead(t *testing.T, c *Cluster, want ...time.Duration) {
	t.Helper()
	wrong := "not read"
	for deadline := time.Now().Add(5 * time.Second); wrong != "" && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		wrong = notAhead(t, c, want)
	}
	if wrong != "" {
		t.Error(wrong)
	}
}

// notAhead says which node is not as far ahead as it should be.
func notAhead(t *testing.T, c *Cluster, want []time.Duration) string {
	t.Helper()
	readings, err := c.ReadClocks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range c.Nodes() {
		if got := ahead(t, n); (got - want[i]).Abs() > 5*time.Second {
			return fmt.Sprintf("%s says that it is %v ahead, want %v", n.Name(), got, want[i])
		}
		r := readings[n.Name()]
		if r.Processes == 0 || (r.Least-want[i]).Abs() > 5*time.Second || (r.Most-want[i]).Abs() > 5*time.Second {
			return fmt.Sprintf("%s is read as %+v, want %v ahead", n.Name(), r, want[i])
		}
	}
	return ""
}

func TestClocksOfSingleNodesJumpAndComeBack(t *testing.T) {
	c := startCluster(t, requireEngine(t), 3)
	if err := c.Capabilities().Supports(cluster.CanClock); err != nil {
		t.Fatal(err)
	}
	requireAhead(t, c, 0, 0, 0)
	began, wall := time.Now(), time.Now().Round(0)
	timed(t, "set clocks", func() error {
		return c.SetClocks(t.Context(), map[string]cluster.Skew{"n1": {Offset: time.Hour}, "n3": {Offset: -time.Minute}})
	})
	requireAhead(t, c, time.Hour, 0, -time.Minute)

	n := c.node(t, "n1")
	timed(t, "kill", func() error { return n.Kill(t.Context()) })
	timed(t, "start", func() error { return n.Start(t.Context()) })
	requireStarts(t, n, "2")
	requireAhead(t, c, time.Hour, 0, -time.Minute)

	timed(t, "change clocks", func() error {
		return c.SetClocks(t.Context(), map[string]cluster.Skew{"n2": {Drift: 100_000, Since: time.Now().Add(-1000 * time.Second)}})
	})
	requireAhead(t, c, 0, 100*time.Second, 0)
	timed(t, "heal clocks", func() error { return c.SetClocks(t.Context(), nil) })
	requireAhead(t, c, 0, 0, 0)
	if moved := time.Now().Round(0).Sub(wall) - time.Since(began); moved.Abs() > time.Second {
		t.Errorf("the clock of this machine moved by %v", moved)
	}
}

func TestClocksStrobeAndStandStill(t *testing.T) {
	c := startCluster(t, requireEngine(t), 1)
	n := c.node(t, "n1")
	stood := time.Now()
	if err := c.SetClocks(t.Context(), map[string]cluster.Skew{"n1": {Drift: -1_000_000, Since: stood}}); err != nil {
		t.Fatal(err)
	}
	first := ahead(t, n) + time.Since(stood)
	time.Sleep(time.Second)
	if second := ahead(t, n) + time.Since(stood); (second - first).Abs() > 500*time.Millisecond {
		t.Errorf("a clock that stands still went on by %v in a second", second-first)
	}
	skew := cluster.Skew{Offset: time.Hour, Since: time.Now(), Strobe: 50 * time.Millisecond}
	if err := c.SetClocks(t.Context(), map[string]cluster.Skew{"n1": skew}); err != nil {
		t.Fatal(err)
	}
	seen := map[time.Duration]int{}
	for range 200 {
		seen[ahead(t, n).Round(time.Hour)]++
		time.Sleep(5 * time.Millisecond)
	}
	if seen[0] < 20 || seen[time.Hour] < 20 || len(seen) > 2 {
		t.Errorf("a clock that strobes was seen so far ahead: %v", seen)
	}
}

// The kernel cannot undo what was written into a process, so the agent does when
// its line ends; if it is killed, another agent can.
func TestClocksAreHealedWithoutTheAgentThatSetThem(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	set := func() {
		if err := c.SetClocks(t.Context(), map[string]cluster.Skew{"n2": {Offset: -time.Hour}}); err != nil {
			t.Fatal(err)
		}
		requireAhead(t, c, 0, -time.Hour)
	}
	set()
	c.mu.Lock()
	c.agent.hangUp()
	c.mu.Unlock()
	requireAgentGone(t, c.engine, c.run)
	if got := ahead(t, c.node(t, "n2")); got.Abs() > time.Minute {
		t.Errorf("after the agent has gone the clock is %v ahead", got)
	}

	set()
	if err := c.engine.api.ContainerKill(t.Context(), c.agent.id, "KILL"); err != nil {
		t.Fatal(err)
	}
	requireAgentGone(t, c.engine, c.run)
	if got := ahead(t, c.node(t, "n2")); (got + time.Hour).Abs() > time.Minute {
		t.Errorf("the skew went with the agent: %v", got)
	}
	if err := c.SetClocks(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	requireAhead(t, c, 0, 0)

	strobing := cluster.Skew{Offset: time.Hour, Since: time.Now(), Strobe: 50 * time.Millisecond}
	if err := c.SetClocks(t.Context(), map[string]cluster.Skew{"n2": strobing}); err != nil {
		t.Fatal(err)
	}
	if err := c.engine.api.ContainerKill(t.Context(), c.agent.id, "KILL"); err != nil {
		t.Fatal(err)
	}
	requireAgentGone(t, c.engine, c.run)
	if err := c.SetClocks(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "the agent is gone") {
		t.Errorf("a clock that strobes no more: %v", err)
	}
	requireAhead(t, c, 0, 0)
}

// A process that begins in a node while its clock is wrong has the same clock, and is
// told of: nobody else would know that the program was started again.
func TestProcessesThatBeginUnderAWrongClockAreCounted(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	n := c.node(t, "n1")
	if err := n.giveProgram(t.Context(), eaterProgram); err != nil {
		t.Fatal(err)
	}
	wrong := map[string]cluster.Skew{"n1": {Offset: time.Hour}}
	if err := c.SetClocks(t.Context(), wrong); err != nil {
		t.Fatal(err)
	}
	requireBegan(t, c, 0)
	if err := n.run(t.Context(), eaterProgram, hunger.Spin); err != nil {
		t.Fatal(err)
	}
	requireBegan(t, c, 1)
	if err := c.SetClocks(t.Context(), wrong); err != nil {
		t.Fatal(err)
	}
	requireBegan(t, c, 1) // they are told until the clock is right
	for _, do := range []func(context.Context) error{n.Kill, n.Start} {
		if err := do(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	requireBegan(t, c, 1) // that one was started again by us is known
	if err := c.SetClocks(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	requireBegan(t, c, 0)
}

func requireBegan(t *testing.T, c *Cluster, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	err := eventually(ctx, func() (bool, error) {
		readings, err := c.ReadClocks(t.Context())
		got := 0
		for _, n := range readings["n1"].Began {
			got += n
		}
		if err != nil || got == want && len(readings["n2"].Began) == 0 {
			return true, err
		}
		return got > want, fmt.Errorf("%d began, want %d: %+v", got, want, readings)
	})
	if err != nil {
		t.Error(err)
	}
}
