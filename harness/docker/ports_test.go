package docker

import (
	"maps"
	"slices"
	"testing"
)

func TestPortsThatWerePromisedAreNobodyElses(t *testing.T) {
	all := map[int]bool{}
	for port := range 32000 {
		all[port] = true
	}
	if port, err := freePort(all); err == nil {
		t.Errorf("port %d was promised", port)
	}
	if _, err := freePort(map[int]bool{}); err != nil {
		t.Error(err)
	}
}

// A node that is down wants its ports back.
func TestTheEngineKnowsThePortsOfNodesThatAreDown(t *testing.T) {
	e := requireEngine(t)
	c := startCluster(t, e, 2)
	if err := c.nodes[0].Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	promised, err := e.promisedPorts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range c.nodes {
		for _, port := range slices.Collect(maps.Values(n.published)) {
			if !promised[port] {
				t.Errorf("port %d of %s can be had by others", port, n.Name())
			}
		}
	}
}
