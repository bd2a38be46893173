//go:build unix

package local

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/owner"
)

func TestAKilledNodeComesBackWithItsPortsAndData(t *testing.T) {
	b := newBench(t, 2)
	n := b.node("n1")
	address := n.Addr("client")
	b.do(n.Kill)
	if s := b.state("n1"); s != cluster.Stopped {
		t.Errorf("state after a kill: %v", s)
	}
	b.do(n.Kill)
	b.do(n.Start)
	b.awaitReady("n1")
	b.do(n.Start)
	if s := b.state("n1"); s != cluster.Running || n.Addr("client") != address {
		t.Errorf("after a start: state %v at %s, was at %s", s, n.Addr("client"), address)
	}
	starts, err := os.ReadFile(filepath.Join(b.cluster.layout.Data("n1"), "starts"))
	if err != nil || string(starts) != "started\nstarted\n" {
		t.Errorf("the node's data: %q, %v", starts, err)
	}
	b.say("n2", "n1", "welcome back")
	b.awaitHeard("n1", "welcome back")
}

func TestANodeIsAskedToEnd(t *testing.T) {
	b := newBench(t, 1)
	n := b.node("n1")
	for _, what := range []string{"stop", "stop again"} {
		polite, err := n.Stop(t.Context(), time.Minute)
		if s := b.state("n1"); err != nil || !polite || s != cluster.Stopped {
			t.Errorf("%s: polite %t, %v, then %v", what, polite, err, s)
		}
	}
	b.do(n.Start)
	b.awaitReady("n1")
	b.do(n.Pause)
	if polite, err := n.Stop(t.Context(), time.Minute); err != nil || !polite {
		t.Errorf("stop while paused: polite %t, %v", polite, err)
	}
	b.do(n.Start)
	var log bytes.Buffer
	if err := n.Logs(t.Context(), &log); err != nil || !strings.Contains(log.String(), "ended: signal: terminated") {
		t.Errorf("log: %q, %v", log.String(), err)
	}
}

func TestLogsSpanRestarts(t *testing.T) {
	b := newBench(t, 1)
	n := b.node("n1")
	b.do(n.Kill)
	b.do(n.Start)
	b.awaitReady("n1")
	var log bytes.Buffer
	if err := n.Logs(t.Context(), &log); err != nil {
		t.Fatal(err)
	}
	want := "hello from n1\nassay: the process has ended: signal: killed\nhello from n1\n"
	if log.String() != want {
		t.Errorf("log: got %q, want %q", log.String(), want)
	}
}

func TestAPauseIsObserved(t *testing.T) {
	b := newBench(t, 1)
	n := b.node("n1")
	b.do(n.Pause)
	b.do(n.Pause)
	if s := b.state("n1"); s != cluster.Paused {
		t.Errorf("state after a pause: %v", s)
	}
	b.do(n.Resume)
	b.do(n.Resume)
	if s := b.state("n1"); s != cluster.Running {
		t.Errorf("state after a resumption: %v", s)
	}
	b.do(n.Pause)
	b.do(n.Kill)
	if s := b.state("n1"); s != cluster.Stopped {
		t.Errorf("state of a paused node that was killed: %v", s)
	}
	b.do(n.Resume)
	if err := n.Pause(t.Context()); !errors.Is(err, errNotRunning) {
		t.Errorf("pause of a node that does not run: %v", err)
	}
}

// exists tells whether there is such a process that has not ended.
func exists(t *testing.T, pid int) bool {
	t.Helper()
	s, err := stateOf(pid)
	if err != nil {
		t.Fatal(err)
	}
	return s != cluster.Stopped
}

func TestAKillEndsWhatTheProcessStarted(t *testing.T) {
	b := newBench(t, 1)
	bred, err := strconv.Atoi(b.get("n1", "/breed", nil))
	if err != nil || !exists(t, bred) {
		t.Fatalf("no process %d: %v", bred, err)
	}
	b.do(b.node("n1").Kill)
	if exists(t, bred) {
		t.Error("the process that the node started is left")
	}
}

func TestACloseLeavesNothing(t *testing.T) {
	b := newBench(t, 3)
	var pids []int
	for _, n := range b.cluster.nodes {
		pids = append(pids, n.child.pid)
	}
	b.do(b.node("n2").Pause)
	b.do(b.node("n3").Kill)
	b.do(b.cluster.Close)
	b.do(b.cluster.Close)
	for _, pid := range pids {
		if exists(t, pid) {
			t.Errorf("process %d is left", pid)
		}
	}
	if _, err := os.Stat(b.cluster.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
	if err := b.node("n1").Start(t.Context()); err == nil {
		t.Error("a node of a closed cluster was started")
	}
}

func TestANodeThatEndsByItselfIsSeen(t *testing.T) {
	c, err := Start(t.Context(), cluster.Options{Run: claim(t), Target: target{role: "crasher"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if len(c.Nodes()) != 3 {
		t.Errorf("%d nodes, want 3", len(c.Nodes()))
	}
	n := c.Nodes()[0]
	eventually(t, "the end", func() bool {
		s, err := n.State(t.Context())
		return err == nil && s == cluster.Stopped
	})
	want := "no licence found\nassay: the process has ended: exit status 7\n"
	eventually(t, "the log is "+want, func() bool {
		var log bytes.Buffer
		return n.Logs(t.Context(), &log) == nil && log.String() == want
	})
}

// fixed is a target with given nodes.
type fixed struct {
	cluster.Target
	specs []cluster.NodeSpec
	err   error
}

func (fixed) Name() string { return "fixed" }

func (f fixed) Nodes(cluster.Config, cluster.Layout) ([]cluster.NodeSpec, error) {
	return f.specs, f.err
}

func TestWhatCannotBeStartedLeavesNothing(t *testing.T) {
	cases := []struct {
		name string
		fixed
		want string
	}{
		{"a target for Docker only", fixed{specs: []cluster.NodeSpec{{Name: "n1"}}}, "fixed cannot run as child processes, it needs Docker"},
		{"a program that is not there", fixed{specs: []cluster.NodeSpec{{Name: "n1", Program: []string{"/no/such/program"}}}}, "find the program of n1"},
		{"a wrong name", fixed{specs: []cluster.NodeSpec{{Name: "a", Program: []string{"true"}}}}, `node 1 is called "a", not "n1"`},
		{"too few nodes", fixed{}, "0 nodes were described, not 1"},
		{"a target that refuses", fixed{err: errors.New("no")}, "lay out fixed: no"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			run := claim(t)
			_, err := Start(t.Context(), cluster.Options{Run: run, Target: c.fixed, Config: cluster.Config{Nodes: 1}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
			dir, err := owner.Dir(run)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(dir, folderName)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the folder is left: %v", err)
			}
		})
	}
}

func TestAllCapabilitiesAreThere(t *testing.T) {
	b := newBench(t, 1)
	for _, what := range []cluster.Capability{cluster.CanKill, cluster.CanPause, cluster.CanPartition, cluster.CanCorrupt} {
		if err := b.cluster.Capabilities().Supports(what); err != nil {
			t.Error(err)
		}
	}
}

func TestPortsAreNotGivenTwice(t *testing.T) {
	first, second := newPorts("run"), newPorts("run")
	defer first.release()
	defer second.release()
	given := make(map[int]bool)
	for range 20 {
		for _, p := range []*ports{first, second} {
			port, err := p.reserve()
			if err != nil {
				t.Fatal(err)
			}
			if given[port] {
				t.Errorf("port %d was given twice", port)
			}
			given[port] = true
		}
	}
}
