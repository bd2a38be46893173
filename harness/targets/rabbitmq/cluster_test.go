package rabbitmq

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/workloads"
)

// This test runs real servers in containers: where there is an engine and the image,
// or, by ASSAY_DOCKER=1, an engine is meant to be. The image is made by a command of
// its own, and its absence skips the test.

func up(t *testing.T, cfg cluster.Config) cluster.Cluster {
	t.Helper()
	e, err := docker.Connect(t.Context())
	if errors.Is(err, docker.ErrNoEngine) && os.Getenv("ASSAY_DOCKER") != "1" {
		t.Skipf("needs a Docker engine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	local := image(cluster.Config{}).Preferred[0]
	if _, err := e.ImageID(t.Context(), local); errors.Is(err, docker.ErrNoImage) {
		t.Skip("needs an image: .ci/images rabbitmq")
	}
	c, err := e.Start(t.Context(), cluster.Options{
		Run: "test-" + strings.ToLower(rand.Text()[:10]), Target: New(), Config: cfg, Log: t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	ready(t, c, cfg)
	return c
}

func ready(t *testing.T, c cluster.Cluster, cfg cluster.Config) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := New().Ready(ctx, c, cfg); err != nil {
		t.Fatal(err)
	}
}

func expect[T comparable](t *testing.T, what string, err error, got, want T) {
	t.Helper()
	if err != nil || got != want {
		t.Errorf("%s: got %v, %v, want %v", what, got, err, want)
	}
}

func TestRealCluster(t *testing.T) {
	cfg := cluster.Config{}
	c := up(t, cfg)
	at := func(i int) *client {
		client := dial(c.Nodes()[i], cfg)
		t.Cleanup(func() { client.Close() })
		return client
	}
	n1, n2, n3 := at(0), at(1), at(2)
	ctx := t.Context()

	_, found, err := n1.Receive(ctx, "q")
	expect(t, "receive from an empty queue", err, found, false)
	for value := range 12 {
		expect(t, "send", []*client{n1, n2, n3}[value%3].Send(ctx, "q", value), 0, 0)
	}
	for want := range 11 {
		value, _, err := n3.Receive(ctx, "q")
		expect(t, "receive", err, value, want)
	}

	// What was confirmed survives the server that confirmed it.
	if err := c.Nodes()[2].Kill(ctx); err != nil {
		t.Fatal(err)
	}
	n3.Send(ctx, "q", 12) // may have been on its way; the next one finds nobody
	if err := n3.Send(ctx, "q", 13); !workloads.IsNoEffect(err) {
		t.Errorf("send to a killed server: %v", err)
	}
	eleven, err := receiveSoon(ctx, n1)
	expect(t, "receive from the others", err, eleven, 11)
	if err := c.Nodes()[2].Start(ctx); err != nil {
		t.Fatal(err)
	}
	ready(t, c, cfg)
	expect(t, "send through the server that came back", n3.Send(ctx, "q2", 1), 0, 0)
	value, _, err := n2.Receive(ctx, "q2")
	expect(t, "receive it", err, value, 1)
}

// receiveSoon waits for another leader of the queue, if need be.
func receiveSoon(ctx context.Context, c *client) (value int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	err = eventually(ctx, func(ctx context.Context) error {
		got, found, err := c.Receive(ctx, "q")
		if err == nil && !found {
			err = errors.New("nothing there")
		}
		value = got
		return err
	})
	return value, err
}
