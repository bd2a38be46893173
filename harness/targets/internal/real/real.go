// Package real starts clusters of real servers for tests.
package real

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
)

// Up starts a cluster of three nodes, or as many as the configuration says, waits until it
// is ready, and removes it when the test is over.
//
// A machine that is meant to have a Docker engine says so by ASSAY_DOCKER=1, and one
// that is meant to have the images which .ci/images makes by ASSAY_IMAGES=1 or, for some
// of them, ASSAY_IMAGES=redis,postgres. What is missing there makes the test fail, and an
// image that can be built from source is built; elsewhere the test is skipped.
func Up(t *testing.T, target cluster.Target, cfg cluster.Config) cluster.Cluster {
	t.Helper()
	e := Engine(t)
	requireImage(t, e, target, cfg)
	began := time.Now()
	c, err := e.Start(t.Context(), cluster.Options{
		Run: "test-" + strings.ToLower(rand.Text()[:10]), Target: target, Config: cfg, Log: t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	Ready(t, target, c, cfg)
	t.Logf("ready after %v", time.Since(began))
	return c
}

// Engine is the Docker engine, closed when the test is over.
func Engine(t *testing.T) *docker.Engine {
	t.Helper()
	e, err := docker.Connect(t.Context())
	if errors.Is(err, docker.ErrNoEngine) && os.Getenv("ASSAY_DOCKER") != "1" {
		t.Skipf("needs a Docker engine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// requireImage looks for an image that was made on this machine: a test pulls none.
func requireImage(t *testing.T, e *docker.Engine, target cluster.Target, cfg cluster.Config) {
	t.Helper()
	specs, err := target.Nodes(cfg, nodes(cfg))
	if err != nil {
		t.Fatal(err)
	}
	image := specs[0].Image
	for _, reference := range append(image.Preferred, image.Reference) {
		if _, err := e.ImageID(t.Context(), reference); err == nil {
			return
		} else if !errors.Is(err, docker.ErrNoImage) {
			t.Fatal(err)
		}
	}
	source, ok := target.(cluster.Versioned)
	switch {
	case ok && os.Getenv("ASSAY_DOCKER") == "1":
		build(t, e, source, cfg.Setting(target.Settings(), "version"))
	case meant(target.Name()):
		t.Fatalf("there is no image of %s: %s", target.Name(), image.Advice)
	default:
		t.Skipf("needs an image: %s", image.Advice)
	}
}

func build(t *testing.T, e *docker.Engine, target cluster.Versioned, version string) {
	t.Helper()
	image, err := target.Recipe(version)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Build(t.Context(), image, false, t.Output()); err != nil {
		t.Fatal(err)
	}
}

// meant says whether the machine is meant to have the image.
func meant(name string) bool {
	for listed := range strings.SplitSeq(os.Getenv("ASSAY_IMAGES"), ",") {
		if listed == "1" || listed == name {
			return true
		}
	}
	return false
}

// names is a layout of nodes that are asked for their image only.
type names []string

// nodes are as many as Up starts: a target may not do with fewer.
func nodes(cfg cluster.Config) (all names) {
	for i := range cmp.Or(cfg.Nodes, 3) {
		all = append(all, fmt.Sprintf("n%d", i+1))
	}
	return all
}

func (n names) Names() []string              { return n }
func (names) Listen(_, _ string) string      { return "0.0.0.0:1" }
func (names) Dial(_, to, port string) string { return to + ":1" }
func (names) Data(string) string             { return "/data" }

// Ready waits until a cluster is ready, also after it was broken.
func Ready(t *testing.T, target cluster.Target, c cluster.Cluster, cfg cluster.Config) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := target.Ready(ctx, c, cfg); err != nil {
		t.Fatal(err)
	}
}

// Leader waits until exactly one node, and not the one given, claims to lead.
func Leader(t *testing.T, target cluster.Leaders, c cluster.Cluster, not cluster.Node) cluster.Node {
	t.Helper()
	for {
		names, err := target.Leaders(t.Context(), c, cluster.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range c.Nodes() {
			if n != not && len(names) == 1 && names[0] == n.Name() {
				return n
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Expect checks the outcome of one operation.
func Expect[T comparable](t *testing.T, what string, err error, got, want T) {
	t.Helper()
	if err != nil || got != want {
		t.Errorf("%s: got %v, %v, want %v", what, got, err, want)
	}
}
