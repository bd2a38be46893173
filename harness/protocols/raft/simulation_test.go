package raft

import (
	"container/heap"
	"encoding/json"
	"fmt"
	"hash"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/actor"
)

// The simulation runs a cluster in virtual time: what happens next is drawn from
// one seed, so that a seed is a whole run. Nodes lose what a crash would lose,
// messages are lost, repeated, delayed and reordered, and after every reaction
// Raft's invariants are checked.

type protocol = actor.Actor[State, Message]

type simulation struct {
	actor  protocol
	chance *rand.Rand
	now    time.Duration
	events events
	nodes  []*simNode
	// cut are the links that the nemesis has broken.
	cut        map[link]bool
	weather    weather
	invariants *invariants
	// blind simulations do not look at the invariants, only at what clients see.
	blind    bool
	trace    hash.Hash64
	recorder recorder
	requests uint64
	replies  map[uint64]func(Response)
}

type link struct{ from, to actor.ID }

// weather is how the network behaves when nobody breaks it.
type weather struct {
	loss, repeat, slow float64
}

// simNode is a node and its process.
type simNode struct {
	id      actor.ID
	state   *State
	durable [][]byte
	// life counts starts; what was meant for an earlier life is void.
	life   int
	up     bool
	paused bool
	// behind is by how much its wall clock is late.
	behind time.Duration
	// held are the events that a paused process will find when it goes on, in
	// the order of each source.
	held   map[string][]func()
	timers map[string]int
	// busy is set while a reaction becomes durable; waiting events come after.
	busy    *reaction
	waiting []func()
}

// reaction collects the effects of one call of the actor.
type reaction struct {
	sim     *simulation
	node    *simNode
	records [][]byte
	leaving []func()
}

func newSimulation(a protocol, seed uint64, nodes int) *simulation {
	s := &simulation{
		actor:   a,
		chance:  rand.New(rand.NewPCG(seed, 1)),
		cut:     make(map[link]bool),
		trace:   fnv.New64a(),
		replies: make(map[uint64]func(Response)),
	}
	for i := range nodes {
		s.nodes = append(s.nodes, &simNode{id: actor.ID(fmt.Sprintf("n%d", i+1))})
	}
	s.invariants = newInvariants(s)
	return s
}

// event is something that happens at a time.
type event struct {
	at time.Duration
	// order keeps simultaneous events in the order in which they were planned.
	order int
	do    func()
}

type events struct {
	list    []event
	planned int
}

func (e *events) Len() int           { return len(e.list) }
func (e *events) Less(i, j int) bool { return before(e.list[i], e.list[j]) }
func (e *events) Swap(i, j int)      { e.list[i], e.list[j] = e.list[j], e.list[i] }
func (e *events) Push(x any)         { e.list = append(e.list, x.(event)) }
func (e *events) Pop() any {
	last := e.list[len(e.list)-1]
	e.list = e.list[:len(e.list)-1]
	return last
}

func before(a, b event) bool { return a.at < b.at || a.at == b.at && a.order < b.order }

// after plans what happens later.
func (s *simulation) after(d time.Duration, do func()) {
	s.events.planned++
	heap.Push(&s.events, event{s.now + d, s.events.planned, do})
}

// run lets time pass until the given moment, or until an invariant is broken.
func (s *simulation) run(until time.Duration) {
	for s.events.Len() > 0 && s.events.list[0].at <= until && s.invariants.broken == nil {
		next := heap.Pop(&s.events).(event)
		s.now = next.at
		next.do()
	}
	s.now = until
}

// note adds a line to the trace, of which only the hash is kept.
func (s *simulation) note(format string, args ...any) {
	fmt.Fprintf(s.trace, "%d ", s.now)
	fmt.Fprintf(s.trace, format, args...)
}

func (s *simulation) between(low, high time.Duration) time.Duration {
	return low + time.Duration(s.chance.Int64N(int64(high-low)+1))
}

func (s *simulation) with(probability float64) bool { return s.chance.Float64() < probability }

// start starts a node with what it had made durable.
func (s *simulation) start(n *simNode) {
	if n.up {
		return
	}
	n.up, n.paused, n.life = true, false, n.life+1
	n.held, n.waiting, n.busy = nil, nil, nil
	n.timers = make(map[string]int)
	s.note("start %s\n", n.id)
	s.react(n, func(c actor.Context[Message]) {
		state := s.actor.Start(c, slices.Clone(n.durable))
		n.state = &state
	})
}

// kill ends a node's process. The reaction that was about to become durable
// either did or did not; in both cases nobody hears of it.
func (s *simulation) kill(n *simNode) {
	if !n.up {
		return
	}
	s.note("kill %s\n", n.id)
	if n.busy != nil && s.with(0.5) {
		n.durable = append(n.durable, n.busy.records...)
	}
	n.up, n.state = false, nil
}

func (s *simulation) pause(n *simNode) {
	s.note("pause %s\n", n.id)
	n.paused = n.up
}

// resume lets a paused process find everything that has come meanwhile: what
// came from one source in its order, the sources as they come.
func (s *simulation) resume(n *simNode) {
	if !n.paused {
		return
	}
	s.note("resume %s\n", n.id)
	n.paused = false
	held := n.held
	n.held = nil
	for len(held) > 0 {
		sources := slices.Sorted(maps.Keys(held))
		source := sources[s.chance.IntN(len(sources))]
		first := held[source][0]
		if held[source] = held[source][1:]; len(held[source]) == 0 {
			delete(held, source)
		}
		first()
	}
}

