package weak

import (
	"slices"
	"sort"

	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

// block is how many chains are looked at together: what is known of each transaction
// is how far it sees into each of them, which is as much memory as this allows for,
// however many chains there are.
const block = 64

// Causal are the demands of that level: a reader sees its session's earlier
// transactions, whom it reads from, and what these see. acyclic is false if that is
// circular; then there are no demands, and the level is not kept.
func (j *Judge) Causal() (demands []Demand, acyclic bool) {
	order, acyclic := j.order()
	if !acyclic {
		return nil, false
	}
	j.demands = nil
	c := &causal{Judge: j, order: order, clocks: make([][block]int32, len(j.h.Txns))}
	c.groupWriters()
	for first := 0; first < j.h.Chains; first += block {
		c.sweep(int32(first))
	}
	return j.demands, true
}

type causal struct {
	*Judge
	order []int32
	// writers of each key, by chain, and there in order; those of a key end at ends, and
	// each writer's key and chain at its until.
	writers []int32
	ends    []int
	until   []int
	// clocks are how many transactions of each chain of the block each sees.
	clocks [][block]int32
}

func (c *causal) groupWriters() {
	next := make([]int, c.h.Keys+1)
	for t := range c.h.Txns {
		for _, key := range c.h.Txns[t].Writes {
			next[key+1]++
		}
	}
	for key := range c.h.Keys {
		next[key+1] += next[key]
	}
	c.writers, c.ends = make([]int32, next[c.h.Keys]), next[:c.h.Keys]
	byChain := make([]int32, 0, len(c.h.Txns))
	for t := 1; t < len(c.h.Txns); t++ {
		byChain = append(byChain, int32(t))
	}
	slices.SortStableFunc(byChain, func(a, b int32) int { return int(c.h.Txns[a].Chain - c.h.Txns[b].Chain) })
	for _, t := range byChain {
		for _, key := range c.h.Txns[t].Writes {
			c.writers[next[key]] = t
			next[key]++
		}
	}
	c.groupChains()
}

// groupChains finds where the writers of each key and chain end, so that the many of a
// busy key need not be looked through for each read.
func (c *causal) groupChains() {
	c.until = make([]int, len(c.writers))
	for key := range c.h.Keys {
		from, to := c.writersOf(int32(key))
		for at := to - 1; at >= from; at-- {
			c.until[at] = at + 1
			if at+1 < to && c.chain(at+1) == c.chain(at) {
				c.until[at] = c.until[at+1]
			}
		}
	}
}

// chain is that of a place in writers.
func (c *causal) chain(at int) int32 { return c.h.Txns[c.writers[at]].Chain }

// writersOf are the places in writers of those of a key.
func (c *causal) writersOf(key int32) (from, to int) {
	if key > 0 {
		from = c.ends[key-1]
	}
	return from, c.ends[key]
}

// sweep is about the chains of a block.
func (c *causal) sweep(first int32) {
	for _, t := range c.order {
		clock := &c.clocks[t]
		*clock = [block]int32{}
		if before := c.h.Txns[t].After; before != registers.Initial {
			c.see(clock, before, first)
		}
		reads := c.h.Txns[t].Reads
		for n, r := range reads {
			if r.From != registers.Initial && (n == 0 || reads[n-1].From != r.From) {
				c.see(clock, r.From, first)
			}
		}
		for _, r := range reads {
			c.missed(t, r, first)
		}
	}
}

func (c *causal) see(clock *[block]int32, t, first int32) {
	seen := &c.clocks[t]
	for s, n := range seen {
		if n > clock[s] {
			clock[s] = n
		}
	}
	if s := c.h.Txns[t].Chain - first; s >= 0 && s < block && c.h.Txns[t].Place > clock[s] {
		clock[s] = c.h.Txns[t].Place
	}
}

// missed demands that the last writer that a reader sees in each chain comes before
// the one that it read from, unless that one sees it itself.
func (c *causal) missed(t int32, r registers.Read, first int32) {
	from, to := c.writersOf(r.Key)
	from += sort.Search(to-from, func(i int) bool { return c.chain(from+i) >= first })
	for ; from < to && c.chain(from) < first+block; from = c.until[from] {
		group, chain := c.writers[from:c.until[from]], c.chain(from)-first
		saw := c.clocks[t][chain]
		last := sort.Search(len(group), func(i int) bool { return c.h.Txns[group[i]].Place > saw }) - 1
		if last >= 0 && c.h.Txns[group[last]].Place > c.clocks[r.From][chain] {
			c.demand(Demand{group[last], r.From, t, r.Key, c.seenBy(t, group[last])})
		}
	}
}

// seenBy is a key that a reader read from a transaction, or -1.
func (c *causal) seenBy(reader, writer int32) int32 {
	for _, r := range c.h.Txns[reader].Reads {
		if r.From == writer {
			return r.Key
		}
	}
	return -1
}

// order is an order that agrees with sessions and with who read from whom.
func (j *Judge) order() (order []int32, acyclic bool) {
	g := newGraph(j.h, true, nil)
	missing := make([]int32, len(j.h.Txns))
	for _, to := range g.to {
		missing[to]++
	}
	for t := range missing {
		if missing[t] == 0 {
			order = append(order, int32(t))
		}
	}
	for n := 0; n < len(order); n++ {
		for _, to := range g.of(order[n]) {
			if missing[to]--; missing[to] == 0 {
				order = append(order, to)
			}
		}
	}
	return order, len(order) == len(j.h.Txns)
}
