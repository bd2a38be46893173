//go:build linux

package agent

import (
	"strings"
	"testing"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// What layers do is tested by package disk, and in containers by harness/docker.

func TestDisksThatAreNotThereAreNamed(t *testing.T) {
	a := &agent{disks: disks{}}
	for _, o := range []protocol.Operation{protocol.Disks, protocol.LookAtDisks, protocol.Power, protocol.Damage} {
		r := a.answer(protocol.Request{Operation: o, Nodes: []protocol.Node{{Name: "n1"}, {Name: "n2", Disk: &protocol.Disk{Path: "/nowhere"}}}})
		if r.Error != "" || len(r.Failed) != 2 || r.Failed["n1"] == "" || r.Failed["n2"] == "" {
			t.Errorf("%s: %+v", o, r)
		}
	}
	if err := a.disks.close(); err != nil {
		t.Error(err)
	}
}

func TestWaitingForNothingIsMisuse(t *testing.T) {
	for _, args := range [][]string{nil, {"/data"}, {"/data", "--"}, {"/data", "program", "argument"}} {
		if err := WaitForMount(args); err == nil || !strings.Contains(err.Error(), "usage") {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// A layer that was settled takes nothing more from programs that have files open, so
// that it must not be touched while they run.
func TestFilesOfRunningNodesAreLeftAlone(t *testing.T) {
	untouchable := &nodeDisk{} // without a layer
	for _, kind := range []string{protocol.FlipBits, protocol.Truncate, protocol.Revert, protocol.Repair} {
		node := protocol.Node{Name: "n1", PID: 1, Disk: &protocol.Disk{Damage: protocol.FileDamage{Kind: kind}}}
		if _, err := untouchable.hurt(node); err == nil {
			t.Errorf("%s of a running node was no error", kind)
		}
	}
}
