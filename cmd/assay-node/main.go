// Command assay-node is one node of the demo, as the only program in a
// container. On the local runtime the hidden command "assay node" does the same.
package main

import (
	"os"

	"github.com/assaykit/assay/harness/targets/demo/node"
)

func main() { os.Exit(node.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
