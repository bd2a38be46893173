package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
)

// patience is how long a single question to a node may take.
const patience = 3 * time.Second

// probe is the queue by which a cluster is known to be ready.
const probe = "assay-ready"

// Ready implements cluster.Target. A server is ready when it knows the queue that the
// first one has made, which shows that it has joined, and confirms a message to it.
func (Target) Ready(ctx context.Context, c cluster.Cluster, cfg cluster.Config) error {
	for i, node := range c.Nodes() {
		client := dial(node, cfg)
		client.confirms = true
		err := nodes.Await(ctx, node, patience, func(ctx context.Context) error { return client.works(ctx, i == 0) })
		client.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// works makes the queue, or looks whether it is there, and sends a message through it.
func (c *client) works(ctx context.Context, first bool) error {
	l, err := open(ctx, c.address, true)
	if err != nil {
		return err
	}
	defer l.hangUp()
	_, err = within(ctx, l, func() (amqp.Queue, error) {
		if first {
			return c.declare(l, probe)
		}
		return l.channel.QueueDeclarePassive(probe, true, false, false, false, nil)
	})
	if err != nil {
		return fmt.Errorf("declare a queue: %w", err)
	}
	confirmed, err := within(ctx, l, func() (bool, error) { return l.publish(ctx, probe, amqp.Publishing{}, true) })
	if err == nil && !confirmed {
		err = errors.New("a message was not confirmed")
	}
	if err != nil {
		return err
	}
	_, err = within(ctx, l, func() (*amqp.Delivery, error) { return l.get(probe, true) })
	return err
}
