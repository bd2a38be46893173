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
