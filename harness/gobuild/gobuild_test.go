package gobuild

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"
)

// small is a program of this module that compiles quickly.
const small = "harness/gobuild/testdata/hello"

const hello = "package main\n\nfunc main() { println(\"hello\") }\n"

func TestOwnProgramsAreStaticForEveryArchitecture(t *testing.T) {
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		t.Run(arch, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "hello")
			var log bytes.Buffer
			if err := (Own{Package: small, Path: "/hello"}).Build(t.Context(), arch, out, &log); err != nil {
				t.Fatal(err)
			}
			requireStatic(t, out, machine)
			if !strings.Contains(log.String(), small) {
				t.Errorf("the log does not say what is built: %q", &log)
			}
		})
	}
}

func TestModuleIsBuiltInAFolderOfItsOwn(t *testing.T) {
	m := Module{Name: "hello", Path: "/hello", Files: map[string]string{
		"go.mod":         "module hello\n\ngo 1.24\n",
		"main.go":        "package main\n\nimport \"hello/inner\"\n\nfunc main() { println(inner.Text) }\n",
		"inner/inner.go": "package inner\n\nconst Text = \"hello\"\n",
	}}
	t.Chdir(t.TempDir()) // a relative path is relative to here, not to the build's folder
	if err := m.Build(t.Context(), "amd64", "out", nil); err != nil {
		t.Fatal(err)
	}
	requireStatic(t, "out", elf.EM_X86_64)
}

func TestErrorsCarryTheEndOfWhatGoPrinted(t *testing.T) {
	m := Module{Name: "broken", Files: map[string]string{
		"go.mod":  "module broken\n",
		"main.go": "package main\n\nfunc main() { absent() }\n",
	}}
	err := m.Build(t.Context(), "amd64", filepath.Join(t.TempDir(), "out"), nil)
	for _, want := range []string{"build broken for linux/amd64", "undefined: absent"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not contain %q", err, want)
		}
	}
}

func TestEndedContextEndsTheBuild(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := Own{Package: small}.Build(ctx, "amd64", filepath.Join(t.TempDir(), "out"), nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want a cancelled context", err)
	}
}

func TestWithoutAToolchainTheErrorSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	out := filepath.Join(t.TempDir(), "out")
	for _, c := range []struct {
		err    error
		advice string
	}{
		{Own{Package: small}.Build(t.Context(), "amd64", out, nil), "--runtime local"},
		{Module{Name: "m"}.Build(t.Context(), "amd64", out, nil), "--image"},
	} {
		if !errors.Is(c.err, ErrNoToolchain) || !strings.Contains(c.err.Error(), c.advice) {
			t.Errorf("got %v, want ErrNoToolchain with %q", c.err, c.advice)
		}
	}
}

// A module proxy is a folder tree, so that this needs no network.
func TestPublishedVersionIsBuiltThroughTheModuleProxy(t *testing.T) {
	t.Setenv("GOPROXY", "file://"+proxy(t, "v0.1.0"))
	t.Setenv("GOSUMDB", "off")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw") // or the temporary folder could not be removed
	out := filepath.Join(t.TempDir(), "out")
	err := source{version: "v0.1.0"}.build(t.Context(), "cmd/hello", toolchain{arch: "amd64"}, out)
	if err != nil {
		t.Fatal(err)
	}
	requireStatic(t, out, elf.EM_X86_64)

	err = source{version: "v0.2.0"}.build(t.Context(), "cmd/hello", toolchain{arch: "amd64"}, out)
	if err == nil || !strings.Contains(err.Error(), "v0.2.0") {
		t.Errorf("an unpublished version: got %v", err)
	}
}

func TestPublishedNeedsAChecksum(t *testing.T) {
	assay := func(version, sum string) debug.Module {
		return debug.Module{Path: modulePath, Version: version, Sum: sum}
	}
	dependency, replaced := assay("v1.2.3", "h1:x"), assay("v1.2.3", "h1:x")
	replaced.Replace = &debug.Module{Path: "../assay"}
	for name, c := range map[string]struct {
		info debug.BuildInfo
		want string
	}{
		"go install package@version":   {debug.BuildInfo{Main: assay("v1.2.3", "h1:x")}, "v1.2.3"},
		"go build in a checkout":       {debug.BuildInfo{Main: assay("v1.2.4-0.20260101000000-abcdefabcdef+dirty", "")}, ""},
		"go run":                       {debug.BuildInfo{Main: assay("(devel)", "")}, ""},
		"a dependency of another main": {debug.BuildInfo{Main: debug.Module{Path: "x"}, Deps: []*debug.Module{&dependency}}, "v1.2.3"},
		"a replaced dependency":        {debug.BuildInfo{Main: debug.Module{Path: "x"}, Deps: []*debug.Module{&replaced}}, ""},
	} {
		if got := published(&c.info); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestEnclosingWalksUpToAssaysModule(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "go.mod"), "// a comment\nmodule "+modulePath+"\n")
	inner := filepath.Join(root, "a", "b")
	write(t, filepath.Join(inner, "go.mod"), "module other\n")
	t.Chdir(inner)
	got, err := enclosing()
	if err != nil || !sameFile(t, got.root, root) {
		t.Fatalf("got %v, %v, want %s", got, err, root)
	}
	t.Chdir(t.TempDir())
	if got, err := enclosing(); err == nil {
		t.Errorf("outside of any module: got %v", got)
	}
}

