// Command assay puts distributed systems to the proof: it starts a cluster of
// the system under test, lets clients work on it while faults strike, and
// judges the recorded history. This package is the command line and nothing
// else: flags, exit codes, progress.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
