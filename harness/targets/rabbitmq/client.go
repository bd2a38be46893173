package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// client works through one server. It implements workloads.Queue.
type client struct {
	address string
	kind    string
	nodes   int
	// confirms and automatic are the settings confirms=on and acknowledge=automatic.
	confirms, automatic bool
	// line is nil if there is none.
	line *line
}

// Dial implements cluster.Target. It connects lazily.
func (Target) Dial(_ context.Context, node cluster.Node, cfg cluster.Config) (cluster.Client, error) {
	return dial(node, cfg), nil
}

func dial(node cluster.Node, cfg cluster.Config) *client {
	nodes := cfg.Nodes
	if nodes == 0 {
		nodes = 3
	}
	return &client{
		address: node.Addr(clientPort), kind: setting(cfg, "queue-type"), nodes: nodes,
		confirms: setting(cfg, "confirms") == "on", automatic: setting(cfg, "acknowledge") == "automatic",
	}
}

// Prototype implements cluster.Target.
func (Target) Prototype() cluster.Client { return &client{} }

// Close implements cluster.Client.
func (c *client) Close() error {
	if c.line != nil {
		c.line.hangUp()
	}
	return nil
}

// ready is a line on which the queue is known to be there. Its error had no effect but,
// it may be, that there is now an empty queue.
func (c *client) ready(ctx context.Context, queue string) (*line, error) {
	if c.line == nil || c.line.closed() {
		l, err := open(ctx, c.address, c.confirms)
		if err != nil {
			return nil, err
		}
		c.line = l
	}
	if c.line.declared[queue] {
		return c.line, nil
	}
	if _, err := within(ctx, c.line, func() (amqp.Queue, error) { return c.declare(c.line, queue) }); err != nil {
		return nil, workloads.NoEffect(fmt.Errorf("never sent: declare %s: %w", queue, err))
	}
	c.line.declared[queue] = true
	return c.line, nil
}

// declare makes a queue, or finds it. It is durable.
func (c *client) declare(l *line, queue string) (amqp.Queue, error) {
	arguments := amqp.Table{"x-queue-type": "classic"}
	if c.kind == "quorum" {
		arguments = amqp.Table{"x-queue-type": "quorum", "x-quorum-initial-group-size": c.nodes}
	}
	return l.channel.QueueDeclare(queue, true, false, false, false, arguments)
}

// Send implements workloads.Queue: a message that is to be kept on disk. A server that
// finds no queue for it gives it back before it confirms, and so it does when the queue
// goes down while it has the message, which may come to light later (seen with 3.10); nor
// does one that refuses a message (nack) say how far it had come.
func (c *client) Send(ctx context.Context, queue string, value int) error {
	l, err := c.ready(ctx, queue)
	if err != nil {
		return err
	}
	message := amqp.Publishing{DeliveryMode: amqp.Persistent, Body: []byte(strconv.Itoa(value))}
	confirmed, err := within(ctx, l, func() (bool, error) { return l.publish(ctx, queue, message, c.confirms) })
	switch {
	case err != nil:
		return err
	case !confirmed:
		return errors.New("the server did not confirm the message (nack)")
	}
	select {
	case <-l.returned:
		delete(l.declared, queue)
		return errors.New("the server gave the message back: there is no such queue, or it went down")
	default:
		return nil
	}
}

// publish sends a message and, if so asked, waits for its confirmation.
func (l *line) publish(ctx context.Context, queue string, message amqp.Publishing, confirms bool) (bool, error) {
	pending, err := l.channel.PublishWithDeferredConfirmWithContext(ctx, "", queue, confirms, false, message)
	if err != nil || pending == nil {
		return err == nil, err
	}
	return pending.WaitContext(ctx)
}

// Receive implements workloads.Queue. The message is done with when the server has the
// acknowledgement, which it does not confirm; and one that was got and not acknowledged
// comes again as soon as the connection has ended, as it does after an error.
func (c *client) Receive(ctx context.Context, queue string) (int, bool, error) {
	l, err := c.ready(ctx, queue)
	if err != nil {
		return 0, false, err
	}
	got, err := within(ctx, l, func() (*amqp.Delivery, error) { return l.get(queue, c.automatic) })
	if err != nil || got == nil {
		return 0, false, err
	}
	value, err := strconv.Atoi(string(got.Body))
	return value, err == nil, err
}

// get is nil if the queue was empty.
func (l *line) get(queue string, automatic bool) (*amqp.Delivery, error) {
	got, found, err := l.channel.Get(queue, automatic)
	if err != nil || !found {
		return nil, err
	}
	if !automatic {
		err = got.Ack(false)
	}
	return &got, err
}
