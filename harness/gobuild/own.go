package gobuild

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

const modulePath = "github.com/assaykit/assay"

// Programs are Assay's own programs that run inside containers, and hence those
// that a release build carries.
func Programs() []string { return []string{"cmd/assay-agent", "cmd/assay-node"} }

// Own is a cluster.Recipe for one of Assay's own programs.
type Own struct {
	// Package is the program's folder in Assay's module: "cmd/assay-node".
	Package string
	// Path is where the executable lies in the image: "/assay-node".
	Path string
}

// Entrypoint implements cluster.Recipe.
func (o Own) Entrypoint() string { return o.Path }

// Build implements cluster.Recipe. In a release build the executable is
// unpacked; otherwise it is compiled from the source that the running program
// was itself made from, so that both speak the same protocol.
func (o Own) Build(ctx context.Context, arch, out string, log io.Writer) error {
	if err := o.build(ctx, arch, out, log); err != nil {
		return fmt.Errorf("build %s for linux/%s: %w", o.Package, arch, o.advise(err))
	}
	return nil
}

func (o Own) build(ctx context.Context, arch, out string, log io.Writer) error {
	if done, err := unpack(embedded(), o.Package, arch, out); done || err != nil {
		return err
	}
	src, err := locate()
	if err != nil {
		return err
	}
	fmt.Fprintf(logOrDiscard(log), "building %s for linux/%s from %s\n", o.Package, arch, src)
	return src.build(ctx, o.Package, toolchain{arch: arch, log: log}, out)
}

func (o Own) advise(err error) error {
	if !errors.Is(err, ErrNoToolchain) {
		return err
	}
	return fmt.Errorf("%w, and this assay carries no prebuilt programs: "+
		"install Go (https://go.dev/dl), use a release build of assay, or choose --runtime local", err)
}

// source is where Assay's own source is: a folder, or else a version that the
// module proxy serves.
type source struct {
	root    string
	version string
}

func (s source) String() string {
	if s.root != "" {
		return s.root
	}
	return modulePath + "@" + s.version
}

func (s source) build(ctx context.Context, pkg string, t toolchain, out string) error {
	if s.root == "" {
		return buildVersion(ctx, s.version, pkg, t, out)
	}
	absolute, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	t.dir = s.root
	return t.build(ctx, "./"+pkg, absolute)
}

// locate finds the source that this program was built from. The paths recorded
// by the compiler come first: they are right even for a module cache, but absent
// from programs built with -trimpath or elsewhere. A version comes before the
// working directory, which might be a checkout of another version.
func locate() (source, error) {
	if _, file, _, ok := runtime.Caller(0); ok {
		if root := filepath.Join(filepath.Dir(file), "..", ".."); isRoot(root) {
			return source{root: root}, nil
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if version := published(info); version != "" {
			return source{version: version}, nil
		}
	}
	return enclosing()
}

// enclosing walks up from the working directory to Assay's module.
func enclosing() (source, error) {
	dir, err := os.Getwd()
	if err != nil {
		return source{}, err
	}
	for ; !isRoot(dir); dir = filepath.Dir(dir) {
		if dir == filepath.Dir(dir) {
			return source{}, errors.New("its source is not on this machine any more: " +
				"run assay inside its source tree, use a release build of assay, or choose --runtime local")
		}
	}
	return source{root: dir}, nil
}

// isRoot says whether a folder is the root of Assay's module.
func isRoot(dir string) bool {
	file, err := os.Open(filepath.Join(dir, "go.mod"))
	if err != nil {
		return false
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) == 2 && fields[0] == "module" {
			return fields[1] == modulePath
		}
	}
	return false
}

// published is the version of Assay in a program that was built from a module
// proxy, otherwise empty. The checksum tells: a build in a checkout may have a
// version too, made up from a commit that nobody else has, but never a checksum.
func published(info *debug.BuildInfo) string {
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == modulePath && m.Replace == nil && m.Sum != "" {
			return m.Version
		}
	}
	return ""
}

// buildVersion compiles a package of a published version. "go install
// package@version" would be shorter but refuses to cross-compile into a folder
// of our choice.
func buildVersion(ctx context.Context, version, pkg string, t toolchain, out string) error {
	module := Module{Files: map[string]string{
		"go.mod": fmt.Sprintf("module own\n\nrequire %s %s\n", modulePath, version),
	}}
	return module.build(ctx, modulePath+"/"+pkg, t, out)
}
