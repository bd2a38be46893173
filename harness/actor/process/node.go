package process

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/assaykit/assay/harness/actor"
)

// maxBatch is how many reactions share one sync of the log at most. It bounds
// how long the first of them waits for the last.
const maxBatch = 256

// event is something that the actor reacts to.
type event[S, M any] func(c actor.Context[M], s *S)

// sender is the way to a node. It never blocks; what does not fit is lost.
type sender interface{ send(payload []byte) }

// replier hands answers to clients. It never blocks.
type replier interface {
	reply(request uint64, body []byte)
}

// node owns the actor's state. Only the goroutine in run touches anything but
// events.
type node[S, M any] struct {
	actor   actor.Actor[S, M]
	state   S
	context reactions[M]
	events  chan event[S, M]
	journal journal
	routes  map[actor.ID]sender
	clients replier
	log     *log.Logger
}

func newNode[S, M any](cfg Config, a actor.Actor[S, M], out outside, clients replier) *node[S, M] {
	return &node[S, M]{
		actor:   a,
		context: newReactions[M](cfg, len(out.durable)),
		events:  make(chan event[S, M], 4*maxBatch),
		journal: out.journal,
		routes:  make(map[actor.ID]sender),
		clients: clients,
		log:     out.log,
	}
}

// start lets the actor make its state from what was durable.
func (n *node[S, M]) start(durable [][]byte) error {
	n.react(func(c actor.Context[M], s *S) { *s = n.actor.Start(c, durable) })
	return n.commit()
}

// run reacts to events and timers until the context ends or the log fails.
func (n *node[S, M]) run(ctx context.Context) error {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for {
		alarm.Reset(n.context.untilTimer())
		select {
		case <-ctx.Done():
			return nil
		case e := <-n.events:
			n.react(e)
		case <-alarm.C:
		}
		n.drain()
		if err := n.commit(); err != nil {
			return err
		}
	}
}

// drain reacts to what is due already. Timers and events take turns, so that
// neither can starve the other.
func (n *node[S, M]) drain() {
	for range maxBatch {
		name, due := n.context.timers.due(n.context.clock())
		if due {
			n.react(func(c actor.Context[M], s *S) { n.actor.Timer(c, s, name) })
		}
		select {
		case e := <-n.events:
			n.react(e)
		default:
			if !due {
				return
			}
		}
	}
}

func (n *node[S, M]) react(e event[S, M]) {
	n.context.now = n.context.clock()
	e(&n.context, &n.state)
}

// commit makes durable what the reactions since the last commit persisted, and
// only then lets their sends and replies leave, in their order.
func (n *node[S, M]) commit() error {
	defer n.context.reset()
	if len(n.context.records) > 0 {
		for _, record := range n.context.records {
			if err := n.journal.Append(record); err != nil {
				return err
			}
		}
		if err := n.journal.Commit(); err != nil {
			return err
		}
	}
	for _, e := range n.context.leaving {
		n.release(e)
	}
	return nil
}

func (n *node[S, M]) release(e effect) {
	if e.kind == replied {
		n.clients.reply(e.request, e.body)
		return
	}
	route, known := n.routes[e.to]
	if !known {
		n.log.Printf("message to %q dropped: no such node", e.to)
		return
	}
	route.send(e.body)
}

// post hands an event to the node, waiting for room.
func (n *node[S, M]) post(ctx context.Context, e event[S, M]) error {
	select {
	case n.events <- e:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// request hands a client's request to the node.
func (n *node[S, M]) request(ctx context.Context, id uint64, body []byte) error {
	return n.post(ctx, func(c actor.Context[M], s *S) { n.actor.Request(c, s, id, body) })
}

// deliver hands an encoded message to the node. The error says that it cannot
// be one of our messages, or that the context ended.
func (n *node[S, M]) deliver(ctx context.Context, payload []byte) error {
	var e envelope[M]
	if err := json.Unmarshal(payload, &e); err != nil {
		return fmt.Errorf("message does not decode: %w", err)
	}
	if _, known := n.routes[e.From]; !known {
		return fmt.Errorf("message from %q: no such node", e.From)
	}
	return n.post(ctx, func(c actor.Context[M], s *S) { n.actor.Receive(c, s, e.From, e.Message) })
}

// envelope is a message on its way.
type envelope[M any] struct {
	From    actor.ID `json:"from"`
	Message M        `json:"message"`
}
