package listappend

import (
	"math/rand/v2"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// database simulates one that executes transactions of one to five operations, whose
// histories are what they should be by construction. Lists are replaced after so many
// appends.
type database struct {
	random *rand.Rand
	// snapshots says that it is snapshot-isolated, and no more; otherwise it is
	// strictly serializable.
	snapshots bool
	perList   int
	trouble   float64 // the share of transactions without an answer

	names   []history.Value
	lists   []*[]history.Value
	last    int
	h       *history.History
	process int
}

type client struct {
	process int
	state   int // 0 idle, 1 invoked, 2 has its snapshot, 3 has taken effect
	ops     []op
	outcome history.Type
}

type op struct {
	name    history.Value
	list    *[]history.Value
	append  bool
	value   history.Value
	lengths int // how long the list was at the snapshot
}

const activeLists = 100

// run makes a history of so many transactions of so many sessions.
func (d *database) run(transactions, sessions int) *history.History {
	d.names, d.lists = make([]history.Value, activeLists), make([]*[]history.Value, activeLists)
	for k := range d.names {
		d.replace(k)
	}
	d.h = &history.History{Ops: make([]history.Op, 0, 2*transactions)}
	clients := make([]client, sessions)
	for i := range clients {
		clients[i].process = i
	}
	d.process = sessions
	for left := transactions; left > 0; {
		c := &clients[d.random.IntN(sessions)]
		switch c.state {
		case 0:
			d.invoke(c)
			left--
		case 1:
			for i := range c.ops {
				c.ops[i].lengths = len(*c.ops[i].list)
			}
		case 2:
			d.commit(c)
		case 3:
			d.answer(c)
		}
		c.state = (c.state + 1) % 4
	}
	return d.h
}

func (d *database) replace(k int) {
	d.last++
	list := make([]history.Value, 0, d.perList)
	d.names[k], d.lists[k] = history.Int(d.last), &list
}

var (
	read       = history.String(transaction.Read.String())
	appendName = history.String(transaction.Append.String())
)

func (d *database) invoke(c *client) {
	c.ops = make([]op, 1+d.random.IntN(5))
	for i := range c.ops {
		k := d.random.IntN(activeLists)
		if len(*d.lists[k]) >= d.perList { // who has the old one goes on with it
			d.replace(k)
		}
		c.ops[i] = op{name: d.names[k], list: d.lists[k], append: d.random.IntN(2) == 0}
		if c.ops[i].append {
			d.last++
			c.ops[i].value = history.Int(d.last)
		}
	}
	d.record(c, history.Invoke)
}

func (d *database) commit(c *client) {
	c.outcome = history.OK
	if !d.snapshots {
		for i := range c.ops {
			d.execute(&c.ops[i], nil)
		}
		return
	}
	for i := range c.ops {
		if o := &c.ops[i]; o.append && len(*o.list) != o.lengths {
			c.outcome = history.Fail
			return
		}
	}
	for i := range c.ops {
		d.execute(&c.ops[i], c.ops[:i])
	}
}

// execute appends, or reads: the list as it is, or as it was at the snapshot and with
// what the transaction appended before.
func (d *database) execute(o *op, before []op) {
	if o.append {
		*o.list = append(*o.list, o.value)
		return
	}
	found := *o.list
	if d.snapshots {
		n := o.lengths
		for i := range before {
			if before[i].append && before[i].list == o.list {
				n++
			}
		}
		found = found[:n]
	}
	o.value = history.List(append([]history.Value(nil), found...)...)
}

func (d *database) answer(c *client) {
	if d.random.Float64() < d.trouble {
		d.record(c, history.Info)
		c.process = d.process
		d.process++
		return
	}
	d.record(c, c.outcome)
}

func (d *database) record(c *client, t history.Type) {
	items := make([]history.Value, len(c.ops))
	for i := range c.ops {
		o := &c.ops[i]
		switch {
		case o.append:
			items[i] = history.List(appendName, o.name, o.value)
		case t == history.OK:
			items[i] = history.List(read, o.name, o.value)
		default:
			items[i] = history.List(read, o.name, history.Value{})
		}
	}
	n := len(d.h.Ops)
	d.h.Ops = append(d.h.Ops, history.Op{Index: n, Process: c.process, Type: t, F: transaction.F, Value: history.List(items...), Time: time.Duration(n) * time.Microsecond})
}
