package main

import (
	"fmt"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
)

// autoAgent is the word for helper containers that have what the faults need.
const autoAgent = "auto"

func agents() []string { return []string{autoAgent, docker.NetworkOnly} }

// checkFaults rejects faults that cannot strike on any machine: at nodes that there
// will not be, or by agents that may not do them.
func (f *testFlags) checkFaults(test harness.Test) error {
	flag := "--nemesis"
	if !test.Script.IsZero() {
		flag = "--nemesis-script"
	}
	if err := test.Nemesis.CheckNodes(layoutOf(test).Names()); err != nil {
		return exit.Misuse("%s: %w", flag, err)
	}
	if _, tells := test.Target.(cluster.Snapshots); test.Script.AsksSnapshots() && !tells {
		return exit.Misuse("--nemesis-script: after snapshot: %s cannot tell when its nodes save snapshots", test.Target.Name())
	}
	switch f.agent {
	case autoAgent:
		return nil
	case docker.NetworkOnly:
		return f.checkNetworkOnly(flag, test)
	}
	return exit.Misuse("%s", suggest.Unknown("agent", f.agent, agents()))
}

// checkNetworkOnly leaves membership to the target.
func (f *testFlags) checkNetworkOnly(flag string, test harness.Test) error {
	if f.runtime == "local" {
		return exit.Misuse("--agent network-only: child processes have no agents; use --runtime docker, or leave it out")
	}
	can := docker.NetworkOnlyAtBest()
	can[cluster.CanChangeMembers] = nil
	if err := test.Nemesis.Supports(can); err != nil {
		return exit.Misuse("%s: %w", flag, fmt.Errorf("nemesis %s: %w", test.Nemesis, err))
	}
	return nil
}
