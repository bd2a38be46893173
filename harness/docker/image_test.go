package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/gobuild"
)

// recipe "builds" a program of one line.
type recipe struct{ builds *int }

func (r recipe) Entrypoint() string { return "/usr/local/bin/thing" }

func (r recipe) Build(_ context.Context, arch, out string, log io.Writer) error {
	*r.builds++
	return os.WriteFile(out, []byte("a program for "+arch), 0o755)
}

// newImage is an image that no other test has.
func newImage(t *testing.T, e *Engine) (i cluster.Image, builds *int) {
	t.Helper()
	builds = new(int)
	i = cluster.Image{Reference: "assay/docker-test-" + newRun() + ":1", Recipe: recipe{builds}}
	t.Cleanup(func() {
		e.api.ImageRemove(context.Background(), i.Reference, image.RemoveOptions{Force: true, PruneChildren: true})
	})
	return i, builds
}

func TestImagesAreMadeWhenTheyAreMissing(t *testing.T) {
	e := requireEngine(t)
	i, builds := newImage(t, e)
	if _, err := e.ImageID(t.Context(), i.Reference); !errors.Is(err, ErrNoImage) {
		t.Errorf("before it is made: got %v, want ErrNoImage", err)
	}
	for range 2 {
		reference, err := e.EnsureImage(t.Context(), i, nil)
		if err != nil || reference != i.Reference {
			t.Fatal(reference, err)
		}
	}
	if *builds != 1 {
		t.Errorf("built %d times, want once", *builds)
	}
	made, err := e.api.ImageInspect(t.Context(), i.Reference)
	if err != nil {
		t.Fatal(err)
	}
	if made.Architecture != e.version.Arch || !slices.Equal(made.Config.Entrypoint, []string{"/usr/local/bin/thing"}) ||
		made.Config.Labels[labelImage] != i.Reference || !strings.HasPrefix(made.Config.Env[0], "PATH=/usr/local/bin:") {
		t.Errorf("made %s, %+v", made.Architecture, made.Config)
	}
}

func TestBuildIsForcedOrNot(t *testing.T) {
	e := requireEngine(t)
	i, builds := newImage(t, e)
	for n, force := range []bool{false, true} {
		before, _ := e.ImageID(t.Context(), i.Reference)
		if err := e.Build(t.Context(), i, force, testLog{t}); err != nil {
			t.Fatal(err)
		}
		if *builds != n+1 {
			t.Errorf("force %v: %d builds, want %d", force, *builds, n+1)
		}
		if found, err := e.has(t.Context(), before); before != "" && (found || err != nil) {
			t.Errorf("the image that was replaced is left: %v, %v", found, err)
		}
	}
	var log bytes.Buffer
	if err := e.Build(t.Context(), i, false, &log); err != nil || *builds != 2 || !strings.Contains(log.String(), "already") {
		t.Errorf("an image that is there: %d builds, %v, %q", *builds, err, &log)
	}
	if err := e.Build(t.Context(), cluster.Image{Reference: "x"}, false, nil); err == nil {
		t.Error("built without a recipe")
	}
}

func TestPreferredImagesWin(t *testing.T) {
	e := requireEngine(t)
	i, builds := newImage(t, e)
	wish := cluster.Image{Reference: "localhost:1/absent:1", Preferred: []string{"assay/absent:1", i.Reference}}
	if _, err := e.EnsureImage(t.Context(), wish, nil); !errors.Is(err, ErrNoImage) {
		t.Errorf("neither is there: got %v, want ErrNoImage", err)
	}
	if err := e.Build(t.Context(), i, false, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := e.EnsureImage(t.Context(), wish, nil); err != nil || got != i.Reference || *builds != 1 {
		t.Errorf("got %s, %v, %d builds", got, err, *builds)
	}
}

func TestOwnProgramsAreReferredToByContent(t *testing.T) {
	first, err := requireEngine(t).EnsureImage(t.Context(), nodeImage, testLog{t})
	if err != nil {
		t.Fatal(err)
	}
	e := requireEngine(t) // another connection, which has not looked yet
	var log bytes.Buffer
	second, err := e.EnsureImage(t.Context(), nodeImage, &log)
	if err != nil || second != first || strings.Contains(log.String(), "loading") {
		t.Errorf("got %s and %s, %v:\n%s", first, second, err, &log)
	}
	a, errA := e.ImageID(t.Context(), first)
	b, errB := e.ImageID(t.Context(), nodeImage.Reference)
	if errA != nil || errB != nil || a != b {
		t.Errorf("%s is %s (%v), %s is %s (%v)", first, a, errA, nodeImage.Reference, b, errB)
	}
}

func TestFailedRecipesSayWhy(t *testing.T) {
	e := requireEngine(t)
	broken := cluster.Image{Reference: "assay/" + newRun() + ":1", Recipe: gobuild.Module{
		Name: "broken", Path: "/broken", Files: map[string]string{"go.mod": "module broken\n", "main.go": "package main\n"},
	}}
	if _, err := e.EnsureImage(t.Context(), broken, nil); err == nil || !strings.Contains(err.Error(), "function main is undeclared") {
		t.Errorf("got %v", err)
	}
}

func TestOldImagesCanGo(t *testing.T) {
	now := time.Unix(1e9, 0)
	summary := func(tag string, age time.Duration) image.Summary {
		return image.Summary{Labels: map[string]string{labelImage: tag}, Created: now.Add(-age).Unix()}
	}
	got := old([]image.Summary{
		summary("a:now", 0), summary("a:young", usefulLife/2), summary("a:old", 2*usefulLife), summary("a:exact", 3*usefulLife),
	}, "a:exact", now)
	if !slices.Equal(got, []string{"a:old"}) {
		t.Errorf("got %v", got)
	}
}

func TestRepositoryIsWithoutTag(t *testing.T) {
	for reference, want := range map[string]string{
		"a": "a", "a:1": "a", "assay/node:latest": "assay/node", "host:5000/a": "host:5000/a", "host:5000/a:1": "host:5000/a",
	} {
		if got := repository(reference); got != want {
			t.Errorf("%s: got %s, want %s", reference, got, want)
		}
	}
}

func TestPackIsAFileSystem(t *testing.T) {
	file := t.TempDir() + "/program"
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := program{file: file, entrypoint: "/usr/bin/thing"}
	var one, two bytes.Buffer
	if err := errors.Join(p.pack(&one), p.pack(&two)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the same program makes different layers")
	}
	var got []string
	for archive := tar.NewReader(&one); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, h.FileInfo().Mode().String()+" "+h.Name)
	}
	want := []string{"drwxr-xr-x usr/", "drwxr-xr-x usr/bin/", "drwxr-xr-x data/", "dtrwxrwxrwx tmp/", "-rwxr-xr-x usr/bin/thing"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
