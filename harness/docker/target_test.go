package docker

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/gobuild"
)

// echo is the system under test of these tests: testdata/node.
type echo struct {
	// entrypoint takes the place of the program's own at n2.
	entrypoint []string
	// image takes the place of the program's own.
	image cluster.Image
}

var nodeImage = cluster.Image{
	Reference: "assay/docker-test-node:latest",
	Recipe:    gobuild.Own{Package: "harness/docker/testdata/node", Path: "/bin/node"},
}

func (e echo) Name() string                { return "echo" }
func (e echo) About() string               { return "" }
func (e echo) Settings() []cluster.Setting { return nil }
func (e echo) Prototype() cluster.Client   { return nil }

func (e echo) Nodes(_ cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	var specs []cluster.NodeSpec
	for _, name := range at.Names() {
		spec := cluster.NodeSpec{
			Name: name, Image: nodeImage,
			Args: []string{
				"-client", at.Listen(name, "client"), "-peer", at.Listen(name, "peer"),
				"-data", at.Data(name),
			},
			Ports: map[string]int{"client": 8080, "peer": 9090},
		}
		if e.image.Reference != "" {
			spec.Image = e.image
		}
		if name == "n2" {
			spec.Entrypoint = e.entrypoint
		}
		specs = append(specs, spec)
	}
	return specs, nil
}

func (e echo) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	for _, n := range c.Nodes() {
		if err := eventually(ctx, func() (bool, error) {
			_, err := get(ctx, n, "/starts")
			return err == nil, err
		}); err != nil {
			return fmt.Errorf("%s: %w", n.Name(), err)
		}
	}
	return nil
}

func (e echo) Dial(context.Context, cluster.Node, cluster.Config) (cluster.Client, error) {
	return nil, fmt.Errorf("these tests speak HTTP themselves")
}

// startCluster starts a cluster whose nodes answer.
func startCluster(t *testing.T, e *Engine, nodes int) *Cluster {
	t.Helper()
	return startWith(t, e, cluster.Options{Config: cluster.Config{Nodes: nodes}})
}

func startWith(t *testing.T, e *Engine, o cluster.Options) *Cluster {
	t.Helper()
	return startBy(t, e.Start, o)
}

func startBy(t *testing.T, start cluster.Starter, o cluster.Options) *Cluster {
	t.Helper()
	t.Setenv("ASSAY_STATE", t.TempDir())
	o.Run, o.Target, o.Log = newRun(), echo{}, testLog{t}
	started := time.Now()
	made, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d nodes started in %v", o.Config.Nodes, time.Since(started).Round(time.Millisecond))
	c := made.(*Cluster)
	t.Cleanup(func() { closeCluster(t, c) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := o.Target.Ready(ctx, c, o.Config); err != nil {
		t.Fatal(err)
	}
	return c
}

func closeCluster(t *testing.T, c *Cluster) {
	t.Helper()
	started := time.Now()
	if err := c.Close(context.Background()); err != nil {
		t.Error(err)
	}
	t.Logf("closed in %v", time.Since(started).Round(time.Millisecond))
	found, err := c.engine.leftovers(context.Background(), c.run)
	if err != nil || len(found) > 0 {
		t.Errorf("left behind: %v, %v", found, err)
	}
}

type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Logf("%s", bytes.TrimSpace(p))
	return len(p), nil
}

// node returns a node by its name.
func (c *Cluster) node(t *testing.T, name string) *Node {
	t.Helper()
	for _, n := range c.nodes {
		if n.spec.Name == name {
			return n
		}
	}
	t.Fatalf("no node %s", name)
	return nil
}

// timeout is what send returns if no echo came in time.
const timeout = "timeout"

// send makes a node send a line to another one, on the connection that it keeps
// for it, and returns the echo.
func (c *Cluster) send(t *testing.T, from, to, text string, patience time.Duration) string {
	t.Helper()
	url := fmt.Sprintf("http://%s/send/%s?address=%s:9090&patience=%s", c.node(t, from).Addr("client"), to, to, patience)
	answer, err := http.Post(url, "text/plain", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return body(t, answer)
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", r.Status, text, err)
	}
	return string(text)
}

func get(ctx context.Context, n cluster.Node, path string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.Addr("client")+path, nil)
	if err != nil {
		return "", err
	}
	// A connection that was kept from before a restart is of no use.
	request.Close = true
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

func TestMain(m *testing.M) {
	if run := os.Getenv(abandonVariable); run != "" {
		abandon(run)
	}
	if os.Getenv(turnVariable) != "" {
		holdTurn()
	}
	os.Exit(m.Run())
}
