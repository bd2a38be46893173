//go:build linux

// Command assay-agent is the only program in the image of the helper container
// that breaks the network and the clocks of a cluster. People have no use for it: its standard
// input and output speak the protocol of nemesis/agent/protocol.
package main

import (
	"fmt"
	"os"

	"github.com/assaykit/assay/nemesis/agent"
)

func main() {
	serve := agent.Main
	if len(os.Args) > 1 && os.Args[1] == agent.TellTime {
		serve = agent.TellTimes
	}
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "assay-agent:", err)
		os.Exit(1)
	}
}
