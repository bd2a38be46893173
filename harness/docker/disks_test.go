package docker

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

func startDisks(t *testing.T, nodes int) *Cluster {
	t.Helper()
	c := startWith(t, requireEngine(t), cluster.Options{Config: cluster.Config{Nodes: nodes}, Disks: true})
	if err := c.Capabilities().Supports(cluster.CanDisk); err != nil {
		t.Fatal(err)
	}
	return c
}

// writeTo makes a node write to its file, and returns how long it took or what went
// wrong.
func writeTo(t *testing.T, n *Node, text string, sync bool) string {
	t.Helper()
	url := "http://" + n.Addr("client") + "/write"
	if sync {
		url += "?sync=yes"
	}
	answer, err := http.Post(url, "text/plain", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return body(t, answer)
}

func requireWritten(t *testing.T, n *Node, text string, sync bool) time.Duration {
	t.Helper()
	answer := writeTo(t, n, text, sync)
	took, err := time.ParseDuration(answer)
	if err != nil {
		t.Fatalf("%s writes %q: %s", n.Name(), text, answer)
	}
	return took
}

func requireError(t *testing.T, n *Node, what, want string) {
	t.Helper()
	if answer := writeTo(t, n, "x", true); !strings.HasPrefix(answer, "error: ") || !strings.Contains(answer, want) {
		t.Errorf("%s writes under %s: %s, want %s", n.Name(), what, answer, want)
	}
}

func requireFile(t *testing.T, n *Node, want string) {
	t.Helper()
	if got, err := get(t.Context(), n, "/read"); err != nil || got != want {
		t.Errorf("%s reads %.60q, %v, want %.60q", n.Name(), got, err, want)
	}
}

// requireOnDisk looks at the volume itself, past the layer.
func requireOnDisk(t *testing.T, n *Node, want string) {
	t.Helper()
	if text := string(copied(t, n, dataFolder+"/log")); text != want {
		t.Errorf("on the disk of %s is %.60q, want %.60q", n.Name(), text, want)
	}
}

func (c *Cluster) setDisk(t *testing.T, n *Node, f cluster.DiskFaults) {
	t.Helper()
	timed(t, "set disks", func() error {
		return c.SetDisks(t.Context(), map[string]cluster.DiskFaults{n.Name(): f})
	})
}

func restart(t *testing.T, n *Node) {
	t.Helper()
	timed(t, "start", func() error { return n.Start(t.Context()) })
	awaitNode(t, n)
}

func awaitNode(t *testing.T, n *Node) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := eventually(ctx, func() (bool, error) {
		_, err := get(ctx, n, "/starts")
		return err == nil, err
	}); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, c *Cluster, n *Node, try ...string) cluster.DiskReading {
	t.Helper()
	readings, err := c.ReadDisks(t.Context(), try...)
	if err != nil {
		t.Fatal(err)
	}
	return readings[n.Name()]
}

func TestAPowerFailureTakesWhatANodeHasNotSynced(t *testing.T) {
	c := startDisks(t, 2)
	n, other := c.node(t, "n1"), c.node(t, "n2")
	for _, each := range []*Node{n, other} {
		requireWritten(t, each, "synced ", true)
		requireWritten(t, each, "not", false)
		requireFile(t, each, "synced not")
		requireOnDisk(t, each, "synced ")
		if r := read(t, c, each); !r.Covered || r.Unsynced == 0 {
			t.Errorf("%s: %+v", each.Name(), r)
		}
	}
	// Killing alone loses nothing.
	timed(t, "kill", func() error { return n.Kill(t.Context()) })
	restart(t, n)
	requireFile(t, n, "synced not")

	if _, err := c.FailPower(t.Context(), []string{"n1"}, false); err == nil {
		t.Error("the power of a node failed that runs")
	}
	timed(t, "kill", func() error { return n.Kill(t.Context()) })
	losses, err := c.FailPower(t.Context(), []string{"n1"}, false)
	if err != nil || losses["n1"].Lost == 0 {
		t.Errorf("lost %v, %v", losses, err)
	}
	restart(t, n)
	requireFile(t, n, "synced ")
	requireOnDisk(t, n, "synced ")
	requireFile(t, other, "synced not")
	if r := read(t, c, n); !r.Covered || r.Counts.PowerFailures != 1 {
		t.Errorf("after the power failure: %+v", r)
	}
}

