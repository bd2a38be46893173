package log

import "github.com/assaykit/assay/harness/history"

// consumer is a process that polls.
type consumer struct {
	// began is the call by which it last was assigned its partitions or subscribed, or
	// none, and subscribed the same if it subscribed.
	began, subscribed int
	assigned          []int32
	positions         map[int32]position
	// sought are the partitions in which it chose its place itself.
	sought map[int32]bool
}

// begin is a consumer of which nothing is known.
func begin() consumer {
	return consumer{began: none, subscribed: none, positions: map[int32]position{}}
}

// position is where a consumer is in a partition.
type position struct {
	// next is the rank of the first record that it should be given next.
	next int32
	// call brought it there, with the record last, or none after a seek.
	call int
	last int32
}

// consume follows all consumers through the log.
func (a *account) consume(l *log) {
	consumers := map[int]*consumer{}
	commits := &commits{of: map[int32][]commit{}}
	batches := l.batches
	for i := range l.calls {
		call := &l.calls[i]
		if call.F == "send" || call.Type == history.Fail {
			continue
		}
		c, known := consumers[call.Process]
		if !known {
			anew := begin()
			c, consumers[call.Process] = &anew, &anew
		}
		n := 0
		for n < len(batches) && batches[n].call == i {
			n++
		}
		switch {
		case call.F == "commit":
			commits.add(l, c, i)
		case call.Type != history.OK: // it should never act again, and nothing is known of it
			delete(consumers, call.Process)
		case call.F == "poll":
			a.poll(l, c, i, batches[:n], commits)
		default:
			c.reset(l, i)
		}
		batches = batches[n:]
	}
	commits.judge(a, l)
}

// reset notes that a consumer begins anew.
func (c *consumer) reset(l *log, i int) {
	call := &l.calls[i]
	if call.F == "seek" {
		at := l.places[call.Key]
		delete(c.positions, at)
		if c.sought == nil {
			c.sought = map[int32]bool{}
		}
		c.sought[at] = true
		if offset, is := call.In.Int(); is {
			c.positions[at] = position{next: l.partitions[at].rankOf(offset), call: i, last: none}
		}
		return
	}
	*c = begin()
	c.began = i
	if call.F == "subscribe" {
		c.subscribed = i
	}
	names, _ := partitionsOf(call.In)
	for _, name := range names {
		if at, known := l.places[name]; known {
			c.assigned = append(c.assigned, at)
		}
	}
}

func (a *account) poll(l *log, c *consumer, i int, batches []batch, commits *commits) {
	for _, b := range batches {
		a.follow(l, c, b)
		if c.subscribed != none && !c.sought[b.partition] && len(b.records) > 0 {
			commits.deliver(l, c.subscribed, b)
		}
	}
	if len(batches) > 0 || !c.final(l, i) {
		return
	}
	if at, known := l.places[l.calls[i].Key]; known {
		l.partitions[at].end(i, i)
	}
	if l.calls[i].Key != "" {
		return
	}
	for _, at := range c.assigned {
		l.partitions[at].end(i, c.began)
	}
	for at, pos := range c.positions {
		l.partitions[at].end(i, pos.call)
	}
}

// final says that a poll is one of those that together read everything. A
// subscriber begins where its group is.
func (c *consumer) final(l *log, poll int) bool { return l.calls[poll].Final && c.subscribed == none }

// end notes that a final poll was at the end of the partition.
func (p *partition) end(poll, reads int) { p.ended, p.reads = poll, reads }

// follow goes with a consumer through the records that it polled of a partition.
func (a *account) follow(l *log, c *consumer, b batch) {
	p := &l.partitions[b.partition]
	final := c.final(l, b.call)
	if final && len(b.records) == 0 {
		p.end(b.call, b.call)
		return
	}
	pos, known := c.positions[b.partition]
	for _, at := range b.records {
		rank := p.records[at].rank
		within := known && pos.call == b.call
		if known && (within || c.subscribed == none) && rank != pos.next {
			a.jump(l, p, pos, b.call, rank)
		}
		pos, known = position{next: rank + 1, call: b.call, last: at}, true
		if final && (p.high == none || rank > p.records[p.high].rank) {
			p.high, p.highBy = at, b.call
		}
	}
	c.positions[b.partition] = pos
}

// jump is called when a consumer is led to another record than the next one.
func (a *account) jump(l *log, p *partition, from position, call int, rank int32) {
	within := from.call == call
	if rank < from.next && from.last == none {
		return // it was sent to an offset that was not there yet
	}
	if rank < from.next {
		anomaly := NonmonotonicPoll
		if within {
			anomaly = InternalNonmonotonicPoll
		}
		a.found(anomaly, func() finding { return l.tellBack(p, anomaly, from, call, rank) })
		return
	}
	for r := p.unpolled(from.next); r < rank; r = p.unpolled(r) {
		p.next[r] = r + 1
		passed := &p.records[p.order[r]]
		passed.passed, passed.before = call, from.call
	}
	if p.polledUpTo[rank] == p.polledUpTo[from.next] {
		return // those that nobody polled are lost
	}
	anomaly := PollSkip
	if within {
		anomaly = InternalPollSkip
	}
	a.found(anomaly, func() finding { return l.tellSkip(p, anomaly, from, call, rank) })
}
