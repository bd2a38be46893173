package gobuild

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Module is a cluster.Recipe that compiles a small module of its own, whose
// main package usually does no more than call into a published one. Whatever it
// requires comes through the user's module proxy and is checked against the
// user's checksum database.
type Module struct {
	// Name is what is built, for messages: "etcd 3.5.17".
	Name string
	// Files are the module's files, by their names: go.mod, main.go.
	Files map[string]string
	// Path is where the executable lies in the image: "/etcd".
	Path string
}

// Entrypoint implements cluster.Recipe.
func (m Module) Entrypoint() string { return m.Path }

// Build implements cluster.Recipe.
func (m Module) Build(ctx context.Context, arch, out string, log io.Writer) error {
	fmt.Fprintf(logOrDiscard(log), "building %s for linux/%s from source\n", m.Name, arch)
	err := m.build(ctx, ".", toolchain{arch: arch, log: log}, out)
	if errors.Is(err, ErrNoToolchain) {
		err = fmt.Errorf("%w: install Go (https://go.dev/dl), or name an image that exists with --image", err)
	}
	if err != nil {
		return fmt.Errorf("build %s for linux/%s: %w", m.Name, arch, err)
	}
	return nil
}

// build compiles a package within the module. -mod=mod lets go complete go.mod
// and go.sum as it resolves the imports: "go mod tidy" would do so too, but it
// also fetches what only the tests of dependencies need.
func (m Module) build(ctx context.Context, pkg string, t toolchain, out string) error {
	absolute, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "assay-build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := m.write(dir); err != nil {
		return err
	}
	t.dir = dir
	return t.build(ctx, pkg, absolute, "-mod=mod")
}

func (m Module) write(dir string) error {
	for name, text := range m.Files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
