// Command fill builds Assay's own programs for all architectures and puts them,
// compressed, into the folder that release builds embed. It is run by
// "go generate ./harness/gobuild".
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/assaykit/assay/harness/gobuild"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: fill FOLDER")
		os.Exit(4)
	}
	if err := fill(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "fill:", err)
		os.Exit(3)
	}
}

func fill(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "assay-fill-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for _, arch := range gobuild.Architectures() {
		for _, program := range gobuild.Programs() {
			if err := pack(ctx, tmp, dir, program, arch); err != nil {
				return err
			}
		}
	}
	return nil
}

func pack(ctx context.Context, tmp, dir, program, arch string) error {
	executable := filepath.Join(tmp, "executable")
	if err := (gobuild.Own{Package: program}).Build(ctx, arch, executable, os.Stderr); err != nil {
		return err
	}
	return gobuild.Pack(executable, dir, program, arch)
}
