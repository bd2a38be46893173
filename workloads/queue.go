package workloads

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// The operations on queues.
const (
	sendQueue    = "send"
	receiveQueue = "receive"
)

var (
	queueCount = number{key: "queues", otherwise: 1, low: 1, high: 1000,
		about: "how many queues are in use"}
	queueSends = number{key: "send-share", otherwise: 55, low: 1, high: 99,
		about: "how many of a hundred operations send; the others receive"}
	queueOrder = cluster.Setting{
		Key: "order", Default: "fifo", About: "which messages keep their order",
		Choices: messageOrders,
	}
	queueProfile = cluster.Setting{
		Key: "profile", Default: "exactly-once", About: "what the system promises about each message",
		Choices: []cluster.Choice{
			{Value: "at-most-once", About: "messages may be lost, but are never received twice"},
			{Value: "at-least-once", About: "messages may be received twice, but are never lost"},
			{Value: "exactly-once", About: "messages are neither lost nor received twice"},
		},
	}
)

// messageOrders are what a system may promise about the order of messages.
var messageOrders = []cluster.Choice{
	{Value: "fifo", About: "all of a queue"},
	{Value: "per-producer", About: "those that one producer sent"},
	{Value: "per-consumer", About: "those of one producer at one consumer, as in AMQP"},
	{Value: "none", About: "none do"},
}

type queue struct{}

// NewQueue sends and receives messages, each of which is sent only once, and
// demands what the setting profile says about their delivery.
//
// Operations: send takes an integer; receive gives one, or null if the queue was
// empty.
func NewQueue() Workload { return queue{} }

func (queue) Name() string { return "queue" }

func (queue) About() string {
	return "send and receive messages, then drain; none may be lost, duplicated, reordered or made up"
}

func (queue) Settings() []cluster.Setting {
	return []cluster.Setting{queueProfile, queueOrder, queueSends.setting(), queueCount.setting(), sendRetries.setting()}
}

func (queue) Supports(c cluster.Client) error {
	_, err := asQueue(c)
	return err
}

func asQueue(c cluster.Client) (Queue, error) {
	return as[Queue](c, "queue", "queues that can be sent to and received from")
}

func (q queue) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	count, sending := s.number(queueCount), s.number(queueSends)
	s.number(sendRetries)
	if _, err := q.Checker(cfg); err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, s.err
	}
	random := generator.Random(cfg.Seed, "queue")
	m := &sends{random: random, queues: queueNames(count)}
	return generator.Mix(random,
		generator.Weighted{Weight: sending, Of: generator.Forever(m.send)},
		generator.Weighted{Weight: 100 - sending, Of: generator.Forever(m.receive)},
	), nil
}

// queueNames are q if there is one queue, otherwise q1, q2, ...
func queueNames(n int) []string {
	if n == 1 {
		return []string{"q"}
	}
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("q", i+1)
	}
	return names
}

// sends makes operations on queues.
type sends struct {
	random *rand.Rand
	queues []string
	last   int
}

func (m *sends) queue() string { return m.queues[m.random.IntN(len(m.queues))] }

func (m *sends) send() history.Op {
	m.last++
	return history.Op{F: sendQueue, Key: m.queue(), Value: history.Int(m.last)}
}

func (m *sends) receive() history.Op { return history.Op{F: receiveQueue, Key: m.queue()} }

// Final drains every queue that was used.
func (queue) Final(_ Config, sofar *history.History, worker int) generator.Generator {
	queues := lastKeys(sofar, queueCount.high)
	drains := make([]generator.Generator, len(queues))
	for i := range queues {
		// Workers begin at different queues, so as not to be in each other's way.
		name := queues[(i+worker)%len(queues)]
		d := &drain{queue: name, left: drainLimit(countOf(sofar, sendQueue, name))}
		drains[i] = generator.Func(d.next)
	}
	return generator.Sequence(drains...)
}

// drainLimit is how many receives have to be enough to empty a queue: a system
// that delivers again and again would keep us for ever.
func drainLimit(sent int) int { return 2*sent + 100 }

// patience is how many receives in a row may fail before a drain is given up. The
// harness waits longer after each, about twenty seconds in all.
const patience = 30

// drain receives until the queue was seen empty.
type drain struct {
	queue        string
	left, failed int
}

func (d *drain) next(done *history.Op) (op history.Op, ok bool) {
	d.note(done)
	if d.left <= 0 || d.failed >= patience {
		return op, false
	}
	d.left--
	return history.Op{F: receiveQueue, Key: d.queue, Final: true}, true
}

// note looks at how the last receive ended. One that failed, or may have taken a
// message, says nothing about the queue: the drain goes on.
func (d *drain) note(done *history.Op) {
	switch {
	case done == nil:
	case done.Type != history.OK:
		d.failed++
	case done.Value.IsNil():
		d.left = 0
	default:
		d.failed = 0
	}
}

// Remember gives clients a memory if they are to send again.
func (queue) Remember(cfg Config, _ cluster.Client, _ int) Memory {
	s := chosen{cfg: cfg}
	if retries := s.number(sendRetries); retries > 0 {
		return producer{retries}
	}
	return nil
}

var _ Remembering = queue{}

func (queue) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asQueue(c)
	if err != nil {
		return op.Value, err
	}
	switch op.F {
	case sendQueue:
		return op.Value, invokeSend(ctx, client, op)
	case receiveQueue:
		value, found, err := client.Receive(ctx, op.Key)
		return optional(value, found && err == nil), err
	}
	return op.Value, unknown("queue", op, "send, receive")
}

func invokeSend(ctx context.Context, client Queue, op history.Op) error {
	value, err := integer(op)
	if err != nil {
		return err
	}
	return client.Send(ctx, op.Key, value)
}

func (queue) Checker(cfg Config) (checkers.Checker, error) {
	return deliveryChecker(cfg, queueProfile, queueOrder)
}

// deliveryChecker judges messages by what the settings say is promised.
func deliveryChecker(cfg Config, profile, order cluster.Setting) (checkers.Checker, error) {
	name, err := choice(cfg, profile)
	if err != nil {
		return nil, err
	}
	promise, err := delivery.ParseProfile(name)
	if err != nil {
		return nil, err
	}
	kept, err := choice(cfg, order)
	if err != nil {
		return nil, err
	}
	switch kept {
	case "per-producer":
		return delivery.New(promise, delivery.PerProducer()), nil
	case "per-consumer":
		return delivery.New(promise, delivery.PerConsumer()), nil
	case "none":
		return delivery.New(promise, delivery.Unordered()), nil
	}
	return delivery.New(promise), nil
}
