package log_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// service is a correct partitioned log, with its clients, who are sometimes lied
// to.
type service struct {
	random *rand.Rand
	// lies is the share of wrong answers, forgets that of commits forgotten when a
	// subscriber begins, trouble that of operations without an answer, and events that
	// of operations which are no sends and polls.
	lies, forgets, trouble, events float64
	// silent services do not tell offsets. grouped clients mostly subscribe and
	// commit. final ones only read, from the beginning.
	silent, grouped, final bool
	// most is how many records a poll has at most.
	most          int
	parts         []part
	clients       []*client
	last, process int
	recorded      history.History
	ghosts        []history.Op
}

// part is a partition: its records, and the place that the group has committed,
// or -1.
type part struct {
	offsets, values []int
	committed       int
}

// client is a process. Of each partition it knows the place of the next record, or
// -1, and the one after the last that it polled, or -1.
type client struct {
	process           int
	subscribed        bool
	places            []int
	polled            []int
	op                history.Op
	busy, acted, over bool
	answer            history.Value
}

func newService(random *rand.Rand, parts int) *service {
	s := &service{random: random, parts: make([]part, parts), most: 4}
	for i := range s.parts {
		s.parts[i].committed = -1
	}
	return s
}

func (s *service) chance(p float64) bool { return s.random.Float64() < p }
func (s *service) lie() bool             { return s.chance(s.lies) }

// newClient is one of a new identity. A final one reads each partition from its
// beginning.
func (s *service) newClient() *client {
	c := &client{process: s.process, places: make([]int, len(s.parts)), polled: make([]int, len(s.parts))}
	s.process++
	for i := range c.places {
		c.polled[i] = -1
		if !s.final {
			c.places[i] = s.random.IntN(len(s.parts[i].offsets)+2) - 1
		}
	}
	return c
}

// work lets n new clients do so many operations.
func (s *service) work(n, operations int) *history.History {
	s.clients = nil
	for range n {
		s.clients = append(s.clients, s.newClient())
	}
	for operations > 0 || slices.ContainsFunc(s.clients, func(c *client) bool { return c.busy }) {
		c := s.clients[s.random.IntN(n)]
		switch {
		case c.busy:
			s.advance(c)
		case operations > 0:
			operations--
			s.invoke(c)
		}
		if c.over {
			*c = *s.newClient()
		}
	}
	return &s.recorded
}

func (s *service) record(c *client, t history.Type, v history.Value, err string) {
	op := c.op
	op.Index, op.Process, op.Type, op.Value, op.Error = len(s.recorded.Ops), c.process, t, v, err
	op.Time = time.Duration(op.Index) * time.Millisecond
	s.recorded.Ops = append(s.recorded.Ops, op)
}

func (s *service) invoke(c *client) {
	c.busy, c.acted = true, false
	c.op = s.next()
	s.record(c, history.Invoke, c.op.Value, "")
}

func (s *service) key() string { return strconv.Itoa(s.random.IntN(len(s.parts))) }

func (s *service) next() history.Op {
	switch {
	case s.final && s.chance(s.events/10):
		return history.Op{F: "subscribe"}
	case s.final || s.chance(0.4):
		op := history.Op{F: "poll", Key: s.key(), Final: s.final}
		if s.chance(0.3) {
			op.Key = ""
		}
		return op
	case !s.chance(s.events):
		s.last++
		return history.Op{F: "send", Key: s.key(), Value: history.Int(s.last)}
	}
	if s.grouped && s.chance(0.7) {
		return history.Op{F: []string{"subscribe", "commit"}[s.random.IntN(2)]}
	}
	switch s.random.IntN(7) {
	case 0:
		return history.Op{F: "assign", Value: history.List(history.String(s.key()))}
	case 1, 2:
		return history.Op{F: "subscribe"}
	case 3:
		op := history.Op{F: "seek", Key: s.key()}
		if s.chance(0.7) {
			op.Value = history.Int(s.random.IntN(6))
		}
		return op
	case 4:
		key := s.key()
		return history.Op{F: "commit", Key: key, Value: history.Int(s.somewhere(key))}
	}
	return history.Op{F: "commit"}
}

// somewhere is an offset of what is in a partition, or the next one.
func (s *service) somewhere(key string) int {
	at, _ := strconv.Atoi(key)
	offsets := append([]int{-1}, s.parts[at].offsets...)
	return offsets[s.random.IntN(len(offsets))] + 1
}

func (s *service) advance(c *client) {
	if len(s.ghosts) > 0 && s.chance(0.2) {
		s.append(s.ghosts[0])
		s.ghosts = s.ghosts[1:]
	}
	switch {
	case !c.acted && s.chance(0.6):
		c.acted, c.answer = true, s.effect(c)
	case s.chance(s.trouble):
		s.giveUp(c)
	case c.acted:
		t, err := history.OK, ""
		if c.op.F == "send" && s.lie() && s.chance(0.3) {
			t, err, c.answer = history.Fail, "refused", c.op.Value
		}
		s.record(c, t, c.answer, err)
		c.busy = false
	}
}

