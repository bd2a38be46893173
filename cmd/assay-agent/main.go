//go:build linux

// Command assay-agent is the only program in the image of the helper container
// that breaks the networks, clocks and disks of a cluster. People have no use for
// it: its standard input and output speak the protocol of nemesis/agent/protocol.
// Nodes whose disks are to fail begin with it too, and wait in it for their disk.
package main

import (
	"fmt"
	"os"

	"github.com/assaykit/assay/nemesis/agent"
	"github.com/assaykit/assay/nemesis/agent/hunger"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "assay-agent:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) > 0 && args[0] == agent.TellTime:
		return agent.TellTimes(os.Stdin, os.Stdout)
	case len(args) > 0 && args[0] == agent.WaitMount:
		return agent.WaitForMount(args[1:])
	case len(args) > 0 && args[0] == hunger.Eat:
		return hunger.Main(args[1:])
	case len(args) > 0 && args[0] == hunger.Spin:
		return hunger.SpinForAWhile()
	}
	return agent.Main(os.Stdin, os.Stdout)
}
