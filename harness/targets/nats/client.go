package nats

import (
	"context"
	"errors"
	"fmt"
	"sync"
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
	cfg           cluster.Config
	making        *sync.Mutex

	conn *nats.Conn
	js   jetstream.JetStream
	// The streams and consumers that were seen to over this connection.
	streams   map[string]jetstream.Stream
	consumers map[string]bool
}

// Dial implements cluster.Target. It connects lazily.
func (t Target) Dial(_ context.Context, node cluster.Node, cfg cluster.Config) (cluster.Client, error) {
	return &client{node: node.Name(), address: node.Addr(clientPort), cfg: cfg, making: t.making}, nil
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

// stream looks a stream up, once for each connection, and makes it if the cluster
// does not know it: also one that it knew before and has forgotten, as an operator
// would. What it held is gone then, and its absence shows. An error means that nothing
// else was asked for.
func (c *client) stream(ctx context.Context, name string) (jetstream.Stream, error) {
	if err := c.connect(ctx); err != nil {
		return nil, err
	}
	if s, known := c.streams[name]; known {
		return s, nil
	}
	s, err := c.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = c.make(ctx, name)
	}
	if err != nil {
		return nil, workloads.NoEffect(fmt.Errorf("stream %s: %w", name, err))
	}
	c.streams[name] = s
	return s, nil
}

// make makes a stream, unless another client of the test is about to or just did. The
// cluster would accept the same stream from several at a time, but write it down as
// often, and 2.10.22 forgets exactly what it wrote down last (nats-server pull request
// 5946).
func (c *client) make(ctx context.Context, name string) (jetstream.Stream, error) {
	if !c.making.TryLock() {
		return nil, errors.New("another client is making one")
	}
	defer c.making.Unlock()
	s, err := c.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = c.js.CreateStream(ctx, describe(name, c.cfg))
	}
	return s, err
}

// publish has a message stored, and returns the number that it got in its stream.
func (c *client) publish(ctx context.Context, stream string, m *nats.Msg) (uint64, error) {
	if _, err := c.stream(ctx, stream); err != nil {
		return 0, err
	}
	ack, err := c.js.PublishMsg(ctx, m, jetstream.WithRetryAttempts(0))
	if err != nil {
		delete(c.streams, stream) // it may have to be made again
		return 0, settle(err)
	}
	return ack.Sequence, nil
}

// harmless marks the error of a read, which changes nothing whatever became of it.
func harmless(err error) error { return workloads.NoEffect(err) }
