package docker

import (
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
)

func TestTargetsSeeTheirOwnPorts(t *testing.T) {
	specs, err := describe(echo{}, cluster.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if len(specs) != defaultNodes {
		t.Errorf("%d nodes by default", len(specs))
	}
	want := []string{"-client", "0.0.0.0:8080", "-peer", "0.0.0.0:9090", "-data", "/data"}
	if !slices.Equal(specs[1].Args, want) {
		t.Errorf("got %q, want %q", specs[1].Args, want)
	}
}

func TestPeersAreDialledByName(t *testing.T) {
	l := &layout{ports: map[string]map[string]int{"n2": {"peer": 9090}}}
	if got := l.Dial("n1", "n2", "peer"); got != "n2:9090" {
		t.Errorf("got %s", got)
	}
}

func TestPortsThatATargetDoesNotListAreAnError(t *testing.T) {
	_, err := describe(forgetful{}, cluster.Config{})
	if err == nil || !strings.Contains(err.Error(), "n1 admin") {
		t.Errorf("got %v", err)
	}
}

// forgetful asks for a port that it does not list.
type forgetful struct{ echo }

func (f forgetful) Nodes(cfg cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	at.Listen("n1", "admin")
	return f.echo.Nodes(cfg, at)
}
