package rwregister

import (
	"fmt"
	"maps"
	"math/bits"
	"slices"

	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// The oracle decides by trying everything: which transactions of unknown outcome
// happened, who each read is from, and all orders. It is straight from the
// definitions, and shares nothing with the checker.
type oracle struct {
	txns []small
	// in has a bit for each transaction that is taken to have happened.
	in uint
	// from is who each read of a transaction is from: -1 for nobody.
	from []map[int]int
}

// small is a transaction of a small history.
type small struct {
	history.Call
	ops []transaction.Op
}

func newOracle(h *history.History) *oracle {
	o := &oracle{}
	for _, c := range h.Calls() {
		value := c.In
		if c.Type == history.OK {
			value = c.Out
		}
		ops, err := transaction.Parse(value)
		if err != nil {
			panic(err)
		}
		o.txns = append(o.txns, small{c, ops})
	}
	return o
}

// keeps says whether there is any way in which the history keeps a level.
func (o *oracle) keeps(l isolation.Level) bool {
	for in := range uint(1) << len(o.txns) {
		if !o.fits(in) {
			continue
		}
		o.in = in
		if uncommitted(l) && o.sane() || !uncommitted(l) && o.sources(func() bool { return o.way(l) }) {
			return true
		}
	}
	return false
}

func uncommitted(l isolation.Level) bool {
	return l == isolation.ReadUncommitted || l == isolation.StrongSessionReadUncommitted || l == isolation.StrongReadUncommitted
}

// fits says whether what certainly happened is in, and what certainly did not is not.
func (o *oracle) fits(in uint) bool {
	for t := range o.txns {
		is := in&(1<<t) != 0
		if o.txns[t].Type == history.OK && !is || o.txns[t].Type == history.Fail && is {
			return false
		}
	}
	return true
}

// sane says whether each read finds something that somebody wrote, aborted or not,
// and what the transaction itself wrote last.
func (o *oracle) sane() bool {
	for t := range o.txns {
		if o.txns[t].Type != history.OK {
			continue
		}
		for n, op := range o.txns[t].ops {
			if op.Kind != transaction.Read {
				continue
			}
			if own := o.own(t, n); own >= 0 {
				if !op.Found || o.txns[t].ops[own].Value != op.Value {
					return false
				}
				continue
			}
			if op.Found && !slices.ContainsFunc(o.txns, func(s small) bool { return s.Invoke != o.txns[t].Invoke && s.writes(op.Key, op.Value) }) {
				return false
			}
		}
	}
	return true
}

func (s small) writes(key string, value int) bool {
	return slices.ContainsFunc(s.ops, func(op transaction.Op) bool {
		return op.Kind == transaction.Write && op.Key == key && op.Value == value
	})
}

// own is the transaction's last write of the key before a read, or -1.
func (o *oracle) own(t, n int) int {
	for m := n - 1; m >= 0; m-- {
		if op := o.txns[t].ops[m]; op.Kind == transaction.Write && op.Key == o.txns[t].ops[n].Key {
			return m
		}
	}
	return -1
}

// last is what a transaction leaves in a key.
func (o *oracle) last(t int, key string) (value int, wrote bool) {
	for _, op := range o.txns[t].ops {
		if op.Kind == transaction.Write && op.Key == key {
			value, wrote = op.Value, true
		}
	}
	return value, wrote
}

// sources tries all ways in which the reads can be from others.
func (o *oracle) sources(found func() bool) bool {
	o.from = make([]map[int]int, len(o.txns))
	for t := range o.from {
		o.from[t] = map[int]int{}
	}
	return o.source(0, 0, found)
}

// source tries them from a micro-operation on.
func (o *oracle) source(t, n int, found func() bool) bool {
	switch {
	case t == len(o.txns):
		return found()
	case o.in&(1<<t) == 0 || o.txns[t].Type != history.OK || n == len(o.txns[t].ops):
		return o.source(t+1, 0, found)
	}
	op := o.txns[t].ops[n]
	if op.Kind != transaction.Read {
		return o.source(t, n+1, found)
	}
	if own := o.own(t, n); own >= 0 {
		return op.Found && o.txns[t].ops[own].Value == op.Value && o.source(t, n+1, found)
	}
	if !op.Found {
		o.from[t][n] = -1
		return o.source(t, n+1, found)
	}
	for w := range o.txns {
		if value, wrote := o.last(w, op.Key); w != t && o.in&(1<<w) != 0 && wrote && value == op.Value {
			o.from[t][n] = w
			if o.source(t, n+1, found) {
				return true
			}
		}
	}
	return false
}

// before says whether a transaction comes before another one by itself.
func (o *oracle) before(a, b int, l isolation.Level) bool {
	x, y := &o.txns[a], &o.txns[b]
	if x.Type != history.OK {
		return false
	}
	switch l {
	case isolation.StrongReadCommitted, isolation.StrongConsistentView, isolation.StrongSnapshotIsolation, isolation.StrictSerializable:
		return x.Complete < y.Invoke
	case isolation.Causal, isolation.Prefix, isolation.StrongSessionReadCommitted, isolation.StrongSessionConsistentView,
		isolation.StrongSessionSnapshotIsolation, isolation.StrongSessionSerializable:
		return x.Process == y.Process && x.Invoke < y.Invoke
	}
	return false
}

// way says whether there is an order, now that the sources are known.
func (o *oracle) way(l isolation.Level) bool {
	switch l {
	case isolation.SnapshotIsolation, isolation.StrongSessionSnapshotIsolation, isolation.StrongSnapshotIsolation, isolation.Prefix:
		e := execution{oracle: o, level: l, failed: map[string]bool{}, store: map[string]int{}, snapshots: make([]map[string]int, len(o.txns))}
		return e.advance(0, 0)
	}
	return o.orders(l, nil, func(order []int) bool { return o.good(l, order) })
}

// orders tries all orders that agree with who read from whom, and with what comes
// before by itself.
func (o *oracle) orders(l isolation.Level, order []int, good func([]int) bool) bool {
	if len(order) == bits.OnesCount(o.in) {
		return good(order)
	}
	for t := range o.txns {
		if o.in&(1<<t) == 0 || slices.Contains(order, t) || !o.may(t, order, l) {
			continue
		}
		if o.orders(l, append(slices.Clone(order), t), good) {
			return true
		}
	}
	return false
}

func (o *oracle) may(t int, order []int, l isolation.Level) bool {
	for _, w := range o.from[t] {
		if w >= 0 && !slices.Contains(order, w) {
			return false
		}
	}
	for a := range o.txns {
		if a != t && o.in&(1<<a) != 0 && o.before(a, t, l) && !slices.Contains(order, a) {
			return false
		}
	}
	return true
}

// good says whether an order does for a level.
func (o *oracle) good(l isolation.Level, order []int) bool {
	place := map[int]int{-1: -1}
	for at, t := range order {
		place[t] = at
	}
	switch l {
	case isolation.ReadCommitted, isolation.StrongSessionReadCommitted, isolation.StrongReadCommitted:
		return true
	case isolation.CursorStability:
		return o.noneBetween(place)
	}
	sees := o.visible(l, order, place)
	// The axiom of Biswas and Enea: whom a reader sees, but did not read from, comes
	// before the one that it read from.
	for t := range o.txns {
		for n, w := range o.from[t] {
			for other := range o.txns {
				if _, wrote := o.last(other, o.txns[t].ops[n].Key); !wrote || other == w || other == t || o.in&(1<<other) == 0 {
					continue
				}
				if sees(other, t, n) && place[other] > place[w] {
					return false
				}
			}
		}
	}
	return true
}

// noneBetween is the axiom of cursor stability.
func (o *oracle) noneBetween(place map[int]int) bool {
	for t := range o.txns {
		last := map[string]int{}
		for n := range o.txns[t].ops {
			if w, is := o.from[t][n]; is {
				last[o.txns[t].ops[n].Key] = w
			}
		}
		for key, w := range last {
			if _, wrote := o.last(t, key); !wrote {
				continue
			}
			for other := range o.txns {
				if _, wrote := o.last(other, key); wrote && other != t && other != w && o.in&(1<<other) != 0 && place[other] > place[w] && place[other] < place[t] {
					return false
				}
			}
		}
	}
	return true
}

// visible says whom a reader sees by one of its reads.
func (o *oracle) visible(l isolation.Level, order []int, place map[int]int) func(other, t, n int) bool {
	reads := func(other, t int) bool { return slices.Contains(slices.Collect(maps.Values(o.from[t])), other) }
	direct := func(a, b int) bool { return reads(a, b) || o.before(a, b, l) }
	switch l {
	case isolation.MonotonicAtomicView:
		return func(other, t, n int) bool {
			for m, w := range o.from[t] {
				if m < n && w == other {
					return true
				}
			}
			return false
		}
	case isolation.ReadAtomic:
		return func(other, t, _ int) bool { return reads(other, t) }
	case isolation.Causal:
		return func(other, t, _ int) bool { return o.reaches(other, t, order, direct) }
	case isolation.ConsistentView, isolation.ParallelSnapshotIsolation, isolation.StrongSessionConsistentView, isolation.StrongConsistentView:
		return func(other, t, _ int) bool {
			return o.reaches(other, t, order, func(a, b int) bool { return direct(a, b) || place[a] < place[b] && o.both(a, b) })
		}
	case isolation.RepeatableRead, isolation.Serializable, isolation.StrongSessionSerializable, isolation.StrictSerializable:
		return func(other, t, _ int) bool { return place[other] < place[t] }
	}
	panic(fmt.Sprint("the oracle does not know ", l))
}

// both says whether two wrote the same key.
func (o *oracle) both(a, b int) bool {
	return slices.ContainsFunc(o.txns[a].ops, func(op transaction.Op) bool {
		_, wrote := o.last(b, op.Key)
		return wrote && op.Kind == transaction.Write
	})
}

func (o *oracle) reaches(from, to int, order []int, direct func(a, b int) bool) bool {
	seen := map[int]bool{from: true}
	for _, t := range order {
		for a := range seen {
			if a != t && direct(a, t) {
				seen[t] = true
				break
			}
		}
	}
	return from != to && seen[to]
}

// execution runs transactions on snapshots of a store.
type execution struct {
	*oracle
	level     isolation.Level
	failed    map[string]bool
	store     map[string]int // who wrote each key last
	snapshots []map[string]int
}

// advance tries all ways to go on, when some have begun and some of these are done.
func (e *execution) advance(begun, done uint) bool {
	if done == e.in {
		return true
	}
	name := fmt.Sprint(begun, done, e.store, e.snapshots)
	if e.failed[name] {
		return false
	}
	for t := range e.txns {
		bit := uint(1) << t
		switch {
		case e.in&bit == 0 || done&bit != 0:
		case begun&bit != 0:
			if e.commit(t, begun, done) {
				return true
			}
		case e.ready(t, done) && e.found(t):
			e.snapshots[t] = maps.Clone(e.store)
			if e.advance(begun|bit, done) {
				return true
			}
			e.snapshots[t] = nil
		}
	}
	e.failed[name] = true
	return false
}

func (e *execution) ready(t int, done uint) bool {
	for a := range e.txns {
		if a != t && e.in&(1<<a) != 0 && e.before(a, t, e.level) && done&(1<<a) == 0 {
			return false
		}
	}
	return true
}

// found says whether a transaction that begins now finds what it did.
func (e *execution) found(t int) bool {
	for n, w := range e.from[t] {
		now, written := e.store[e.txns[t].ops[n].Key]
		if written && now != w || !written && w != -1 {
			return false
		}
	}
	return true
}

func (e *execution) commit(t int, begun, done uint) bool {
	before, snapshot := maps.Clone(e.store), e.snapshots[t]
	for _, op := range e.txns[t].ops {
		if op.Kind != transaction.Write {
			continue
		}
		then, had := snapshot[op.Key]
		if now, has := before[op.Key]; e.level != isolation.Prefix && (had != has || then != now) {
			return false
		}
	}
	for _, op := range e.txns[t].ops {
		if op.Kind == transaction.Write {
			e.store[op.Key] = t
		}
	}
	e.snapshots[t] = nil
	if e.advance(begun, done|1<<t) {
		return true
	}
	e.store, e.snapshots[t] = before, snapshot
	return false
}
