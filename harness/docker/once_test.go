package docker

import (
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/docker/docker/pkg/stdcopy"

	"github.com/assaykit/assay/harness/cluster"
)

// brisk is an engine of one container, which runs when it is started, prints some text,
// and ends with an exit code as soon as somebody waits for that.
func brisk(t *testing.T, text string, code int) *Engine {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "docker.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var ended atomic.Bool
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/version"):
			fmt.Fprint(w, `{"Version": "20.10.24", "ApiVersion": "1.41", "Os": "linux", "Arch": "amd64"}`)
		case strings.HasSuffix(path, "/start"):
			w.WriteHeader(http.StatusNoContent)
		case strings.HasSuffix(path, "/json") && ended.Load():
			fmt.Fprintf(w, `{"State": {"Status": "exited", "ExitCode": %d}}`, code)
		case strings.HasSuffix(path, "/json"):
			fmt.Fprint(w, `{"State": {"Status": "running", "Running": true, "Pid": 7}}`)
		case strings.HasSuffix(path, "/wait"):
			ended.Store(true)
			fmt.Fprintf(w, `{"StatusCode": %d}`, code)
		case strings.HasSuffix(path, "/logs"):
			fmt.Fprint(stdcopy.NewStdWriter(w, stdcopy.Stderr), text)
		}
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	t.Setenv("DOCKER_HOST", "unix://"+socket)
	t.Setenv("DOCKER_TLS_VERIFY", "")
	t.Setenv("DOCKER_CERT_PATH", "")
	e, err := Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func setUp(e *Engine) *Node {
	n := &Node{cluster: &Cluster{engine: e}, id: "n", spec: cluster.NodeSpec{Name: "look", Container: cluster.Container{Aside: true, Once: true}}}
	n.cluster.nodes = []*Node{n}
	return n
}

// Who is remembered to run is struck, and is started again with another agent's disk.
func TestWhatHasRunOnceIsNotRememberedToRun(t *testing.T) {
	n := setUp(brisk(t, "", 0))
	if err := n.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if running := n.cluster.running(); len(running) > 0 {
		t.Errorf("it has ended, and is remembered as %+v", running)
	}
}

// Only the engine knows whether a port of the machine is taken: a node that says so speaks
// of one of its own, and making it again would only hide why it ended.
func TestWhatANodeSaysIsNotWhatTheEngineSays(t *testing.T) {
	const text = "listen tcp 0.0.0.0:80: bind: address already in use\n"
	n := setUp(brisk(t, text, 1))
	if err := n.Start(t.Context()); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(text)) || portTaken(err) {
		t.Errorf("it ended badly: %v", err)
	}
	n.spec.Container.Once = false // and ends at once
	if err := n.Start(t.Context()); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(text)) || portTaken(err) {
		t.Errorf("it ended at once: %v", err)
	}
}
