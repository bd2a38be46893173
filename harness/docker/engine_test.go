package docker

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
)

// requireEngine connects to the engine. A machine that is meant to have one says
// so by ASSAY_DOCKER=1; on others these tests have nothing to run on.
func requireEngine(t *testing.T) *Engine {
	t.Helper()
	e, err := Connect(t.Context())
	if errors.Is(err, ErrNoEngine) && os.Getenv("ASSAY_DOCKER") != "1" {
		t.Skipf("needs a Docker engine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// newRun is a run that no other test has.
func newRun() string { return "test-" + strings.ToLower(rand.Text()[:10]) }

func TestAboutNamesEngineAndVersions(t *testing.T) {
	about := requireEngine(t).About()
	for _, want := range []string{"API 1.", "linux/"} {
		if !strings.Contains(about, want) {
			t.Errorf("%q does not contain %q", about, want)
		}
	}
	t.Log(about)
}

func TestConnectSaysWhatToDoWithoutAnEngine(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix://"+t.TempDir()+"/absent.sock")
	_, err := Connect(t.Context())
	if !errors.Is(err, ErrNoEngine) {
		t.Fatalf("got %v, want ErrNoEngine", err)
	}
	for _, want := range []string{"start Docker", "DOCKER_HOST", "absent.sock"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not contain %q", err, want)
		}
	}
	t.Setenv("DOCKER_HOST", "nonsense")
	if _, err := Connect(t.Context()); !errors.Is(err, ErrNoEngine) {
		t.Errorf("a malformed DOCKER_HOST: got %v, want ErrNoEngine", err)
	}
}

func TestDefaultHostIsTheFirstSocketThatIsThere(t *testing.T) {
	env := func(name string) string {
		return map[string]string{"HOME": "/home/ann", "XDG_RUNTIME_DIR": "/run/user/7"}[name]
	}
	for _, c := range []struct {
		there []string
		want  string
	}{
		{nil, "unix:///var/run/docker.sock"},
		{[]string{"/var/run/docker.sock", "/home/ann/.docker/run/docker.sock"}, "unix:///var/run/docker.sock"},
		{[]string{"/home/ann/.docker/run/docker.sock"}, "unix:///home/ann/.docker/run/docker.sock"},
		{[]string{"/run/user/7/docker.sock"}, "unix:///run/user/7/docker.sock"},
		{[]string{"/home/ann/.colima/default/docker.sock"}, "unix:///home/ann/.colima/default/docker.sock"},
	} {
		exists := func(path string) bool {
			for _, p := range c.there {
				if p == path {
					return true
				}
			}
			return false
		}
		if got := defaultHost(env, exists); got != c.want {
			t.Errorf("with %v: got %s, want %s", c.there, got, c.want)
		}
	}
}

func TestProbeFindsWhatWorksAndLeavesNothing(t *testing.T) {
	e := requireEngine(t)
	t.Setenv("ASSAY_STATE", t.TempDir())
	before := countRuns(t, e, "probe-")
	found := e.Probe(t.Context())
	for _, c := range []cluster.Capability{cluster.CanKill, cluster.CanPause, cluster.CanPartition, cluster.CanCorrupt} {
		if err := found.Supports(c); err != nil {
			t.Errorf("%s: %v", c, err)
		}
	}
	if after := countRuns(t, e, "probe-"); after > before {
		t.Errorf("the probe left something: %d things before, %d after", before, after)
	}
}

func TestProbeOfAnEndedContextSaysSo(t *testing.T) {
	e := requireEngine(t)
	t.Setenv("ASSAY_STATE", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Probe(ctx).Supports(cluster.CanPartition); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a cancelled context", err)
	}
}

func countRuns(t *testing.T, e *Engine, prefix string) int {
	t.Helper()
	found, err := e.Leftovers(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, l := range found {
		if strings.HasPrefix(l.Run, prefix) {
			n++
		}
	}
	return n
}
