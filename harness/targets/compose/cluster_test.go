package compose

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/gobuild"
	"github.com/assaykit/assay/workloads"
)

// These tests run the example in containers. A machine that is meant to have a Docker
// engine says so by ASSAY_DOCKER=1; elsewhere they are skipped without one.

func requireEngine(t *testing.T) *docker.Engine {
	t.Helper()
	e, err := docker.Connect(t.Context())
	if errors.Is(err, docker.ErrNoEngine) && os.Getenv("ASSAY_DOCKER") != "1" {
		t.Skipf("needs a Docker engine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	image := cluster.Image{Reference: "assay/example-kv:1", Recipe: gobuild.Own{Package: "harness/targets/compose/examples/kv", Path: "/kv"}}
	if _, err := e.EnsureImage(t.Context(), image, t.Output()); err != nil {
		t.Fatal(err)
	}
	return e
}

// up starts a compose file with a client and waits until its nodes are ready.
func up(t *testing.T, e *docker.Engine, file, client string) (cluster.Target, cluster.Cluster) {
	t.Helper()
	made, err := New().Tailored(t.Context(), cluster.Config{Settings: map[string]string{"file": file, "client": client}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.Start(t.Context(), cluster.Options{Run: "test-" + strings.ToLower(rand.Text()[:10]), Target: made, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := made.Ready(ctx, c, cluster.Config{}); err != nil {
		t.Fatal(err)
	}
	return made, c
}

// clientInGo is the example's client, compiled.
func clientInGo(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "client")
	if out, err := exec.Command("go", "build", "-o", program, "./examples/client-go").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

func TestTheExampleRunsInContainers(t *testing.T) {
	e := requireEngine(t)
	t.Run("with a program", func(t *testing.T) { testExample(t, e, clientInGo(t)) })
	t.Run("with a mapping", func(t *testing.T) { testExample(t, e, "http:examples/mapping.yaml") })
}

func testExample(t *testing.T, e *docker.Engine, client string) {
	target, c := up(t, e, "examples/docker-compose.yml", client)
	var names []string
	var clients []workloads.Register
	for _, n := range c.Nodes() {
		names = append(names, n.Name())
		made, err := target.Dial(t.Context(), n, cluster.Config{Keep: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { made.Close() })
		clients = append(clients, made.(workloads.Register))
	}
	if !slices.Equal(names, []string{"kv1", "kv2", "kv3"}) {
		t.Fatalf("nodes %v", names)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := clients[1].Write(ctx, "k", 7); err != nil {
		t.Fatal(err)
	}
	if v, _, err := clients[2].Read(ctx, "k"); v != 7 || err != nil {
		t.Errorf("read %d, %v", v, err)
	}
	if swapped, err := clients[0].CompareAndSet(ctx, "k", 8, 9); swapped || err != nil {
		t.Errorf("compare-and-set %t, %v", swapped, err)
	}
	// What was acknowledged is on the volume, and outlives the process.
	first := c.Nodes()[0]
	if err := errors.Join(first.Kill(ctx), first.Start(ctx), target.Ready(ctx, c, cluster.Config{})); err != nil {
		t.Fatal(err)
	}
	if v, _, err := clients[1].Read(ctx, "k"); v != 7 || err != nil {
		t.Errorf("after a restart: read %d, %v", v, err)
	}
}

// TestOrderFilesHealthAndHelpers starts a node that needs a healthy helper, whose health
// check goes by a file that is copied.
func TestOrderFilesHealthAndHelpers(t *testing.T) {
	e := requireEngine(t)
	path := file(t, `
services:
  kv1:
    image: assay/example-kv:1
    environment: {PRIMARY: "store:8080"}
    depends_on: {store: {condition: service_healthy}}
    x-assay: {port: 8080, ready: tcp}
  store:
    image: assay/example-kv:1
    environment: {DATA: /elsewhere}
    volumes: ["/elsewhere", "./seed:/elsewhere:ro"]
    healthcheck: {test: [CMD, /kv, "check", "http://127.0.0.1:8080/seeded"], interval: 200ms, timeout: 1s, retries: 100}
    x-assay: {node: false}
`)
	seed := filepath.Join(filepath.Dir(path), "seed")
	if err := os.MkdirAll(seed, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(seed, "log"), []byte(`{"Key":"seeded","Value":5}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	target, c := up(t, e, path, clientInGo(t))
	if len(c.Nodes()) != 1 || c.Nodes()[0].Name() != "kv1" {
		t.Fatalf("nodes %v", c.Nodes())
	}
	made, err := target.Dial(t.Context(), c.Nodes()[0], cluster.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if v, found, err := made.(workloads.Register).Read(ctx, "seeded"); v != 5 || !found || err != nil {
		t.Errorf("what was copied is not read: %d, %t, %v", v, found, err)
	}
}

// seeded is a store that another container looks at by another name, once, before it
// counts as there. What is asked for takes the place of KEY.
const seeded = `
services:
  store:
    image: assay/example-kv:1
    hostname: depot
    environment: {DATA: /elsewhere}
    volumes: [/elsewhere]
    tmpfs: ["/scratch", "/small:size=64k"]
    init: true
    ulimits: {nofile: 4096}
    configs: [{source: seed, target: /elsewhere/log}]
    healthcheck: {test: [CMD, /kv, check, "http://depot:8080/seeded"], interval: 200ms, timeout: 1s, retries: 100}
    x-assay: {port: 8080, ready: health}
  look:
    image: assay/example-kv:1
    command: [check, "http://depot:8080/KEY"]
    depends_on: {store: {condition: service_healthy}}
    x-assay: {once: true}
configs:
  seed:
    content: |
      {"Key":"seeded","Value":5}
`

func TestWhatRunsOnceHasToEndWell(t *testing.T) {
	e := requireEngine(t)
	target, c := up(t, e, file(t, strings.Replace(seeded, "KEY", "seeded", 1)), clientInGo(t))
	if len(c.Nodes()) != 1 || c.Nodes()[0].Name() != "store" {
		t.Fatalf("nodes %v", c.Nodes())
	}
	if beside := c.(cluster.Company).Beside(); len(beside) != 1 || beside[0].Name() != "look" {
		t.Errorf("beside the nodes: %v", beside)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	node := c.Nodes()[0]
	if err := errors.Join(node.Kill(ctx), node.Start(ctx), target.Ready(ctx, c, cluster.Config{})); err != nil {
		t.Errorf("after it has ended, a node cannot be started again: %v", err)
	}

	made, err := New().Tailored(t.Context(), cluster.Config{Settings: map[string]string{"file": file(t, strings.Replace(seeded, "KEY", "nothing", 1)), "client": clientInGo(t)}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Start(t.Context(), cluster.Options{Run: "test-" + strings.ToLower(rand.Text()[:10]), Target: made, Log: t.Output()})
	if err == nil || !strings.Contains(err.Error(), "look, which runs once, ended with exit code 1") {
		t.Errorf("it ended badly: %v", err)
	}
}

func TestAnImageThatIsNotThereIsNamed(t *testing.T) {
	e := requireEngine(t)
	path := file(t, "services:\n  db:\n    image: assay/no-such-image:9\n    build: .\n    ports: [\"80\"]\n")
	made, err := New().Tailored(t.Context(), cluster.Config{Settings: map[string]string{"file": path, "client": clientInGo(t)}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Start(t.Context(), cluster.Options{Run: "test-" + strings.ToLower(rand.Text()[:10]), Target: made, Log: t.Output()})
	if err == nil || !strings.Contains(err.Error(), "assay/no-such-image:9") || !strings.Contains(err.Error(), "docker compose -f "+path+" build db") {
		t.Errorf("error %v", err)
	}
}
