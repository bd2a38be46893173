package script

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// System is what simulated clients work on.
type System interface {
	// Next is the next operation that a client invokes.
	Next() history.Op
	// Effect lets the operation take effect and returns what is to be answered.
	Effect(op history.Op) (answer any)
	// Tell says how the client is told about it; this is the place for lies.
	Tell(op history.Op, answer any) (t history.Type, v history.Value, err string)
}

// Clients are simulated ones: they invoke operations on a system, which take
// effect later, and whose answers come later still, in a random order.
type Clients struct {
	Random *rand.Rand
	System System
	// Trouble is the share of operations without an answer: refused, ended as
	// Info, or never completed. Their effects come, come later, or do not come.
	Trouble float64

	clients  []client
	ghosts   []history.Op
	process  int
	recorded history.History
}

type client struct {
	process int
	op      history.Op
	// busy clients have invoked, and of acted ones the effect has come.
	busy, acted bool
	answer      any
}

// Work lets n clients do so many operations after what was done before, and
// returns the history so far.
func (c *Clients) Work(n, operations int) *history.History {
	c.clients = make([]client, n)
	for i := range c.clients {
		c.renew(&c.clients[i])
	}
	for left := operations; ; {
		able := c.able(left > 0)
		if len(able) == 0 {
			return &c.recorded
		}
		next := able[c.Random.IntN(len(able))]
		if !next.busy {
			left--
		}
		c.act(next)
	}
}

// able are the clients that can act.
func (c *Clients) able(invoke bool) []*client {
	var able []*client
	for i := range c.clients {
		if invoke || c.clients[i].busy {
			able = append(able, &c.clients[i])
		}
	}
	return able
}

func (c *Clients) act(by *client) {
	if len(c.ghosts) > 0 && c.Random.IntN(4) == 0 {
		late := c.Random.IntN(len(c.ghosts))
		c.System.Effect(c.ghosts[late])
		c.ghosts = slices.Delete(c.ghosts, late, late+1)
	}
	switch {
	case !by.busy:
		*by = client{process: by.process, op: c.System.Next(), busy: true}
		c.record(by, history.Invoke, by.op.Value, "")
	case !by.acted && c.Random.IntN(3) > 0:
		by.acted, by.answer = true, c.System.Effect(by.op)
	case c.Random.Float64() < c.Trouble:
		c.giveUp(by)
	case by.acted:
		t, v, err := c.System.Tell(by.op, by.answer)
		c.record(by, t, v, err)
		by.busy = false
	}
}

func (c *Clients) record(by *client, t history.Type, v history.Value, err string) {
	op := by.op
	op.Index, op.Process, op.Type, op.Value, op.Error = len(c.recorded.Ops), by.process, t, v, err
	op.Time = time.Duration(op.Index) * time.Millisecond
	c.recorded.Ops = append(c.recorded.Ops, op)
}

// giveUp ends an operation without an answer. If its effect has not come, it may
// come at any later time.
func (c *Clients) giveUp(by *client) {
	by.busy = false
	how := c.Random.IntN(6)
	if how == 0 && !by.acted {
		c.record(by, history.Fail, by.op.Value, "refused")
		return
	}
	if how < 4 {
		c.record(by, history.Info, by.op.Value, "timeout")
	}
	if !by.acted && c.Random.IntN(2) == 0 {
		c.ghosts = append(c.ghosts, by.op)
	}
	c.renew(by)
}

// renew gives a client a new identity.
func (c *Clients) renew(by *client) {
	*by = client{process: c.process}
	c.process++
}
