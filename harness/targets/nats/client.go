package nats

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// client works through one server. It implements workloads.Register, Versions, Set,
// Log and Messages, each in a file of its own.
type client struct {
	node, address string

	conn *nats.Conn
	js   jetstream.JetStream
	// bound are the streams and consumers that were looked up over this connection.
	streams   map[string]jetstream.Stream
	consumers map[string]bool
}

// Dial implements cluster.Target. It connects lazily.
func (Target) Dial(_ context.Context, node cluster.Node, _ cluster.Config) (cluster.Client, error) {
	return &client{node: node.Name(), address: node.Addr(clientPort)}, nil
}

// Prototype implements cluster.Target.
func (Target) Prototype() cluster.Client { return &client{} }

// Close implements cluster.Client.
func (c *client) Close() error {
	if c.conn != nil {
		c.conn.Close()
	}
	return nil
}

// connect makes sure of a connection. An error means that nothing was sent.
func (c *client) connect(ctx context.Context) error {
	if c.conn != nil && c.conn.IsConnected() {
		return nil
	}
	c.Close()
	conn, err := dial(ctx, c.address)
	if err != nil {
		return workloads.NoEffect(fmt.Errorf("no connection to %s: %w", c.node, err))
	}
	c.conn = conn
	c.streams, c.consumers = map[string]jetstream.Stream{}, map[string]bool{}
	c.js, err = jetstream.New(conn)
	return workloads.NoEffect(err)
}

// dial connects to one server and to no other, ever: a connection that breaks stays
// so, because the library would otherwise keep requests back until it is whole
// again, and send them then.
func dial(ctx context.Context, address string) (*nats.Conn, error) {
	patience := 2 * time.Second
	if end, ok := ctx.Deadline(); ok {
		patience = max(time.Millisecond, min(patience, time.Until(end)))
	}
	return nats.Connect("nats://"+address, nats.NoReconnect(), nats.Timeout(patience))
}

// stream looks a stream up, once for each connection. An error means that nothing
// but that was asked.
func (c *client) stream(ctx context.Context, name string) (jetstream.Stream, error) {
	if err := c.connect(ctx); err != nil {
		return nil, err
	}
	if s, known := c.streams[name]; known {
		return s, nil
	}
	s, err := c.js.Stream(ctx, name)
	if err != nil {
		return nil, workloads.NoEffect(fmt.Errorf("look up stream %s: %w", name, err))
	}
	c.streams[name] = s
	return s, nil
}

// publish has a message stored, and returns the number that it got in its stream.
func (c *client) publish(ctx context.Context, m *nats.Msg) (uint64, error) {
	if err := c.connect(ctx); err != nil {
		return 0, err
	}
	ack, err := c.js.PublishMsg(ctx, m, jetstream.WithRetryAttempts(0))
	if err != nil {
		return 0, settle(err)
	}
	return ack.Sequence, nil
}

// harmless marks the error of a read, which changes nothing whatever became of it.
func harmless(err error) error { return workloads.NoEffect(err) }