// deliver lets a node react as soon as it can, unless it dies before.
func (s *simulation) deliver(n *simNode, life int, source string, do func(c actor.Context[Message])) {
	again := func() { s.deliver(n, life, source, do) }
	switch {
	case !n.up || n.life != life:
	case n.paused:
		if n.held == nil {
			n.held = make(map[string][]func())
		}
		n.held[source] = append(n.held[source], again)
	case n.busy != nil:
		n.waiting = append(n.waiting, again)
	default:
		s.react(n, do)
	}
}

func (s *simulation) react(n *simNode, do func(c actor.Context[Message])) {
	r := &reaction{sim: s, node: n}
	do(r)
	n.busy = r
	life := n.life
	if len(r.records) == 0 {
		s.commit(n, life)
		return
	}
	s.after(s.between(100*time.Microsecond, 2*time.Millisecond), func() { s.commit(n, life) })
}

// commit makes a reaction durable and lets its effects leave.
func (s *simulation) commit(n *simNode, life int) {
	if !n.up || n.life != life {
		return
	}
	r := n.busy
	n.busy = nil
	n.durable = append(n.durable, r.records...)
	if !s.blind {
		s.invariants.check(n)
	}
	for _, leave := range r.leaving {
		leave()
	}
	waiting := n.waiting
	n.waiting = nil
	for _, do := range waiting {
		do()
	}
}

// transmit carries a message, or loses, repeats or delays it.
func (s *simulation) transmit(from *simNode, to actor.ID, m Message) {
	body, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	s.note("%s to %s %s\n", from.id, to, body)
	copies := 1
	if s.with(s.weather.repeat) {
		copies = 2
	}
	for range copies {
		if s.with(s.weather.loss) {
			continue
		}
		delay := s.between(100*time.Microsecond, time.Millisecond)
		if s.with(s.weather.slow) {
			delay = s.between(time.Millisecond, 400*time.Millisecond)
		}
		s.after(delay, func() { s.arrive(from.id, to, body) })
	}
}

func (s *simulation) arrive(from, to actor.ID, body []byte) {
	if s.cut[link{from, to}] {
		return
	}
	n := s.node(to)
	var m Message
	if err := json.Unmarshal(body, &m); err != nil {
		panic(err)
	}
	s.deliver(n, n.life, string(from), func(c actor.Context[Message]) { s.actor.Receive(c, n.state, from, m) })
}

func (s *simulation) node(id actor.ID) *simNode {
	return s.nodes[slices.IndexFunc(s.nodes, func(n *simNode) bool { return n.id == id })]
}

// request gives a client's request to a node. It reports whether the node took
// it; the answer may never come.
func (s *simulation) request(n *simNode, c map[string]any, answered func(Response)) bool {
	if !n.up {
		return false
	}
	body, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	s.requests++
	number := s.requests
	s.replies[number] = answered
	life := n.life
	s.after(s.between(50*time.Microsecond, 500*time.Microsecond), func() {
		s.note("%s asked %s\n", n.id, body)
		s.deliver(n, life, fmt.Sprint("client ", number), func(c actor.Context[Message]) { s.actor.Request(c, n.state, number, body) })
	})
	return true
}

// The methods below make a reaction an actor.Context.

func (r *reaction) Self() actor.ID { return r.node.id }

func (r *reaction) Peers() []actor.ID {
	var peers []actor.ID
	for _, n := range r.sim.nodes {
		if n != r.node {
			peers = append(peers, n.id)
		}
	}
	return peers
}

func (r *reaction) Send(to actor.ID, m Message) {
	r.leaving = append(r.leaving, func() { r.sim.transmit(r.node, to, m) })
}

func (r *reaction) SetTimer(name string, after time.Duration) {
	n, life := r.node, r.node.life
	n.timers[name]++
	set := n.timers[name]
	r.sim.after(after, func() {
		r.sim.deliver(n, life, "timers", func(c actor.Context[Message]) {
			if n.timers[name] == set {
				r.sim.actor.Timer(c, n.state, name)
			}
		})
	})
}

func (r *reaction) CancelTimer(name string) { r.node.timers[name]++ }

func (r *reaction) Persist(record []byte) {
	r.records = append(r.records, slices.Clone(record))
}

func (r *reaction) Reply(request uint64, body []byte) {
	body = slices.Clone(body)
	r.leaving = append(r.leaving, func() {
		r.sim.note("%s answers %s\n", r.node.id, body)
		answered, waits := r.sim.replies[request]
		if !waits {
			panic(fmt.Sprintf("%s answers request %d twice", r.node.id, request))
		}
		delete(r.sim.replies, request)
		var response Response
		if err := json.Unmarshal(body, &response); err != nil {
			panic(err)
		}
		answered(response)
	})
}

func (r *reaction) Choose(n int) int { return r.sim.chance.IntN(n) }

func (r *reaction) Now() time.Duration { panic("raft asks for the time") }

func (r *reaction) WallClock() time.Duration { return r.sim.now - r.node.behind }