func TestALieAboutSyncsShowsWhenThePowerFails(t *testing.T) {
	c := startDisks(t, 1)
	n := c.node(t, "n1")
	requireWritten(t, n, "true ", true)
	c.setDisk(t, n, cluster.DiskFaults{Lies: true})
	requireWritten(t, n, "lie", true)
	requireOnDisk(t, n, "true ")
	if r := read(t, c, n); r.Counts.Lied == 0 {
		t.Errorf("nobody lied: %+v", r)
	}
	timed(t, "kill", func() error { return n.Kill(t.Context()) })
	if _, err := c.FailPower(t.Context(), []string{"n1"}, false); err != nil {
		t.Fatal(err)
	}
	restart(t, n)
	requireFile(t, n, "true ")
}

func TestDisksFailAreFullAndHeal(t *testing.T) {
	c := startDisks(t, 2)
	n, other := c.node(t, "n1"), c.node(t, "n2")
	requireWritten(t, n, "good ", true)
	for name, f := range map[string]struct {
		faults cluster.DiskFaults
		want   string
	}{
		"failing writes": {cluster.DiskFaults{WriteFails: 1}, "input/output error"},
		"failing syncs":  {cluster.DiskFaults{SyncFails: 1}, "input/output error"},
		"no room":        {cluster.DiskFaults{Full: true}, "no space left on device"},
	} {
		before := read(t, c, n).Counts
		c.setDisk(t, n, f.faults)
		requireError(t, n, name, f.want)
		requireWritten(t, other, "x", true)
		r := read(t, c, n)
		if r.Faults != f.faults || r.Counts.Failed+r.Counts.Refused == before.Failed+before.Refused {
			t.Errorf("%s: %+v", name, r)
		}
	}
	// What holds does so also after a restart.
	timed(t, "kill", func() error { return n.Kill(t.Context()) })
	timed(t, "set", func() error {
		return c.SetDisks(t.Context(), map[string]cluster.DiskFaults{"n1": {ReadFails: 1}})
	})
	timed(t, "start", func() error { return n.Start(t.Context()) })
	if r := read(t, c, n, "n1"); !r.Covered || r.Faults.ReadFails != 1 || r.Counts.Failed == 0 {
		t.Errorf("after a restart: %+v", r)
	}
	timed(t, "heal", func() error { return c.SetDisks(t.Context(), nil) })
	awaitNode(t, n)
	requireWritten(t, n, "again", true)
	if r := read(t, c, n); r.Faults != (cluster.DiskFaults{}) {
		t.Errorf("healed: %+v", r)
	}
}

func TestDisksAreSlow(t *testing.T) {
	c := startDisks(t, 1)
	n := c.node(t, "n1")
	requireWritten(t, n, "x", true)
	const delay, syncDelay = 500 * time.Millisecond, time.Second
	c.setDisk(t, n, cluster.DiskFaults{Delay: delay, SyncDelay: syncDelay})
	if took := requireWritten(t, n, "x", false); took < delay {
		t.Errorf("a write took %v", took)
	}
	if took := requireWritten(t, n, "x", true); took < delay+syncDelay {
		t.Errorf("a write and a sync took %v", took)
	}
	c.setDisk(t, n, cluster.DiskFaults{})
	if took := requireWritten(t, n, "x", false); took > delay {
		t.Errorf("after the fault was healed a write took %v", took)
	}
}

func TestFilesAreDamagedAndRepaired(t *testing.T) {
	c := startDisks(t, 1)
	n := c.node(t, "n1")
	hurt := func(d cluster.FileDamage) []cluster.FileChange {
		t.Helper()
		changes, err := c.DamageFiles(t.Context(), []string{"n1"}, d)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v", d.Kind, changes)
		return changes["n1"]
	}
	stopped := func(f func()) {
		t.Helper()
		timed(t, "kill", func() error { return n.Kill(t.Context()) })
		f()
		restart(t, n)
	}
	long := strings.Repeat("0", 10_000)
	requireWritten(t, n, long, true)
	if _, err := c.DamageFiles(t.Context(), []string{"n1"}, cluster.FileDamage{Kind: cluster.FlipBits, Bits: 1}); err == nil {
		t.Error("files of a running node were damaged")
	}
	stopped(func() {
		if changes := hurt(cluster.FileDamage{Kind: cluster.FlipBits, Bits: 1}); len(changes) != 1 {
			t.Errorf("flipped %v", changes)
		}
	})
	if got, err := get(t.Context(), n, "/read"); err != nil || got == long || len(got) != len(long) {
		t.Errorf("after a flip %d bytes, the same: %v, %v", len(got), got == long, err)
	}
	stopped(func() { hurt(cluster.FileDamage{Kind: cluster.Repair}) })
	requireFile(t, n, long)
	stopped(func() { hurt(cluster.FileDamage{Kind: cluster.Truncate, Bytes: 1000}) })
	requireFile(t, n, long[1000:])
	hurt(cluster.FileDamage{Kind: cluster.Remember})
	requireWritten(t, n, "later", true)
	stopped(func() {
		if changes := hurt(cluster.FileDamage{Kind: cluster.Revert}); len(changes) == 0 {
			t.Error("nothing was rolled back")
		}
	})
	requireFile(t, n, long[1000:])
}

