package workloads

import (
	"context"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// The operations on messages besides those on queues. A crash is a wish only: a
// receive by a consumer that has lost its connection, and with it what it took.
const (
	ackMessage    = "ack"
	crashConsumer = "crash"
)

var (
	messageSends = number{key: "send-share", otherwise: 34, low: 1, high: 90,
		about: "how many of a hundred operations send"}
	messageCrashes = number{key: "crash-share", otherwise: 3, low: 0, high: 50,
		about: "how many of a hundred operations begin with a consumer that drops its connection and never acknowledges what it took"}
	messagePrefetch = number{key: "prefetch", otherwise: 10, low: 1, high: 1000,
		about: "how many messages a consumer takes at most before it acknowledges one"}
	messageRedelivery = span{key: "redelivery", otherwise: 5 * time.Second, low: 0, high: 40 * time.Second,
		about: "within what time the system hands out again what was not acknowledged; the drain waits for that, and if it is 0 nothing is demanded of it"}
	messageProfile = cluster.Setting{
		Key: "profile", Default: "at-least-once", About: queueProfile.About, Choices: queueProfile.Choices,
	}
	messageOrder = cluster.Setting{
		Key: "order", Default: "none", About: queueOrder.About, Choices: messageOrders,
	}
)

type messages struct{}

// NewMessages sends messages, takes them and acknowledges them, while some
// consumers crash before they do; it demands what the setting profile says about
// their delivery.
//
// Operations: send takes an integer; receive gives one, or null if there was nothing
// to be had; ack takes one that the same process received.
func NewMessages() Workload { return messages{} }

func (messages) Name() string { return "messages" }

func (messages) About() string {
	return "send, take and acknowledge messages while consumers crash; none may be lost, made up, or come again once acknowledged"
}

func (messages) Settings() []cluster.Setting {
	return []cluster.Setting{
		messageProfile, messageOrder, messageSends.setting(), messageCrashes.setting(), messagePrefetch.setting(),
		messageRedelivery.setting(), queueCount.setting(), sendRetries.setting(),
	}
}

func (messages) Supports(c cluster.Client) error {
	_, err := asMessages(c)
	return err
}

func asMessages(c cluster.Client) (Messages, error) {
	return as[Messages](c, "messages", "messages that are taken and acknowledged")
}

func (w messages) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	count, sending, crashes := s.number(queueCount), s.number(messageSends), s.number(messageCrashes)
	s.number(messagePrefetch)
	s.number(sendRetries)
	s.span(messageRedelivery)
	if _, err := w.Checker(cfg); err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, s.err
	}
	random := generator.Random(cfg.Seed, "messages")
	m := &sends{random: random, queues: queueNames(count)}
	others := max(0, 100-sending-crashes)
	return generator.Mix(random,
		generator.Weighted{Weight: sending, Of: generator.Forever(m.send)},
		generator.Weighted{Weight: crashes, Of: m.wishing(crashConsumer)},
		generator.Weighted{Weight: (others + 1) / 2, Of: generator.Forever(m.receive)},
		generator.Weighted{Weight: others / 2, Of: m.wishing(ackMessage)},
	), nil
}

func (m *sends) wishing(f string) generator.Generator {
	return generator.Forever(func() history.Op { return history.Op{F: f, Key: m.queue()} })
}

// Final drains every queue that was used, until nothing has come for as long as the
// system may take to hand out again what was not acknowledged.
func (messages) Final(cfg Config, sofar *history.History, worker int) generator.Generator {
	s := chosen{cfg: cfg}
	redelivery := s.span(messageRedelivery)
	queues := lastKeys(sofar, queueCount.high)
	drains := make([]generator.Generator, len(queues))
	for i := range queues {
		name := queues[(i+worker)%len(queues)]
		d := &redrain{drain: drain{queue: name, left: drainLimit(2 * countOf(sofar, sendQueue, name))}, redelivery: redelivery}
		drains[i] = generator.Func(d.next)
	}
	return generator.Sequence(drains...)
}

// redrain receives until nothing has come for a time. What it receives is
// acknowledged by the memory of its client.
type redrain struct {
	drain
	redelivery time.Duration
	// quiet is set while the queue is empty, since a time.
	quiet bool
	since time.Duration
}

func (d *redrain) next(done *history.Op) (op history.Op, ok bool) {
	d.note(done)
	if d.left <= 0 || d.failed >= patience {
		return op, false
	}
	return history.Op{F: receiveQueue, Key: d.queue, Final: true}, true
}

