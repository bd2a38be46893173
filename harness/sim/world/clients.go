package world

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/sim/trace"
	"github.com/assaykit/assay/harness/sim/virtual"
)

// How long a request and its answer are on their way between a client and a
// node, which are close to each other.
const (
	nearest  = 50 * time.Microsecond
	farthest = 500 * time.Microsecond
)

// connection is a client's way to a node.
type connection struct {
	node   *Node
	number int
	dice   dice
	// life is that of the process to which it is open; 0 is none.
	life int
}

// call is a request that waits for its answer.
type call struct {
	connection *connection
	number     uint64
	body       []byte
	waiter     *virtual.Waiter
	answered   bool
	answer     []byte
	err        error
	// client is the lane of the trace, message the number of the request in it.
	client  string
	message int
}

func (c *call) lane() string { return c.client }

// Observer is the lane of clients that are none of the run's: those that ask who
// leads, or whether the cluster is ready.
const Observer = "assay"

// Lane is the name of a client in a trace.
func Lane(client int) string { return fmt.Sprint("c", client) }

// Connect implements cluster.Direct.
func (n *Node) Connect() cluster.Connection {
	n.w.connections++
	seed := scramble(uint64(n.w.config.Seed)) ^ scramble(uint64(n.w.connections)+0x636c69656e74)
	return &connection{node: n, number: n.w.connections, dice: dice{seed}}
}

func (c *connection) Number() int  { return c.number }
func (c *connection) Close() error { c.life = 0; return nil }

// Request implements cluster.Connection.
func (c *connection) Request(ctx context.Context, body []byte) ([]byte, error) {
	if c.life == 0 {
		if err := c.dial(ctx); err != nil {
			return nil, fmt.Errorf("%w %s: %w", cluster.ErrUnsent, c.node.name, err)
		}
	}
	w := c.node.w
	w.requests++
	k := &call{connection: c, number: w.requests, body: body, waiter: w.time.NewWaiter(), client: Observer}
	if client, ok := cluster.ClientOf(ctx); ok && w.traced() {
		k.client = Lane(client)
	}
	w.messages++
	k.message = w.messages
	if w.traced() {
		w.note(trace.Event{Kind: trace.Send, Node: k.client, Peer: c.node.name, Number: k.message, Text: string(body)})
	}
	w.time.After(c.dice.between(nearest, farthest), virtual.Func(k.arrive))
	k.waiter.Wait(ctx)
	switch {
	case k.answered:
		return k.answer, nil
	case k.err != nil:
		c.life = 0
		return nil, k.err
	}
	delete(c.node.calls, k.number)
	c.life = 0
	return nil, fmt.Errorf("no answer: %w", ctx.Err())
}

// dial makes a connection: at once, unless nobody listens or nothing passes. The
// kernel of a node whose process stands still accepts it.
func (c *connection) dial(ctx context.Context) error {
	n := c.node
	if n.w.cutOff(n) {
		n.w.time.NewWaiter().Wait(ctx)
		return ctx.Err()
	}
	if n.process == nil {
		n.w.time.Sleep(ctx, nearest)
		return fmt.Errorf("connection refused")
	}
	c.life = n.life
	return nil
}

// cutOff says whether clients do not reach a node.
func (w *World) cutOff(n *Node) bool {
	return w.rules.Cuts(cluster.Link{From: cluster.Clients, To: n.name})
}

// arrive is the request's arrival at the node.
func (k *call) arrive() {
	n := k.connection.node
	switch {
	case n.w.cutOff(n):
		n.w.dropped(k.client, n.name, k.message, "partition")
	case n.process == nil || n.life != k.connection.life:
		n.w.dropped(k.client, n.name, k.message, "crash")
		k.reset()
	default:
		n.calls[k.number] = k
		n.take(input{call: k})
	}
}

// answer sends the answer to a request of this life on its way.
func (n *Node) answer(request uint64, body []byte) {
	k, waits := n.calls[request]
	if !waits {
		return // the client has gone
	}
	delete(n.calls, request)
	n.w.messages++
	message := n.w.messages
	if n.w.traced() {
		n.w.note(trace.Event{Kind: trace.Send, Node: n.name, Peer: k.client, Number: message, Text: string(body)})
	}
	n.w.time.After(k.connection.dice.between(nearest, farthest), virtual.Func(func() {
		if n.w.cutOff(n) {
			n.w.dropped(n.name, k.client, message, "partition")
			return
		}
		n.w.happened(8, uint64(n.index), request)
		n.w.note(trace.Event{Kind: trace.Deliver, Node: n.name, Peer: k.client, Number: message})
		k.answered, k.answer = true, body
		k.waiter.Wake()
	}))
}

// breakCalls tells clients that the process they wait for has gone.
func (n *Node) breakCalls() {
	for _, number := range slices.Sorted(maps.Keys(n.calls)) {
		n.calls[number].reset()
	}
	n.calls = nil
}

// reset breaks the connection.
func (k *call) reset() {
	w := k.connection.node.w
	w.time.After(nearest, virtual.Func(func() {
		if !k.answered && !w.cutOff(k.connection.node) {
			k.err = fmt.Errorf("connection reset by %s", k.connection.node.name)
			k.waiter.Wake()
		}
	}))
}
