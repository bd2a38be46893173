package nats

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/assaykit/assay/workloads"
)

// redeliverAfter is how long a message may be with a client that does not acknowledge
// it: NATS's default of half a minute would outlast most tests.
const redeliverAfter = 2 * time.Second

// Publish implements workloads.Messages: queues are subjects of one work queue, which
// keeps messages until they are acknowledged.
func (c *client) Publish(ctx context.Context, queue string, value int) error {
	m := nats.NewMsg(jobs(queue))
	m.Data = []byte(strconv.Itoa(value))
	_, err := c.publish(ctx, jobsStream, m)
	return err
}

// Take implements workloads.Messages, by a durable consumer that all clients share.
// The library would take silence for an empty queue.
func (c *client) Take(ctx context.Context, queue string) (workloads.Message, bool, error) {
	if err := c.consume(ctx, queue); err != nil {
		return workloads.Message{}, false, err
	}
	next := fmt.Sprintf("$JS.API.CONSUMER.MSG.NEXT.%s.%s", jobsStream, queue)
	m, err := c.conn.RequestWithContext(ctx, next, []byte(`{"batch":1,"no_wait":true}`))
	if err != nil {
		delete(c.consumers, queue) // it may have to be made again
		return workloads.Message{}, false, settle(err)
	}
	switch status := m.Header.Get("Status"); status {
	case "":
		return taken(m)
	case "404":
		return workloads.Message{}, false, nil
	default:
		return workloads.Message{}, false, fmt.Errorf("take from %s: %s %s", queue, status, m.Header.Get("Description"))
	}
}

// taken is a message as its consumer hands it out: where it is to be acknowledged
// tells how often it was handed out before.
func taken(m *nats.Msg) (workloads.Message, bool, error) {
	value, err := strconv.Atoi(string(m.Data))
	if err != nil {
		return workloads.Message{}, false, err
	}
	about, err := m.Metadata()
	if err != nil {
		return workloads.Message{}, false, err
	}
	return workloads.Message{Value: value, Ticket: m.Reply, Redelivered: about.NumDelivered > 1}, true, nil
}

// consume makes sure that there is a consumer for a queue. To make one again that is
// there changes nothing. An error means that no message was asked for.
func (c *client) consume(ctx context.Context, queue string) error {
	s, err := c.stream(ctx, jobsStream)
	if err != nil || c.consumers[queue] {
		return err
	}
	_, err = s.CreateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:       queue,
		FilterSubject: jobs(queue),
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       redeliverAfter,
	})
	if err != nil {
		return workloads.NoEffect(fmt.Errorf("make a consumer of %s: %w", queue, err))
	}
	c.consumers[queue] = true
	return nil
}

// Acknowledge implements workloads.Messages. It waits for the consumer to confirm.
func (c *client) Acknowledge(ctx context.Context, _, ticket string) error {
	if err := c.connect(ctx); err != nil {
		return err
	}
	m, err := c.conn.RequestWithContext(ctx, ticket, []byte("+ACK"))
	if err == nil && m.Header.Get("Status") != "" {
		err = errors.New(m.Header.Get("Status") + " " + m.Header.Get("Description"))
	}
	return settle(err)
}

func jobs(queue string) string { return "jobs." + queue }
