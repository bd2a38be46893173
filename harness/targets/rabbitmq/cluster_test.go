package rabbitmq

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
	"github.com/assaykit/assay/harness/targets/internal/real"
	"github.com/assaykit/assay/workloads"
)

func TestRealCluster(t *testing.T) {
	cfg := cluster.Config{}
	c := real.Up(t, New(), cfg)
	at := func(i int) *client {
		client := dial(c.Nodes()[i], cfg)
		t.Cleanup(func() { client.Close() })
		return client
	}
	n1, n2, n3 := at(0), at(1), at(2)
	ctx := t.Context()

	_, found, err := n1.Receive(ctx, "q")
	real.Expect(t, "receive from an empty queue", err, found, false)
	for value := range 12 {
		real.Expect(t, "send", []*client{n1, n2, n3}[value%3].Send(ctx, "q", value), 0, 0)
	}
	for want := range 11 {
		value, _, err := n3.Receive(ctx, "q")
		real.Expect(t, "receive", err, value, want)
	}

	// What was confirmed survives the server that confirmed it.
	if err := c.Nodes()[2].Kill(ctx); err != nil {
		t.Fatal(err)
	}
	n3.Send(ctx, "q", 12) // may have been on its way; the next one finds nobody
	if err := n3.Send(ctx, "q", 13); !workloads.IsNoEffect(err) {
		t.Errorf("send to a killed server: %v", err)
	}
	eleven, err := receiveSoon(ctx, c.Nodes()[0], n1)
	real.Expect(t, "receive from the others", err, eleven, 11)
	if err := c.Nodes()[2].Start(ctx); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, New(), c, cfg)
	real.Expect(t, "send through the server that came back", n3.Send(ctx, "q2", 1), 0, 0)
	value, _, err := n2.Receive(ctx, "q2")
	real.Expect(t, "receive it", err, value, 1)
}

// receiveSoon waits for another leader of the queue, if need be.
func receiveSoon(ctx context.Context, node cluster.Node, c *client) (value int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	err = nodes.Await(ctx, node, patience, func(ctx context.Context) error {
		got, found, err := c.Receive(ctx, "q")
		if err == nil && !found {
			err = errors.New("nothing there")
		}
		value = got
		return err
	})
	return value, err
}
