// Package keyed makes a service of many objects from a protocol for one: every key
// has an instance of its own, made when it is first needed. It adds nothing to what
// the protocol promises of one object.
//
// It gives requests numbers that no other node and no earlier incarnation has given,
// and carries an answer to the node that its client asked. So a protocol may name a
// request to another node, and answer a request that another node got.
package keyed

import (
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/call"
)

// Actor is a service of objects of the protocol Of.
type Actor[S, M any] struct {
	Of actor.Actor[S, M]
	// OneAtATime lets the requests for a key wait at a node until the one before is
	// answered, for protocols whose nodes work at one request at a time.
	OneAtATime bool
}

// maxWaiting bounds how many requests wait for a key at a node.
const maxWaiting = 1000

// State is one node.
type State[S any] struct {
	// Incarnation counts the starts, Last the requests since.
	Incarnation uint64       `json:"incarnation"`
	Last        uint64       `json:"last"`
	Objects     map[string]S `json:"objects"`
	// Asked are the requests to this node without an answer, by our numbers.
	Asked map[uint64]Asked `json:"asked"`
	// Lines are the requests that wait for a key; the first one is being served. With
	// OneAtATime only.
	Lines map[string][]uint64 `json:"lines"`
}

// Asked is a client's request.
type Asked struct {
	// Request is the number that Context.Reply wants.
	Request uint64 `json:"request"`
	Key     string `json:"key"`
	Body    []byte `json:"body"`
}

// Message is one of an object, or the answer to a request that the receiver got.
type Message[M any] struct {
	Key    string  `json:"key,omitempty"`
	Object *M      `json:"object,omitempty"`
	Answer *Answer `json:"answer,omitempty"`
}

// Answer is one on its way to the node that the client asked.
type Answer struct {
	Request uint64 `json:"request"`
	Body    []byte `json:"body"`
}

// Start implements actor.Actor: every object starts from its own records.
func (a Actor[S, M]) Start(c actor.Context[Message[M]], durable [][]byte) State[S] {
	incarnation, records := sort(durable)
	s := State[S]{
		Incarnation: incarnation + 1,
		Objects:     make(map[string]S), Asked: make(map[uint64]Asked), Lines: make(map[string][]uint64),
	}
	c.Persist(record{Incarnation: s.Incarnation}.encode())
	n := a.at(c, &s)
	for _, r := range records {
		n.start(r.key, r.records)
	}
	return s
}

// Receive implements actor.Actor.
func (a Actor[S, M]) Receive(c actor.Context[Message[M]], s *State[S], from actor.ID, m Message[M]) {
	n := a.at(c, s)
	switch {
	case m.Answer != nil:
		key := n.Asked[m.Answer.Request].Key
		n.answered(*m.Answer)
		n.next(key)
	case m.Object != nil:
		n.object(m.Key, func(c actor.Context[M], s *S) { a.Of.Receive(c, s, from, *m.Object) })
		n.next(m.Key)
	}
}

// Timer implements actor.Actor.
func (a Actor[S, M]) Timer(c actor.Context[Message[M]], s *State[S], name string) {
	timer, key, _ := strings.Cut(name, " ")
	n := a.at(c, s)
	n.object(key, func(c actor.Context[M], s *S) { a.Of.Timer(c, s, timer) })
	n.next(key)
}

// Request implements actor.Actor.
func (a Actor[S, M]) Request(c actor.Context[Message[M]], s *State[S], request uint64, body []byte) {
	r, err := call.Parse(body)
	if err != nil {
		c.Reply(request, call.Refused("%v", err).Body())
		return
	}
	a.at(c, s).admit(Asked{Request: request, Key: r.Key, Body: body})
}

// node is one reaction of one node.
type node[S, M any] struct {
	actor.Context[Message[M]]
	*State[S]
	config Actor[S, M]
}

func (a Actor[S, M]) at(c actor.Context[Message[M]], s *State[S]) node[S, M] {
	return node[S, M]{c, s, a}
}

