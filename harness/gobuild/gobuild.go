// Package gobuild makes the executables that images FROM scratch are made of:
// static Linux programs, built from source with the Go toolchain of this
// machine or, for Assay's own programs in a release build, unpacked from the
// running executable. It knows nothing of containers; harness/docker packs what
// it builds.
package gobuild

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// ErrNoToolchain means that there is no go command on this machine.
var ErrNoToolchain = errors.New("no Go toolchain in PATH")

// buildFlags make executables that need nothing but the kernel and that are the
// same bytes whoever builds them. VCS stamping is off because it costs a run of
// git and fails in a checkout that belongs to somebody else.
var buildFlags = []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"}

// toolchain is a go command together with where and for what it runs.
type toolchain struct {
	dir  string
	arch string
	log  io.Writer
}

// build compiles a package of the module in t.dir to the file out.
func (t toolchain) build(ctx context.Context, pkg, out string, extra ...string) error {
	args := append(append([]string{}, buildFlags...), extra...)
	return t.run(ctx, append(args, "-o", out, pkg)...)
}

// run runs the go command, whose output goes to the log and, if it fails, its
// end into the error.
func (t toolchain) run(ctx context.Context, args ...string) error {
	path, err := exec.LookPath("go")
	if err != nil {
		return ErrNoToolchain
	}
	last := &tail{limit: 20}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = t.dir
	cmd.Env = t.environment()
	cmd.Stdout = io.MultiWriter(logOrDiscard(t.log), last)
	cmd.Stderr = cmd.Stdout
	// An interrupted go command removes its temporary folders; a killed one
	// leaves them, and its compilers, behind.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	return explain(ctx, "go "+args[0], cmd.Run(), last)
}

// environment is the user's own (proxies, caches, checksum database) with a
// fixed platform. A workspace is left out: it might not contain the module.
func (t toolchain) environment() []string {
	return append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+t.arch, "GOWORK=off")
}

func explain(ctx context.Context, what string, err error, last *tail) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", what, context.Cause(ctx))
	case last.String() == "":
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w:\n%s", what, err, last)
}

func logOrDiscard(log io.Writer) io.Writer {
	if log == nil {
		return io.Discard
	}
	return log
}

// tail keeps the last lines written to it.
type tail struct {
	limit int
	text  strings.Builder
}

func (t *tail) Write(p []byte) (int, error) { return t.text.Write(p) }

func (t *tail) String() string {
	lines := strings.Split(strings.TrimSpace(t.text.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-t.limit):], "\n")
}