func (s *service) giveUp(c *client) {
	c.busy = false
	if !c.acted && s.chance(0.3) {
		s.record(c, history.Fail, c.op.Value, "refused")
		return
	}
	if s.chance(0.6) {
		s.record(c, history.Info, c.op.Value, "timeout")
	}
	if !c.acted && c.op.F == "send" && s.chance(0.5) {
		s.ghosts = append(s.ghosts, c.op)
	}
	c.over = true
}

func (s *service) effect(c *client) history.Value {
	at, _ := strconv.Atoi(c.op.Key)
	p := &s.parts[at]
	switch c.op.F {
	case "send":
		return s.append(c.op)
	case "poll":
		if c.op.Key != "" {
			return s.poll(c, at)
		}
		var all []history.Value
		for at := range s.parts {
			records := s.poll(c, at)
			if items, _ := records.Items(); len(items) > 0 {
				all = append(all, history.List(history.Int(at), records))
			}
		}
		return history.List(all...)
	case "assign", "subscribe":
		fresh := s.newClient()
		c.places, c.polled, c.subscribed = fresh.places, fresh.polled, c.op.F == "subscribe"
		for i := range c.places {
			if c.subscribed {
				c.places[i] = s.committed(i)
			}
		}
	case "seek":
		offset, is := c.op.Value.Int()
		c.places[at], _ = slices.BinarySearch(p.offsets, offset)
		c.polled[at] = -1
		if !is {
			c.places[at] = s.random.IntN(len(p.offsets) + 1)
		}
	case "commit":
		if offset, is := c.op.Value.Int(); is {
			p.committed, _ = slices.BinarySearch(p.offsets, offset)
			return c.op.Value
		}
		for i := range s.parts {
			if c.polled[i] >= 0 {
				s.parts[i].committed = c.polled[i]
			}
		}
	}
	return c.op.Value
}

// committed is the place at which a subscriber begins.
func (s *service) committed(at int) int {
	if s.chance(s.forgets) {
		return 0
	}
	if s.parts[at].committed >= 0 {
		return s.parts[at].committed
	}
	return s.random.IntN(len(s.parts[at].offsets) + 1)
}

// append is the effect of a send. Offsets have gaps, as those of markers.
func (s *service) append(op history.Op) history.Value {
	at, _ := strconv.Atoi(op.Key)
	p := &s.parts[at]
	n, _ := op.Value.Int()
	offset := 0
	if len(p.offsets) > 0 {
		offset = p.offsets[len(p.offsets)-1] + 1
	}
	if s.chance(0.1) {
		offset++
	}
	told := history.Ints(offset, n)
	if s.lie() && s.chance(0.3) {
		told = history.Ints(offset+1, n)
	}
	if s.silent {
		told = []history.Value{op.Value, {}}[s.random.IntN(2)]
	}
	if s.lie() { // lost
		return told
	}
	p.offsets, p.values = append(p.offsets, offset), append(p.values, n)
	if s.lie() { // twice
		p.offsets, p.values = append(p.offsets, offset+1), append(p.values, n)
	}
	if i := len(p.values) - 2; i >= 0 && s.lie() { // out of order
		p.values[i], p.values[i+1] = p.values[i+1], p.values[i]
	}
	return told
}

func (s *service) poll(c *client, at int) history.Value {
	p := &s.parts[at]
	if c.places[at] < 0 { // it begins wherever it likes
		c.places[at] = s.random.IntN(len(p.offsets) + 1)
	}
	if c.subscribed && s.chance(0.2) { // taken away, and given back
		c.places[at] = s.committed(at)
	}
	if s.lie() {
		c.places[at] += s.random.IntN(3) - 1
	}
	from := max(0, min(c.places[at], len(p.offsets)))
	to := min(from+1+s.random.IntN(s.most), len(p.offsets))
	var records []history.Value
	for i := from; i < to; i++ {
		n := p.values[i]
		if s.lie() && s.chance(0.2) {
			n = 1 + s.random.IntN(s.last+1)
		}
		records = append(records, history.Ints(p.offsets[i], n))
	}
	if len(records) > 1 && s.lie() {
		i := s.random.IntN(len(records))
		records = slices.Delete(records, i, i+1)
	}
	if len(records) > 1 && s.lie() && s.chance(0.3) {
		records[0], records[1] = records[1], records[0]
	}
	if to > from {
		c.places[at], c.polled[at] = to, to
	}
	return history.List(records...)
}

// readAll lets n clients read each partition from its beginning to its end.
func (s *service) readAll(n, operations int) *history.History {
	s.final, s.trouble = true, 0
	return s.work(n, operations)
}