// An agent that is killed takes its layers with it: programs meet with errors until
// their node is started again, with what was synced.
func TestNodesOutliveTheAgentThatServesTheirDisks(t *testing.T) {
	c := startDisks(t, 2)
	n := c.node(t, "n1")
	requireWritten(t, n, "synced ", true)
	requireWritten(t, n, "not", false)
	if err := c.engine.api.ContainerKill(t.Context(), c.agent.id, "KILL"); err != nil {
		t.Fatal(err)
	}
	requireAgentGone(t, c.engine, c.run)
	requireError(t, n, "no agent", "")
	if err := c.SetDisks(t.Context(), nil); err != nil {
		if err = c.SetDisks(t.Context(), nil); err != nil { // the first asked the dead agent
			t.Fatal(err)
		}
	}
	awaitNode(t, n)
	requireFile(t, n, "synced ")
	requireWritten(t, n, "more", true)
	for _, each := range c.nodes {
		if r := read(t, c, each); !r.Covered {
			t.Errorf("%s has no layer: %+v", each.Name(), r)
		}
	}
}

// What a run leaves behind whose agent was killed goes with its containers, and
// nothing of it was ever to be seen on the host.
func TestCleanRemovesNodesWithDeadDisks(t *testing.T) {
	c := startDisks(t, 1)
	requireNoLayers(t)
	c.setDisk(t, c.nodes[0], cluster.DiskFaults{Full: true})
	if err := c.engine.api.ContainerKill(t.Context(), c.agent.id, "KILL"); err != nil {
		t.Fatal(err)
	}
	removed, err := c.engine.Clean(t.Context(), func(run string) bool { return run != c.run }, testLog{t})
	if err != nil || removed == 0 {
		t.Errorf("removed %d things, %v", removed, err)
	}
	if found, err := c.engine.leftovers(t.Context(), c.run); err != nil || len(found) > 0 {
		t.Errorf("left behind: %v, %v", found, err)
	}
	requireNoLayers(t)
}

func requireNoLayers(t *testing.T) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	temporary := filepath.Clean(os.TempDir()) + "/" // where tests of the layer mount theirs
	for _, mount := range strings.Split(string(mounts), "\n") {
		if err == nil && strings.Contains(mount, "fuse assay") && !strings.Contains(mount, temporary) {
			t.Errorf("a layer is mounted on the host: %s", mount)
		}
	}
}

// Nobody pays for disks that nobody breaks.
func TestDisksAreTheEnginesOwnUnlessAskedFor(t *testing.T) {
	c := startCluster(t, requireEngine(t), 1)
	if err := c.SetDisks(t.Context(), nil); err == nil {
		t.Error("disks can be set")
	}
	if err := c.Capabilities().Supports(cluster.CanDisk); err == nil {
		t.Error("disks can fail")
	}
	found, err := c.engine.api.ContainerInspect(t.Context(), c.nodes[0].id)
	if err != nil || found.Path == waitProgram {
		t.Errorf("it begins with %s, %v", found.Path, err)
	}
	_, err = c.engine.api.ContainerStatPath(t.Context(), c.nodes[0].id, waitProgram)
	if err == nil {
		t.Error("it has the program that waits for disks")
	}
}

// Another container of a node has another volume, over which another layer is to be
// put.
func TestANodeThatIsMadeAnewHasAnEmptyDisk(t *testing.T) {
	c := startDisks(t, 2)
	n := c.node(t, "n1")
	requireWritten(t, n, "old", true)
	if err := c.Replace(t.Context(), "n1", func(first []string) []string { return first }); err != nil {
		t.Fatal(err)
	}
	awaitNode(t, n)
	requireWritten(t, n, "new", true)
	requireFile(t, n, "new")
	requireOnDisk(t, n, "new")
	if r := read(t, c, n); !r.Covered {
		t.Errorf("it has no layer: %+v", r)
	}
}
