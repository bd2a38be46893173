package raft

import (
	"fmt"
	"time"
)

// never is when an operation with an unknown outcome ends.
const never = time.Duration(1<<63 - 1)

// call is an operation of a simulated client.
type call struct {
	process    int
	command    Command
	start, end time.Duration
	// unknown operations may have happened, failed ones have not.
	unknown, failed bool
	response        Response
}

// recorder keeps what the clients saw.
type recorder struct{ calls []*call }

// load is what the clients do.
type load struct {
	clients int
	// think is the mean time between the operations of a client.
	think time.Duration
	// reads is the share of reads among the operations on registers.
	reads float64
	// kind is what they use: registers (the default), a set or a queue.
	kind kind
	// keys is how many registers are in use at a time, perKey for how many
	// operations each; then new ones take their place.
	keys, perKey int
}

type kind int

const (
	registers kind = iota
	oneSet
	oneQueue
	// stores are of registers and lists, which transactions use.
	stores
)

func (l load) withDefaults() load {
	orElse(&l.clients, 6)
	orElse(&l.think, 30*time.Millisecond)
	orElse(&l.reads, 0.5)
	orElse(&l.keys, 2)
	orElse(&l.perKey, 80)
	return l
}

// patience is when a simulated client hangs up.
const patience = 2 * time.Second

// client works at one node, one operation at a time.
type client struct {
	sim     *simulation
	node    *simNode
	load    load
	process int
	// until is when it stops.
	until time.Duration
	// current is the operation that has not ended.
	current *call
}

// work starts the clients, which take turns at the nodes.
func (s *simulation) work(l load, until time.Duration) {
	for i := range l.clients {
		c := &client{sim: s, node: s.nodes[i%len(s.nodes)], load: l, process: i, until: until}
		s.after(s.between(0, 2*l.think), c.next)
	}
}

func (c *client) next() {
	if c.sim.now >= c.until {
		return
	}
	c.invoke(c.choose(), func(*call) { c.sim.after(c.sim.between(0, 2*c.load.think), c.next) })
}

// invoke calls then once the operation has ended one way or another.
func (c *client) invoke(command Command, then func(*call)) {
	op := &call{process: c.process, command: command, start: c.sim.now, end: never, unknown: true}
	c.sim.recorder.calls = append(c.sim.recorder.calls, op)
	c.current = op
	end := func() {
		if c.current == op {
			c.current = nil
			then(op)
		}
	}
	taken := c.sim.request(c.node, arguments(command), func(r Response) {
		if c.current == op {
			op.complete(r, c.sim.now)
			end()
		}
	})
	if !taken {
		op.failed, op.unknown, op.end = true, false, c.sim.now
		c.sim.after(10*time.Millisecond, end)
		return
	}
	c.sim.after(patience, end)
}

func (op *call) complete(r Response, now time.Duration) {
	op.response = r
	if r.OK || r.NoEffect {
		op.unknown, op.failed, op.end = false, !r.OK, now
	}
}

func arguments(c Command) map[string]any {
	return map[string]any{"f": c.F, "key": c.Key, "value": c.Value, "old": c.Old, "new": c.New, "micros": micros(c)}
}

// choose draws the next operation. Values are unique, being the number of the
// operation.
func (c *client) choose() Command {
	unique := len(c.sim.recorder.calls) + 1
	switch c.load.kind {
	case oneQueue:
		return c.oneOf(0.55, Command{F: send, Key: "q", Value: unique}, Command{F: receive, Key: "q"})
	case oneSet:
		return c.oneOf(0.7, Command{F: add, Key: "s", Value: unique}, Command{F: elements, Key: "s"})
	}
	key := c.key(unique)
	if c.load.kind == stores {
		return c.transaction(key, unique)
	}
	change := c.oneOf(0.5,
		Command{F: write, Key: key, Value: unique},
		Command{F: cas, Key: key, Old: c.sim.recorder.likely(key), New: unique})
	return c.oneOf(c.load.reads, Command{F: read, Key: key}, change)
}

func (c *client) oneOf(probability float64, one, other Command) Command {
	if c.sim.with(probability) {
		return one
	}
	return other
}

func (c *client) key(n int) string { return c.load.keyOf(c.sim.chance.IntN(c.load.keys), n) }

// keyOf names the i-th of the registers that are in use at the n-th operation.
func (l load) keyOf(i, n int) string { return fmt.Sprintf("r%d.%d", n/(l.keys*l.perKey), i) }

// likely is a value that the register may hold: the last that somebody saw.
func (r recorder) likely(key string) int {
	for i := len(r.calls) - 1; i >= 0; i-- {
		op := r.calls[i]
		if op.command.Key != key || !op.response.OK {
			continue
		}
		switch {
		case op.command.F == write:
			return op.command.Value
		case op.command.F == cas && op.response.Swapped:
			return op.command.New
		case op.command.F == read:
			return op.response.Value
		}
	}
	return 0
}
