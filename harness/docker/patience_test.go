package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/assaykit/assay/harness/cluster"
)

// hung is an engine that says who it is and then nothing any more.
func hung(t *testing.T, answersVersion bool) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "docker.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/_ping"):
			w.Header().Set("API-Version", "1.41")
		case strings.HasSuffix(r.URL.Path, "/version") && answersVersion:
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"Version": "20.10.24", "ApiVersion": "1.41", "Os": "linux", "Arch": "amd64"}`)
		case strings.HasSuffix(r.URL.Path, "/logs"): // begins to answer
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-over
		default:
			select {
			case <-over:
			case <-r.Context().Done():
			}
		}
	})}
	go server.Serve(listener)
	t.Cleanup(func() { close(over); server.Close() })
	t.Setenv("DOCKER_HOST", "unix://"+socket)
	t.Setenv("DOCKER_TLS_VERIFY", "")
	t.Setenv("DOCKER_CERT_PATH", "")
}

const shortly = time.Second

// requireSilent expects something to fail soon, and to say that the engine hangs.
func requireSilent(t *testing.T, what string, do func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		if !errors.Is(err, ErrSilent) || !strings.Contains(err.Error(), "restart it") {
			t.Errorf("%s: got %v", what, err)
		}
		if strings.Contains(fmt.Sprint(err), "Is the docker daemon running") {
			t.Errorf("%s: %v misleads", what, err)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: hangs with the engine", what)
	}
}

func TestAnEngineThatHangsIsNotWaitedFor(t *testing.T) {
	hung(t, true)
	t.Setenv("ASSAY_STATE", t.TempDir())
	e, err := connect(t.Context(), shortly)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	ctx := context.WithoutCancel(t.Context()) // which ends before the parallel parts begin
	n := &Node{cluster: &Cluster{engine: e}, id: "n", spec: cluster.NodeSpec{Name: "n1"}}
	for what, do := range map[string]func() error{
		"list":    func() error { _, err := e.Leftovers(ctx); return err },
		"image":   func() error { _, err := e.ImageID(ctx, "x"); return err },
		"state":   func() error { _, err := n.State(ctx); return err },
		"start":   func() error { return n.Start(ctx) },
		"kill":    func() error { return n.Kill(ctx) },
		"stop":    func() error { _, err := n.Stop(ctx, time.Hour); return err },
		"pause":   func() error { return n.Pause(ctx) },
		"limits":  func() error { return n.SetLimits(ctx, cluster.Limits{CPU: 1}) },
		"usage":   func() error { _, err := n.stats(ctx); return err },
		"wait":    func() error { return n.awaitEnd(ctx, time.Hour) },
		"copy":    func() error { _, _, err := e.api.CopyFromContainer(ctx, "x", "/x"); return err },
		"create":  func() error { _, err := e.createContainer(ctx, "x", &container.Config{}, nil, nil); return err },
		"network": func() error { _, err := e.createNetwork(ctx, "x", nil); return err },
		"remove":  func() error { return e.removeContainer(ctx, "x") },
		"attach":  func() error { _, err := e.attach(ctx, "x", container.AttachOptions{Stream: true}); return err },
		"cluster": func() error {
			_, err := e.Start(ctx, cluster.Options{Run: newRun(), Target: echo{image: cluster.Image{Reference: "x"}}})
			return err
		},
		"probe": func() error { return e.Probe(ctx).Supports(cluster.CanPartition) },
		"clean": func() error { _, err := e.Clean(ctx, func(string) bool { return false }, io.Discard); return err },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			requireSilent(t, what, do)
		})
	}
}

func TestAnEngineThatHangsAtOnceIsNotConnectedTo(t *testing.T) {
	hung(t, false)
	requireSilent(t, "connect", func() error {
		_, err := connect(t.Context(), shortly)
		if !errors.Is(err, ErrNoEngine) {
			t.Errorf("got %v, want ErrNoEngine", err)
		}
		return err
	})
}

// What begins to be answered may take its time; and whoever waits can still give up.
func TestAnswersThatAreStreamsMayTakeTheirTime(t *testing.T) {
	hung(t, true)
	e, err := connect(t.Context(), shortly)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	n := &Node{cluster: &Cluster{engine: e}, id: "n"}
	ctx, cancel := context.WithTimeout(t.Context(), 5*shortly)
	defer cancel()
	began := time.Now()
	err = n.logs(ctx, io.Discard, "all")
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) < 5*shortly {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}

// An attached line outlives the patience with the request that made it.
func TestAnAttachedLineIsNotCut(t *testing.T) {
	e := requireEngine(t)
	impatient, err := connect(t.Context(), 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer impatient.Close()
	t.Setenv("ASSAY_STATE", t.TempDir())
	run := newRun()
	labels, err := labels(run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.removeRun(context.Background(), run); err != nil {
			t.Error(err)
		}
	})
	image, err := e.EnsureImage(t.Context(), agentImage, testLog{t})
	if err != nil {
		t.Fatal(err)
	}
	config, host := sidecarConfig(image, labels, "none")
	id, err := e.createContainer(t.Context(), containerName(run, "x"), config, host, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	line, err := impatient.attach(ctx, id, container.AttachOptions{Stream: true, Stdin: true})
	cancel()
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	time.Sleep(3 * time.Second)
	if _, err := line.Conn.Write([]byte("{}\n")); err != nil {
		t.Error(err)
	}
}