func TestUnpackRestoresWhatWasPacked(t *testing.T) {
	dir := t.TempDir()
	original := filepath.Join(dir, "original")
	write(t, original, hello)
	if err := Pack(original, dir, "cmd/hello", "amd64"); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	if done, err := unpack(os.DirFS(dir), "cmd/hello", "amd64", out); !done || err != nil {
		t.Fatal(done, err)
	}
	if got, err := os.ReadFile(out); err != nil || string(got) != hello {
		t.Errorf("got %q, %v", got, err)
	}
	if info, err := os.Stat(out); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("not executable: %v, %v", info.Mode(), err)
	}
	if done, err := unpack(os.DirFS(dir), "cmd/hello", "arm64", out); done || err != nil {
		t.Errorf("an architecture that was not packed: got %v, %v", done, err)
	}
	damaged := fstest.MapFS{"hello_linux_amd64.zst": {Data: []byte("damaged")}}
	if _, err := unpack(damaged, "cmd/hello", "amd64", out); err == nil {
		t.Error("damaged data was unpacked")
	}
}

// A copy of the tree with one embedded program is compiled with -tags release,
// and that binary unpacks the program without a toolchain and far from its
// source.
func TestReleaseBuildCarriesItsPrograms(t *testing.T) {
	root, err := locate()
	if err != nil {
		t.Fatal(err)
	}
	packed := filepath.Join(t.TempDir(), "hello_linux_amd64.zst")
	original := filepath.Join(t.TempDir(), "hello")
	write(t, original, hello)
	if err := Pack(original, filepath.Dir(packed), "cmd/hello", "amd64"); err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	target := filepath.Join(root.root, "harness", "gobuild", "embedded", filepath.Base(packed))
	write(t, overlay, `{"Replace": {"`+target+`": "`+packed+`"}}`)

	unpacker := filepath.Join(t.TempDir(), "unpacker")
	build := exec.Command("go", "build", "-trimpath", "-tags", "release", "-overlay", overlay, "-o", unpacker, "./harness/gobuild/testdata/unpacker")
	build.Dir = root.root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v:\n%s", err, output)
	}
	out := filepath.Join(t.TempDir(), "out")
	unpack := exec.Command(unpacker, "cmd/hello", out)
	unpack.Dir, unpack.Env = t.TempDir(), []string{"PATH="}
	if output, err := unpack.CombinedOutput(); err != nil {
		t.Fatalf("%v:\n%s", err, output)
	}
	if got, err := os.ReadFile(out); err != nil || string(got) != hello {
		t.Errorf("got %q, %v", got, err)
	}
}

func requireStatic(t *testing.T, path string, machine elf.Machine) {
	t.Helper()
	file, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if file.Machine != machine {
		t.Errorf("machine %v, want %v", file.Machine, machine)
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the executable needs a dynamic loader")
		}
	}
}

// proxy is a module proxy that serves one version of a module with Assay's path.
func proxy(t *testing.T, version string) string {
	t.Helper()
	files := map[string]string{"go.mod": "module " + modulePath + "\n\ngo 1.24\n", "cmd/hello/main.go": hello}
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for name, text := range files {
		f, err := w.Create(modulePath + "@" + version + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	versions := filepath.Join(dir, modulePath, "@v")
	write(t, filepath.Join(versions, version+".info"), `{"Version": "`+version+`"}`)
	write(t, filepath.Join(versions, version+".mod"), files["go.mod"])
	write(t, filepath.Join(versions, version+".zip"), archive.String())
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func sameFile(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := os.Stat(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.Stat(b)
	if err != nil {
		t.Fatal(err)
	}
	return os.SameFile(x, y)
}
