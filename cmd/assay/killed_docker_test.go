//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/owner"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/nemesis/footprint"
)

// Assay that is killed while a fault of whatever family holds has it in its history,
// leaves the machine as it was, and leaves nothing that clean does not remove.
func TestKilledUnderAFaultLeavesNothingAfterClean(t *testing.T) {
	engine := requireEngine(t)
	for _, d := range nemesis.All() {
		t.Run(d.Name, func(t *testing.T) {
			if d.Needs == cluster.CanChangeMembers {
				t.Skip("the demo's nodes cannot leave it")
			}
			requireCleaned(t, engine, d.Name+":"+d.Shapes[0].Name, func(*process) {})
		})
	}
}

// Nor does it matter that nobody is left who could heal a clock, or serve a disk.
func TestKilledTogetherWithTheAgentLeavesNothingAfterClean(t *testing.T) {
	engine := requireEngine(t)
	for _, faults := range []string{"partition:ring", "clock:freeze@all", "disk:slow@all", "process:memory@all"} {
		t.Run(faults, func(t *testing.T) { requireCleaned(t, engine, faults, (*process).killAgent) })
	}
}

// Agents that are network-only keep the same promises.
func TestKilledWithNetworkOnlyAgentsLeavesNothingAfterClean(t *testing.T) {
	engine := requireEngine(t)
	for faults, first := range map[string]func(*process){
		"partition:ring":          func(*process) {},
		"packets:delay(50ms)@all": (*process).killAgent,
	} {
		t.Run(faults, func(t *testing.T) { requireCleaned(t, engine, faults, first, "--agent", "network-only") })
	}
}

func requireEngine(t *testing.T) *docker.Engine {
	t.Helper()
	if os.Getenv("ASSAY_DOCKER") != "1" {
		t.Skip("starts and kills clusters, which takes its time: set ASSAY_DOCKER=1")
	}
	engine, err := docker.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	return engine
}

// requireCleaned kills assay under a fault, after something else was done, and looks
// what is left before and after clean.
func requireCleaned(t *testing.T, engine *docker.Engine, faults string, first func(*process), flags ...string) {
	t.Helper()
	before := found(t)
	p := startUnder(t, faults, flags...)
	t.Setenv("ASSAY_STATE", p.state())
	fault := p.awaitFault()
	first(p)
	p.signal(syscall.SIGKILL)
	p.wait()
	requireUntouched(t, before)
	if out := p.assay("check", p.latest()); !strings.Contains(out, "was not verified healed") {
		t.Errorf("check does not tell of fault %q:\n%s", fault, out)
	}
	requireRemoved(t, engine, p.assay("clean"))
	requireUntouched(t, before)
}

// killAgent kills the agents of the run, so that they cannot heal what they did.
func (p *process) killAgent() {
	p.t.Helper()
	place, err := owner.Place()
	if err != nil {
		p.t.Fatal(err)
	}
	list := exec.Command("docker", "ps", "--quiet", "--filter", "label=assay.owner="+place, "--filter", "label=assay.role=agent")
	ids, err := list.Output()
	if err != nil {
		p.t.Fatalf("find the agent: %v", err)
	}
	kill := append([]string{"kill", "--signal", "KILL"}, strings.Fields(string(ids))...)
	if out, err := exec.Command("docker", kill...).CombinedOutput(); err != nil {
		p.t.Fatalf("kill the agent: %v: %s", err, out)
	}
}

// startUnder starts a test of the demo in containers, under a fault that holds until
// the run ends.
func startUnder(t *testing.T, faults string, flags ...string) *process {
	t.Helper()
	return launch(t, os.Environ(), append([]string{"test", "demo", "--runtime", "docker", "--nemesis", faults,
		"--hold", "10m", "--quiet", "200ms", "--time", "20m", "--seed", "1"}, flags...)...)
}

// awaitFault waits until a fault is in force, as the history on disk has it, and
// returns what it is.
func (p *process) awaitFault() string {
	p.t.Helper()
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(50 * time.Millisecond) {
		h, _, err := history.Read(filepath.Join(p.dir, "results", "latest", "history.jsonl"))
		if err != nil {
			continue // it has not begun
		}
		for _, op := range h.Ops {
			if op.F == history.Inject && op.Type != history.Invoke {
				if op.Type != history.OK {
					p.t.Errorf("the fault was not injected: %s", op.Error)
				}
				return op.Fault.Detail
			}
		}
	}
	p.t.Fatal("no fault was injected")
	return ""
}

// requireRemoved looks whether clean has removed all that the run made, and would
// remove nothing more.
func requireRemoved(t *testing.T, e *docker.Engine, cleaned string) {
	t.Helper()
	if !strings.Contains(cleaned, "removed container") || !strings.Contains(cleaned, "removed network") {
		t.Errorf("clean says\n%s", cleaned)
	}
	left, err := e.Leftovers(t.Context())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// found is how this machine is found, if that can be seen.
func found(t *testing.T) footprint.Footprint {
	t.Helper()
	if os.Getuid() != 0 {
		return footprint.Footprint{}
	}
	f, err := footprint.Take(t.Context())
	if err != nil {
		t.Logf("not all of the machine is compared: %v", err)
		return footprint.Footprint{}
	}
	return f
}

func requireUntouched(t *testing.T, before footprint.Footprint) {
	t.Helper()
	if before.Empty() {
		return
	}
	for _, difference := range found(t).Differences(before) {
		t.Error(difference)
	}
}
