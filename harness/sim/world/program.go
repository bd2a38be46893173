package world

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/sim/world/internal/copier"
)

// Target is implemented by targets whose nodes are actors, so that they can be
// simulated. Its clients have to reach nodes that are cluster.Direct.
type Target interface {
	cluster.Target
	// Program is what all nodes run.
	Program(cfg cluster.Config) (Program, error)
}

// Habits are what the process around an actor does wrong on purpose, as in
// process.Config.
type Habits struct {
	// NoSync acknowledges what is in memory, and writes about once a second.
	NoSync bool
	// NoChecksum believes messages that were changed on their way.
	NoChecksum bool
}

// Program is an actor with its types hidden. Of makes one.
type Program interface {
	process(n *Node) process
	habits() Habits
}

// process is what runs on a node from its start until its end. Messages are
// pointers to the actor's type.
type process interface {
	start(durable [][]byte)
	receive(from actor.ID, message any)
	timer(name string)
	request(number uint64, body []byte)
	// copy is a message that shares nothing with this one.
	copy(message any) any
	// encode and decode are what process does on the wire.
	encode(from actor.ID, message any) ([]byte, error)
	decode(payload []byte) (from actor.ID, message any, err error)
	// describe is a message for people, and tell the state, if the actor can.
	describe(message any) string
	tell() string
}

// Of is the program that an actor is. It fails if messages hold what cannot be
// sent, such as functions.
func Of[S, M any](a actor.Actor[S, M], h Habits) (Program, error) {
	copy, err := copier.For[M]()
	if err != nil {
		return nil, fmt.Errorf("messages of %T: %w", a, err)
	}
	return program[S, M]{a, h, copy}, nil
}

type program[S, M any] struct {
	actor actor.Actor[S, M]
	bad   Habits
	clone func(*M) *M
}

func (p program[S, M]) habits() Habits { return p.bad }

func (p program[S, M]) process(n *Node) process {
	r := &running[S, M]{program: p}
	r.context = reaction[M]{node: n, clone: p.clone}
	return r
}

// running is a process.
type running[S, M any] struct {
	program[S, M]
	state   S
	context reaction[M]
}

func (r *running[S, M]) start(durable [][]byte) { r.state = r.actor.Start(&r.context, durable) }

func (r *running[S, M]) receive(from actor.ID, message any) {
	r.actor.Receive(&r.context, &r.state, from, *message.(*M))
}

func (r *running[S, M]) timer(name string) { r.actor.Timer(&r.context, &r.state, name) }

func (r *running[S, M]) request(number uint64, body []byte) {
	r.actor.Request(&r.context, &r.state, number, body)
}

func (r *running[S, M]) copy(message any) any { return r.clone(message.(*M)) }

func (r *running[S, M]) tell() string {
	if d, ok := any(r.actor).(actor.Describer[S]); ok {
		return d.Describe(&r.state)
	}
	return ""
}

// envelope is a message on the wire of package process.
type envelope[M any] struct {
	From    actor.ID `json:"from"`
	Message M        `json:"message"`
}

func (r *running[S, M]) encode(from actor.ID, message any) ([]byte, error) {
	return json.Marshal(envelope[M]{from, *message.(*M)})
}

func (r *running[S, M]) decode(payload []byte) (actor.ID, any, error) {
	var e envelope[M]
	if err := json.Unmarshal(payload, &e); err != nil {
		return "", nil, err
	}
	return e.From, &e.Message, nil
}

func (r *running[S, M]) describe(message any) string {
	text, err := json.Marshal(message)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// reaction is the actor.Context of a process. What leaves is kept by the node
// until what was persisted is durable. Messages are copied at once, because a
// later reaction may change what the actor passed.
type reaction[M any] struct {
	node  *Node
	clone func(*M) *M
}

func (r *reaction[M]) Self() actor.ID    { return r.node.id }
func (r *reaction[M]) Peers() []actor.ID { return r.node.peers }

func (r *reaction[M]) Send(to actor.ID, m M) {
	r.node.leaving = append(r.node.leaving, effect{to: to, message: r.clone(&m)})
}

func (r *reaction[M]) SetTimer(name string, after time.Duration) { r.node.setTimer(name, after) }
func (r *reaction[M]) CancelTimer(name string)                   { r.node.cancelTimer(name) }

func (r *reaction[M]) Persist(record []byte) { r.node.persist(record) }

func (r *reaction[M]) Reply(request uint64, body []byte) {
	r.node.leaving = append(r.node.leaving, effect{request: request, body: append([]byte(nil), body...)})
}

func (r *reaction[M]) Choose(n int) int { return r.node.chance.IntN(n) }

func (r *reaction[M]) Now() time.Duration { return r.node.w.time.Elapsed() - r.node.started }

func (r *reaction[M]) WallClock() time.Duration { return r.node.wallClock() }
