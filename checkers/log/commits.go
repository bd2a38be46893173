package log

import (
	"cmp"
	"math"
	"slices"

	"github.com/assaykit/assay/harness/history"
)

// commits are what the group of all subscribers committed, and what subscribers
// were given, by partition.
type commits struct {
	of         map[int32][]commit
	deliveries map[int32][]given
}

// commit says that everything up to an offset was committed, because a poll ended
// there, or none.
type commit struct {
	call, upTo, because int
}

// given is the lowest record that a poll gave to a subscriber.
type given struct {
	subscribed, call int
	record           int32
}

func (c *commits) add(l *log, by *consumer, i int) {
	call := &l.calls[i]
	if call.In.IsNil() {
		for at, pos := range by.positions {
			if pos.last != none {
				c.of[at] = append(c.of[at], commit{i, l.partitions[at].records[pos.last].offset, pos.call})
			}
		}
		return
	}
	all, _ := commitsOf(call)
	for _, u := range all {
		if at, known := l.places[u.partition]; known && u.offset > math.MinInt {
			c.of[at] = append(c.of[at], commit{i, u.offset - 1, none})
		}
	}
}

func (c *commits) deliver(l *log, subscribed int, b batch) {
	records := l.partitions[b.partition].records
	lowest := slices.MinFunc(b.records, func(x, y int32) int { return cmp.Compare(records[x].rank, records[y].rank) })
	if c.deliveries == nil {
		c.deliveries = map[int32][]given{}
	}
	c.deliveries[b.partition] = append(c.deliveries[b.partition], given{subscribed, b.call, lowest})
}

// judge finds what was given to subscribers again.
func (c *commits) judge(a *account, l *log) {
	for at := range l.partitions {
		if all := c.of[int32(at)]; len(all) > 0 {
			c.judgePartition(a, l, &l.partitions[at], all, c.deliveries[int32(at)])
		}
	}
}

// judgePartition goes through the polls in the order in which they were done, and
// knows the commits that were invoked before that. Of these the group's offset may
// be any one's that was not certainly replaced when the subscriber subscribed.
func (c *commits) judgePartition(a *account, l *log, p *partition, all []commit, deliveries []given) {
	slices.SortFunc(deliveries, func(x, y given) int { return cmp.Compare(l.calls[x.call].Complete, l.calls[y.call].Complete) })
	byEnd := l.byEnd(all)
	lowest := newLowest(len(all))
	next := 0
	for _, d := range deliveries {
		for ; next < len(all) && l.calls[all[next].call].Invoke < l.calls[d.call].Complete; next++ {
			lowest.add(byEnd.rank(all[next]), all[next].upTo)
		}
		last := byEnd.last(l.calls[d.subscribed].Invoke)
		if last.call == none {
			continue
		}
		floor := lowest.from(byEnd.after(l.calls[last.call].Invoke))
		if p.records[d.record].offset <= floor {
			a.found(RedeliveredAfterCommit, func() finding { return l.tellRedelivered(p, d, last, floor) })
		}
	}
}

// ends are commits in the order in which they were done.
type ends struct {
	log     *log
	commits []commit
	// newest is the one of those up to each that was invoked last.
	newest []commit
}

// end is when a commit was done: never if its outcome is unknown.
func (l *log) end(c commit) int {
	if call := &l.calls[c.call]; call.Type == history.OK {
		return call.Complete
	}
	return never
}

func (l *log) byEnd(all []commit) ends {
	e := ends{log: l, commits: slices.Clone(all), newest: make([]commit, len(all))}
	slices.SortFunc(e.commits, func(x, y commit) int { return cmp.Or(cmp.Compare(l.end(x), l.end(y)), cmp.Compare(x.call, y.call)) })
	for i, c := range e.commits {
		e.newest[i] = c
		if i > 0 && e.newest[i-1].call > c.call {
			e.newest[i] = e.newest[i-1]
		}
	}
	return e
}

// after is the rank of the first commit that was done after a time.
func (e ends) after(at int) int {
	n, _ := slices.BinarySearchFunc(e.commits, at, func(c commit, t int) int { return cmp.Compare(e.log.end(c), t) })
	return n
}

// last is the commit that was invoked last of all that were done before a time.
func (e ends) last(before int) commit {
	if n := e.after(before); n > 0 {
		return e.newest[n-1]
	}
	return commit{call: none}
}

func (e ends) rank(c commit) int {
	n, _ := slices.BinarySearchFunc(e.commits, c, func(x, y commit) int {
		return cmp.Or(cmp.Compare(e.log.end(x), e.log.end(y)), cmp.Compare(x.call, y.call))
	})
	return n
}

// lowest knows the lowest of the numbers that were added from any rank on: a
// Fenwick tree, turned round.
type lowest []int

func newLowest(n int) lowest {
	tree := make(lowest, n+1)
	for i := range tree {
		tree[i] = math.MaxInt
	}
	return tree
}

func (t lowest) add(rank, n int) {
	for i := len(t) - 1 - rank; i < len(t); i += i & -i {
		t[i] = min(t[i], n)
	}
}

func (t lowest) from(rank int) int {
	n := math.MaxInt
	for i := len(t) - 1 - rank; i > 0; i -= i & -i {
		n = min(n, t[i])
	}
	return n
}
