package rwregister

import (
	"maps"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// database is a correct one: serializable, or with snapshots if they are wanted, whose
// clients' transactions overlap.
type database struct {
	random        *rand.Rand
	transactions  int
	clients, keys int
	ops           int
	reads         float64 // the share of reads among the micro-operations
	lost          float64 // the share of transactions of which nobody knows
	snapshots     bool
	latest        map[int]int // what each key holds
	written       map[int]int // when each key was written last
	last, time    int
	recorded      *history.History
	begun         int
}

type working struct {
	process   int
	ops       []transaction.Op
	keys      []int
	busy      bool
	acted     bool
	snapshot  map[int]int // of the keys it reads
	snapshots int         // when that was
}

func (d *database) run() *history.History {
	d.latest, d.written, d.recorded = map[int]int{}, map[int]int{}, &history.History{}
	clients := make([]working, d.clients)
	for i := range clients {
		clients[i].process = i
	}
	next := d.clients
	for busy := 0; d.begun < d.transactions || busy > 0; {
		c := &clients[d.random.IntN(len(clients))]
		switch {
		case !c.busy && d.begun < d.transactions:
			d.begin(c)
			busy++
		case !c.busy:
		case d.snapshots && c.snapshot == nil:
			c.snapshot, c.snapshots = maps.Clone(d.seenBy(c)), d.time
		case !c.acted:
			d.act(c)
		default:
			d.done(c, &next)
			busy--
		}
	}
	return d.recorded
}

func (d *database) record(c *working, t history.Type) {
	at := len(d.recorded.Ops)
	ops := c.ops
	if t != history.OK {
		ops = make([]transaction.Op, len(c.ops))
		for i, op := range c.ops {
			if ops[i] = op; op.Kind == transaction.Read {
				ops[i].Value, ops[i].Found = 0, false
			}
		}
	}
	d.recorded.Ops = append(d.recorded.Ops, history.Op{Index: at, Process: c.process, F: transaction.F, Type: t,
		Value: transaction.Value(ops, false), Time: time.Duration(at) * time.Microsecond})
}

func (d *database) begin(c *working) {
	d.begun++
	*c = working{process: c.process, busy: true}
	for range 1 + d.random.IntN(2*d.ops-1) {
		key := d.random.IntN(d.keys)
		op := transaction.Op{Key: strconv.Itoa(key)}
		if d.random.Float64() >= d.reads {
			d.last++
			op.Kind, op.Value = transaction.Write, d.last
		}
		c.ops, c.keys = append(c.ops, op), append(c.keys, key)
	}
	d.record(c, history.Invoke)
}

// seenBy is what a transaction would see now.
func (d *database) seenBy(c *working) map[int]int {
	seen := map[int]int{}
	for _, key := range c.keys {
		if value, found := d.latest[key]; found {
			seen[key] = value
		}
	}
	return seen
}

// act lets a transaction take effect, unless it wrote what was written since its
// snapshot.
func (d *database) act(c *working) {
	c.acted = true
	d.time++
	seen := c.snapshot
	if !d.snapshots {
		seen = d.seenBy(c)
	}
	for i := range c.ops {
		if c.ops[i].Kind == transaction.Write && d.snapshots && d.written[c.keys[i]] > c.snapshots {
			c.ops = nil
			return
		}
	}
	for i := range c.ops {
		op := &c.ops[i]
		if op.Kind == transaction.Write {
			seen[c.keys[i]] = op.Value
			d.latest[c.keys[i]], d.written[c.keys[i]] = op.Value, d.time
			continue
		}
		op.Value, op.Found = seen[c.keys[i]]
	}
}

func (d *database) done(c *working, next *int) {
	c.busy = false
	switch {
	case c.ops == nil:
		d.record(c, history.Fail)
	case d.random.Float64() < d.lost:
		d.record(c, history.Info)
		c.process = *next
		*next++
	default:
		d.record(c, history.OK)
	}
}
