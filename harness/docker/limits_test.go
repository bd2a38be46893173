package docker

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/owner"
)

func TestNodesAreAskedToEnd(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	n := c.node(t, "n1")
	for _, what := range []string{"stop", "stop again"} {
		timed(t, what, func() error {
			polite, err := n.Stop(t.Context(), long)
			if !polite {
				t.Errorf("%s: it had to be killed", what)
			}
			return err
		})
		requireStates(t, c, cluster.Stopped, cluster.Running)
	}
	timed(t, "start", func() error { return n.Start(t.Context()) })
	requireStarts(t, n, "2")

	// A frozen node that ends only when it is made to.
	if polite, err := n.Stop(t.Context(), 0); err != nil || polite {
		t.Errorf("without patience: polite %t, %v", polite, err)
	}
	requireStates(t, c, cluster.Stopped, cluster.Running)
}

// answers counts how many questions, one after another, a node answers in a second.
func answers(t *testing.T, n *Node) (count int) {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Second; count++ {
		if _, err := get(t.Context(), n, "/starts"); err != nil {
			t.Fatal(err)
		}
	}
	return count
}

func TestALimitedNodeIsSlowButAlive(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	n := c.node(t, "n1")
	free := answers(t, n)
	timed(t, "limit", func() error { return n.SetLimits(t.Context(), cluster.Limits{CPU: 0.01, Memory: 64 << 20}) })
	before := requireUsage(t, n, cluster.Limits{CPU: 0.01, Memory: 64 << 20})
	limited := answers(t, n)
	after := requireUsage(t, n, cluster.Limits{CPU: 0.01, Memory: 64 << 20})
	t.Logf("%d answers a second, %d with a hundredth of a core", free, limited)
	if limited == 0 || limited > free/2 {
		t.Errorf("%d answers a second, and %d with a hundredth of a core", free, limited)
	}
	if after.Periods <= before.Periods {
		t.Errorf("%d rationed periods, then %d", before.Periods, after.Periods)
	}

	// Limits hold for nodes that start again, and are gone once lifted.
	if err := n.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := n.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	requireUsage(t, n, cluster.Limits{CPU: 0.01, Memory: 64 << 20})
	timed(t, "lift", func() error { return n.SetLimits(t.Context(), cluster.Limits{}) })
	requireUsage(t, n, cluster.Limits{})
	requireStarts(t, n, "2")
	if again := answers(t, n); again < 2*limited {
		t.Errorf("%d answers a second once lifted", again)
	}
	requireUsage(t, c.node(t, "n2"), cluster.Limits{})
}

func requireUsage(t *testing.T, n *Node, want cluster.Limits) cluster.Usage {
	t.Helper()
	u, err := n.Usage(t.Context())
	if err != nil || u.Limits != want || u.Memory <= 0 {
		t.Fatalf("usage of %s: %+v, %v, want limits %+v", n.Name(), u, err, want)
	}
	return u
}

func TestANodeRunsOutOfMemory(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	n := c.node(t, "n1")
	if starved, err := n.Starved(t.Context()); err != nil || starved {
		t.Fatalf("starved before anything happened: %t, %v", starved, err)
	}
	timed(t, "starve", func() error { return n.Starve(t.Context()) })
	requireStates(t, c, cluster.Stopped, cluster.Running)
	if starved, err := n.Starved(t.Context()); err != nil || !starved {
		t.Errorf("starved: %t, %v", starved, err)
	}
	if err := n.SetLimits(t.Context(), cluster.Limits{}); err != nil {
		t.Fatal(err)
	}
	timed(t, "start", func() error { return n.Start(t.Context()) })
	requireStarts(t, n, "2")
	requireUsage(t, n, cluster.Limits{})
	if starved, err := n.Starved(t.Context()); err != nil || starved {
		t.Errorf("still starved: %t, %v", starved, err)
	}
	// A death by other means is not taken for it.
	if err := n.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if starved, err := n.Starved(t.Context()); err != nil || starved {
		t.Errorf("killed, and said to be starved: %t, %v", starved, err)
	}
}

// Whoever limits a node and is killed leaves a limited container, which goes with its
// run.
func TestCleanRemovesLimitedNodes(t *testing.T) {
	e := requireEngine(t)
	c := startCluster(t, e, 1)
	if err := c.node(t, "n1").SetLimits(t.Context(), cluster.Limits{CPU: 0.05}); err != nil {
		t.Fatal(err)
	}
	if err := c.node(t, "n1").Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	dead := func(run string) bool { return run != c.run && owner.Alive(run) }
	if _, err := e.Clean(t.Context(), dead, &log); err != nil || !strings.Contains(log.String(), "-n1 of run "+c.run) {
		t.Errorf("%v\n%s", err, &log)
	}
}

func TestResourcesAreProbed(t *testing.T) {
	e := requireEngine(t)
	t.Setenv("ASSAY_STATE", t.TempDir())
	found := e.Probe(t.Context())
	for _, what := range []cluster.Capability{cluster.CanStop, cluster.CanThrottle, cluster.CanLimitMemory, cluster.CanStarve} {
		if err := found.Supports(what); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
