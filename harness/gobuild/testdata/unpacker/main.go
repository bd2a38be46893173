// Command unpacker is what a release build of assay does with the programs that
// it carries, and nothing else.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/assaykit/assay/harness/gobuild"
)

func main() {
	program := gobuild.Own{Package: os.Args[1]}
	if err := program.Build(context.Background(), "amd64", os.Args[2], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