func (n node[S, M]) start(key string, records [][]byte) {
	n.Objects[key] = n.config.Of.Start(n.within(key), records)
}

// object lets the instance of a key react.
func (n node[S, M]) object(key string, react func(actor.Context[M], *S)) {
	if _, known := n.Objects[key]; !known {
		n.start(key, nil)
	}
	s := n.Objects[key]
	react(n.within(key), &s)
	n.Objects[key] = s
}

func (n node[S, M]) admit(asked Asked) {
	line := n.Lines[asked.Key]
	if len(line) >= maxWaiting {
		n.Reply(asked.Request, call.Refused("%d requests wait for this key already", len(line)).Body())
		return
	}
	n.Last++
	number := n.number()
	n.Asked[number] = asked
	if n.config.OneAtATime {
		n.Lines[asked.Key] = append(line, number)
	}
	if len(line) == 0 {
		n.serve(number)
	}
}

func (n node[S, M]) serve(number uint64) {
	asked := n.Asked[number]
	n.object(asked.Key, func(c actor.Context[M], s *S) { n.config.Of.Request(c, s, number, asked.Body) })
	n.next(asked.Key)
}

// next serves who is first in line by now, if that is another one than before.
func (n node[S, M]) next(key string) {
	line := n.Lines[key]
	if len(line) == 0 {
		return
	}
	if _, waits := n.Asked[line[0]]; waits {
		return
	}
	line = line[1:]
	if len(line) == 0 {
		delete(n.Lines, key)
		return
	}
	n.Lines[key] = line
	n.serve(line[0])
}

// answered ends a request of this node; a second answer finds none.
func (n node[S, M]) answered(a Answer) {
	asked, waits := n.Asked[a.Request]
	if !waits {
		return
	}
	delete(n.Asked, a.Request)
	n.Reply(asked.Request, a.Body)
}

// A request's number holds the incarnation, the place among the requests since, and
// the place of the node among all nodes.
const (
	nodeBits  = 8
	countBits = 32
)

func (n node[S, M]) number() uint64 {
	return n.Incarnation<<(countBits+nodeBits) | n.Last<<nodeBits | uint64(slices.Index(n.all(), n.Self()))
}

// gateway is the node that gave a request its number; none if there is no such node.
func (n node[S, M]) gateway(request uint64) actor.ID {
	all := n.all()
	place := int(request & (1<<nodeBits - 1))
	if place >= len(all) {
		return ""
	}
	return all[place]
}

// all are the nodes, in an order that they agree on.
func (n node[S, M]) all() []actor.ID {
	all := append([]actor.ID{n.Self()}, n.Peers()...)
	slices.Sort(all)
	return all
}

// within is where the instance of a key lives.
func (n node[S, M]) within(key string) actor.Context[M] { return &within[S, M]{n, key} }

type within[S, M any] struct {
	node node[S, M]
	key  string
}

func (w *within[S, M]) Self() actor.ID    { return w.node.Self() }
func (w *within[S, M]) Peers() []actor.ID { return w.node.Peers() }
func (w *within[S, M]) Send(to actor.ID, m M) {
	w.node.Send(to, Message[M]{Key: w.key, Object: &m})
}
func (w *within[S, M]) SetTimer(name string, after time.Duration) {
	w.node.SetTimer(name+" "+w.key, after)
}
func (w *within[S, M]) CancelTimer(name string) { w.node.CancelTimer(name + " " + w.key) }
func (w *within[S, M]) Persist(body []byte) {
	w.node.Persist(record{Key: w.key, Body: body}.encode())
}
func (w *within[S, M]) Reply(request uint64, body []byte) {
	a := Answer{Request: request, Body: body}
	switch to := w.node.gateway(request); to {
	case "":
	case w.node.Self():
		w.node.answered(a)
	default:
		w.node.Send(to, Message[M]{Answer: &a})
	}
}
func (w *within[S, M]) Choose(n int) int         { return w.node.Choose(n) }
func (w *within[S, M]) Now() time.Duration       { return w.node.Now() }
func (w *within[S, M]) WallClock() time.Duration { return w.node.WallClock() }
