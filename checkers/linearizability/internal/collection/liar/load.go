package liar

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// Load is a big history without a lie: clients that each wait for an answer before
// they ask again.
type Load struct {
	Kind
	Operations, Clients int
	// Unknown is the share of operations of unknown outcome, half of which take
	// effect some time later.
	Unknown float64
	// Values is how many values there are, 0 if each is added only once.
	Values int
	Seed   uint64
}

// History lets the clients work.
func (l Load) History() *history.History {
	w := &work{Load: l, random: rand.New(rand.NewPCG(l.Seed, 7)), store: l.store(), history: &history.History{}}
	w.values = w.random.Perm(l.Operations)
	for i := range w.values {
		if l.Values > 0 {
			w.values[i] %= l.Values
		}
	}
	w.clients = make([]client, l.Clients)
	for i := range w.clients {
		w.renew(&w.clients[i])
	}
	for w.begun < l.Operations || w.busy > 0 {
		w.step(&w.clients[w.random.IntN(l.Clients)])
	}
	return w.history
}

type work struct {
	Load
	random  *rand.Rand
	store   store
	history *history.History
	values  []int
	clients []client
	// begun operations were invoked, and busy clients wait.
	begun, busy, process int
	// late are operations that take effect although nobody waits.
	late []history.Op
}

type client struct {
	process      int
	op           history.Op
	waits, acted bool
	answer       history.Value
}

func (w *work) renew(c *client) {
	*c = client{process: w.process}
	w.process++
}

func (w *work) step(c *client) {
	if len(w.late) > 0 && w.random.IntN(20) == 0 {
		at := w.random.IntN(len(w.late))
		w.effect(w.late[at])
		w.late = slices.Delete(w.late, at, at+1)
	}
	switch {
	case !c.waits && w.begun < w.Operations:
		w.invoke(c)
	case !c.waits:
	case !c.acted && w.random.Float64() < w.Unknown:
		w.record(c, history.Info, c.op.Value)
		if w.random.IntN(2) == 0 {
			w.late = append(w.late, c.op)
		}
		w.busy--
		w.renew(c)
	case !c.acted:
		c.acted, c.answer = true, w.effect(c.op)
	default:
		w.record(c, history.OK, c.answer)
		c.waits, c.acted = false, false
		w.busy--
	}
}

func (w *work) invoke(c *client) {
	c.op, c.waits = history.Op{F: w.Remove}, true
	if w.random.IntN(2) == 0 {
		c.op = history.Op{F: w.Add, Value: history.Int(w.values[w.begun])}
	}
	w.begun++
	w.busy++
	w.record(c, history.Invoke, c.op.Value)
}

func (w *work) effect(op history.Op) history.Value {
	if value, adds := op.Value.Int(); adds {
		w.store.add(value)
		return op.Value
	}
	if value, ok := w.store.take(); ok {
		return history.Int(value)
	}
	return history.Value{}
}

func (w *work) record(c *client, t history.Type, v history.Value) {
	op := c.op
	op.Index, op.Process, op.Type, op.Value = len(w.history.Ops), c.process, t, v
	op.Time = time.Duration(op.Index) * time.Microsecond
	w.history.Ops = append(w.history.Ops, op)
}

// store is a collection that is fast and honest.
type store interface {
	add(value int)
	take() (value int, ok bool)
}

func (k Kind) store() store {
	switch k.Add {
	case Queue.Add:
		return &fifo{}
	case Stack.Add:
		return &lifo{}
	}
	return &smallest{}
}

type fifo struct {
	values []int
	taken  int
}

func (f *fifo) add(value int) { f.values = append(f.values, value) }

func (f *fifo) take() (int, bool) {
	if f.taken == len(f.values) {
		return 0, false
	}
	f.taken++
	return f.values[f.taken-1], true
}

type lifo struct{ values []int }

func (l *lifo) add(value int) { l.values = append(l.values, value) }

func (l *lifo) take() (int, bool) {
	n := len(l.values) - 1
	if n < 0 {
		return 0, false
	}
	value := l.values[n]
	l.values = l.values[:n]
	return value, true
}

type smallest struct{ ints }

func (s *smallest) add(value int) { heap.Push(&s.ints, value) }

func (s *smallest) take() (int, bool) {
	if len(s.ints) == 0 {
		return 0, false
	}
	return heap.Pop(&s.ints).(int), true
}

type ints []int

func (s ints) Len() int           { return len(s) }
func (s ints) Less(i, j int) bool { return s[i] < s[j] }
func (s ints) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *ints) Push(x any)        { *s = append(*s, x.(int)) }

func (s *ints) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}
