//go:build linux

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/nemesis/footprint"
)

// Assay that is killed while a fault of whatever family holds has it in its history,
// leaves the machine as it was, and leaves nothing that clean does not remove.
func TestKilledUnderAFaultLeavesNothingAfterClean(t *testing.T) {
	engine, err := docker.Connect(t.Context())
	if errors.Is(err, docker.ErrNoEngine) && os.Getenv("ASSAY_DOCKER") != "1" {
		t.Skipf("needs a Docker engine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	for _, d := range nemesis.All() {
		t.Run(d.Name, func(t *testing.T) {
			before := found(t)
			p := startUnder(t, d.Name+":"+d.Shapes[0].Name)
			t.Setenv("ASSAY_STATE", p.state())
			fault := p.awaitFault()
			p.signal(syscall.SIGKILL)
			p.wait()
			requireUntouched(t, before)
			if out := p.assay("check", p.latest()); !strings.Contains(out, "was not verified healed") {
				t.Errorf("check does not tell of fault %q:\n%s", fault, out)
			}
			requireRemoved(t, engine, p.assay("clean"))
			requireUntouched(t, before)
		})
	}
}

// startUnder starts a test of the demo in containers, under a fault that holds until
// the run ends.
func startUnder(t *testing.T, faults string) *process {
	t.Helper()
	return launch(t, os.Environ(), "test", "demo", "--runtime", "docker", "--nemesis", faults,
		"--hold", "10m", "--quiet", "200ms", "--time", "20m", "--seed", "1")
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
