package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/local"
	"github.com/assaykit/assay/harness/targets/demo/node"
)

// TestMain makes this program a node of the demo if it is started as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "node" {
		os.Exit(node.Main(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func raftID(name string) actor.ID { return actor.ID(name) }

func TestLocalCluster(t *testing.T) {
	exercise(t, up(t, local.Start))
}

func TestDockerCluster(t *testing.T) {
	engine, err := docker.Connect(t.Context())
	if errors.Is(err, docker.ErrNoEngine) && os.Getenv("ASSAY_DOCKER") != "1" {
		t.Skipf("needs a Docker engine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	exercise(t, up(t, engine.Start))
}

func up(t *testing.T, start cluster.Starter) cluster.Cluster {
	t.Helper()
	c, err := start(t.Context(), cluster.Options{
		Run:    "test-" + strings.ToLower(rand.Text()[:10]),
		Target: New(),
		Log:    t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	began := time.Now()
	awaitReady(t, c)
	t.Logf("ready %v after the start", time.Since(began).Round(time.Millisecond))
	return c
}

func awaitReady(t *testing.T, c cluster.Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := New().Ready(ctx, c, cluster.Config{}); err != nil {
		t.Fatal(err)
	}
}

// exercise uses every data type, and loses the leader on the way.
func exercise(t *testing.T, c cluster.Cluster) {
	var clients []*Client
	for _, n := range c.Nodes() {
		remote, err := New().Dial(t.Context(), n, cluster.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer remote.Close()
		clients = append(clients, remote.(*Client))
	}
	registers(t, clients)
	queues(t, clients)
	sets(t, clients)
	transactions(t, clients)
	bank(t, clients)
	messages(t, clients)
	logs(t, clients)
	locks(t, clients)
	numbers(t, clients)
	versions(t, clients)
	leadership(t, clients)
	survives(t, c, clients)
}

func registers(t *testing.T, clients []*Client) {
	ctx := t.Context()
	if _, found, err := clients[0].Read(ctx, "x"); found || err != nil {
		t.Errorf("read of nothing: %v, %v", found, err)
	}
	if err := clients[0].Write(ctx, "x", 0); err != nil {
		t.Error(err)
	}
	if value, found, err := clients[1].Read(ctx, "x"); value != 0 || !found || err != nil {
		t.Errorf("read: %d, %v, %v", value, found, err)
	}
	if swapped, err := clients[1].CompareAndSet(ctx, "x", 0, -5); !swapped || err != nil {
		t.Errorf("compare and set: %v, %v", swapped, err)
	}
	if swapped, err := clients[2].CompareAndSet(ctx, "x", 0, 9); swapped || err != nil {
		t.Errorf("compare and set of a wrong value: %v, %v", swapped, err)
	}
	if value, _, err := clients[2].Read(ctx, "x"); value != -5 || err != nil {
		t.Errorf("read: %d, %v", value, err)
	}
}

func queues(t *testing.T, clients []*Client) {
	ctx := t.Context()
	for value := range 2 {
		if err := clients[value].Send(ctx, "q", value); err != nil {
			t.Error(err)
		}
	}
	for want := range 2 {
		if value, found, err := clients[2].Receive(ctx, "q"); value != want || !found || err != nil {
			t.Errorf("receive: %d, %v, %v, want %d", value, found, err, want)
		}
	}
	if _, found, err := clients[2].Receive(ctx, "q"); found || err != nil {
		t.Errorf("receive of nothing: %v, %v", found, err)
	}
}

func sets(t *testing.T, clients []*Client) {
	ctx := t.Context()
	if elements, err := clients[0].Elements(ctx, "s"); len(elements) != 0 || err != nil {
		t.Errorf("elements of nothing: %v, %v", elements, err)
	}
	for _, element := range []int{3, 0, 3} {
		if err := clients[0].Add(ctx, "s", element); err != nil {
			t.Error(err)
		}
	}
	if elements, err := clients[1].Elements(ctx, "s"); !reflect.DeepEqual(elements, []int{0, 3}) || err != nil {
		t.Errorf("elements: %v, %v", elements, err)
	}
}

// survives kills the leader: the others elect another, nothing is lost, and the
// killed node comes back.
func survives(t *testing.T, c cluster.Cluster, clients []*Client) {
	ctx := t.Context()
	leaders, err := New().Leaders(ctx, c, cluster.Config{})
	for deadline := time.Now().Add(30 * time.Second); err != nil || len(leaders) != 1; leaders, err = New().Leaders(ctx, c, cluster.Config{}) {
		if time.Now().After(deadline) {
			t.Fatalf("leaders: %v, %v", leaders, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	var lost, other int
	for i, n := range c.Nodes() {
		if n.Name() == leaders[0] {
			lost, other = i, (i+1)%len(c.Nodes())
		}
	}
	if err := c.Nodes()[lost].Kill(ctx); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for {
		value, found, err := clients[other].Read(ctx, "x")
		if err == nil && (value != -5 || !found) {
			t.Fatalf("read after the loss of the leader: %d, %v", value, found)
		}
		if err == nil {
			break
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("no new leader: %v", err)
		}
	}
	t.Logf("reads %v after the leader was killed", time.Since(began).Round(time.Millisecond))
	if err := clients[lost].Write(ctx, "x", 1); err == nil {
		t.Error("a killed node answers")
	}
	if err := c.Nodes()[lost].Start(ctx); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, c)
	if value, _, err := clients[lost].Read(ctx, "x"); value != -5 || err != nil {
		t.Errorf("read at the node that came back: %d, %v", value, err)
	}
}