// note looks at how the last operation ended. Whatever was not acknowledged for
// certain will come again, so that the wait begins anew.
func (d *redrain) note(done *history.Op) {
	switch {
	case done == nil:
	case done.Type != history.OK:
		d.quiet = false
		d.failed++
	case done.F == receiveQueue && done.Value.IsNil():
		d.empty(done.Time)
	default:
		d.quiet, d.failed = false, 0
		d.left--
	}
}

func (d *redrain) empty(now time.Duration) {
	if !d.quiet {
		d.quiet, d.since = true, now
	}
	if now-d.since >= d.redelivery {
		d.left = 0
	}
}

func (messages) Remember(cfg Config, _ cluster.Client, _ int) Memory {
	s := chosen{cfg: cfg}
	return &consumer{prefetch: s.number(messagePrefetch), retries: s.number(sendRetries), pause: min(time.Second, s.span(messageRedelivery)/8)}
}

// consumer is the memory of a client that takes messages.
type consumer struct {
	// retries is how often it sends again, if it sends.
	prefetch, retries int
	// pause is how long it waits in a drain before it looks into an empty queue again.
	pause time.Duration
	empty bool
	// taken are those that it has not acknowledged, the oldest first.
	taken []taken
}

// taken is a message that was handed out to this client.
type taken struct {
	queue string
	Message
}

func (c *consumer) Disconnected() { c.taken = nil }

func (c *consumer) Next(ctx context.Context, wish history.Op) Step {
	switch {
	case wish.F == sendQueue:
		return Step{Op: wish, Call: retrying(c.retries, plain(messages{}, wish))}
	case wish.F == crashConsumer:
		wish.F = receiveQueue
		return Step{Op: wish, Fresh: true, Call: c.take(wish)}
	case len(c.taken) > 0 && (wish.F == ackMessage || wish.Final || len(c.taken) >= c.prefetch):
		return c.acknowledge(wish)
	}
	if wish.Final && c.empty {
		wait(ctx, c.pause)
	}
	wish.F = receiveQueue
	return Step{Op: wish, Call: c.take(wish)}
}

func (c *consumer) take(op history.Op) Call {
	return func(ctx context.Context, client cluster.Client) (history.Value, func(), error) {
		of, err := asMessages(client)
		if err != nil {
			return history.Value{}, nil, err
		}
		m, found, err := of.Take(ctx, op.Key)
		if err != nil {
			return history.Value{}, nil, err
		}
		return optional(m.Value, found), func() { c.took(op.Key, m, found) }, nil
	}
}

func (c *consumer) took(queue string, m Message, found bool) {
	if c.empty = !found; found {
		c.taken = append(c.taken, taken{queue, m})
	}
}

// acknowledge is for the oldest message. It is tried once: what becomes of it if
// that fails is the system's concern.
func (c *consumer) acknowledge(wish history.Op) Step {
	m := c.taken[0]
	c.taken = c.taken[1:]
	op := history.Op{F: ackMessage, Key: m.queue, Value: history.Int(m.Value), Final: wish.Final}
	return Step{Op: op, Call: func(ctx context.Context, client cluster.Client) (history.Value, func(), error) {
		of, err := asMessages(client)
		if err != nil {
			return op.Value, nil, err
		}
		return op.Value, nil, of.Acknowledge(ctx, m.queue, m.Ticket)
	}}
}

func (messages) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asMessages(c)
	if err != nil {
		return op.Value, err
	}
	switch op.F {
	case sendQueue:
		value, err := integer(op)
		if err != nil {
			return op.Value, err
		}
		return op.Value, client.Publish(ctx, op.Key, value)
	case receiveQueue, crashConsumer:
		return new(consumer).take(op).without(ctx, c)
	case ackMessage:
		return op.Value, NoEffect(errUntaken)
	}
	return op.Value, unknown("messages", op, "send, receive, ack")
}

// Checker demands redelivery too, where no message may be lost.
func (messages) Checker(cfg Config) (checkers.Checker, error) {
	delivered, err := deliveryChecker(cfg, messageProfile, messageOrder)
	if err != nil {
		return nil, err
	}
	s := chosen{cfg: cfg}
	within := s.span(messageRedelivery)
	if profile, _ := choice(cfg, messageProfile); profile == delivery.AtMostOnce.String() || within == 0 {
		return delivered, s.err
	}
	return checkers.All(delivered.Name(), delivered, delivery.NewRedelivery(within)), s.err
}

var _ Remembering = messages{}
