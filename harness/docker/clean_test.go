package docker

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/owner"
)

// abandonVariable makes this test binary start a cluster for the run that it
// names, cut it and break its disks, say so, and wait until it is killed.
const abandonVariable = "DOCKER_TEST_ABANDON"

func abandon(run string) {
	fail := func(err error) {
		if err != nil {
			println(err.Error())
			os.Exit(1)
		}
	}
	ctx := context.Background()
	e, err := Connect(ctx)
	fail(err)
	made, err := e.Start(ctx, cluster.Options{Run: run, Target: echo{}, Config: cluster.Config{Nodes: 2}, Disks: true})
	fail(err)
	fail(made.(*Cluster).SetDisks(ctx, map[string]cluster.DiskFaults{"n1": {Full: true}, "n2": {Delay: time.Second}}))
	fail(made.(*Cluster).SetRules(ctx, rules(drop("n1", "n2"), drop("n2", "n1"))))
	println("cut")
	os.Stdin.Read(make([]byte, 1)) // ends with the test that holds the other end
}

// A controller that is SIGKILLed under a partition, with broken disks, leaves a
// healed network, and containers that Clean removes, and Clean touches nothing of live runs.
func TestCleanRemovesWhatAKilledControllerLeft(t *testing.T) {
	e := requireEngine(t)
	live := startCluster(t, e, 1) // sets ASSAY_STATE for both
	run := newRun()
	kill := startAbandoner(t, run)
	requireOwned(t, e, run, live.run)
	if removed, err := e.Clean(t.Context(), owner.Alive, testLog{t}); err != nil || removed != 0 {
		t.Fatalf("cleaning while both live: removed %d, %v", removed, err)
	}
	kill()

	requireAgentGone(t, e, run)
	var log bytes.Buffer
	removed, err := e.Clean(t.Context(), owner.Alive, &log)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", &log)
	if removed < 3 || strings.Contains(log.String(), live.run) {
		t.Errorf("removed %d things:\n%s", removed, &log)
	}
	if found, err := e.leftovers(t.Context(), run); err != nil || len(found) > 0 {
		t.Errorf("left behind: %v, %v", found, err)
	}
	requireNoLayers(t)
	requireOwned(t, e, live.run)
	requireStates(t, live, cluster.Running)
	requireStarts(t, live.node(t, "n1"), "1")
	if stale, err := owner.Stale(); err != nil || len(stale) != 1 || stale[0] != run {
		t.Errorf("stale runs: %v, %v", stale, err)
	}
}

// Nobody can tell whether a run lives whose claim he cannot see.
func TestCleanLeavesOtherPeoplesRunsAlone(t *testing.T) {
	e := requireEngine(t)
	c := startCluster(t, e, 1)
	mine := os.Getenv("ASSAY_STATE")
	t.Setenv("ASSAY_STATE", t.TempDir())
	if found, err := e.Leftovers(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("another place's leftovers: %v, %v", found, err)
	}
	if removed, err := e.Clean(t.Context(), owner.Alive, testLog{t}); err != nil || removed > 0 {
		t.Errorf("removed %d things of another place, %v", removed, err)
	}
	t.Setenv("ASSAY_STATE", mine)
	requireStates(t, c, cluster.Running)
	requireOwned(t, e, c.run)
}

func requireOwned(t *testing.T, e *Engine, runs ...string) {
	t.Helper()
	for _, run := range runs {
		if found, err := e.leftovers(t.Context(), run); err != nil || len(found) == 0 || !owner.Alive(run) {
			t.Errorf("run %s: %v, %v, alive %v", run, found, err, owner.Alive(run))
		}
	}
}

// requireAgentGone waits until the agent has ended by itself, which the end of
// its standard input makes it do.
func requireAgentGone(t *testing.T, e *Engine, run string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := eventually(ctx, func() (bool, error) {
		found, err := e.leftovers(ctx, run)
		for _, l := range found {
			if l.Name == containerName(run, roleAgent) {
				return false, nil
			}
		}
		return true, err
	})
	if err != nil {
		t.Errorf("the agent outlives its controller: %v", err)
	}
}

// startAbandoner runs abandon in another process until it has cut its cluster.
func startAbandoner(t *testing.T, run string) (kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), abandonVariable+"="+run)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
	t.Cleanup(kill)
	if line, err := bufio.NewReader(stderr).ReadString('\n'); line != "cut\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return kill
}
