package listappend

import (
	"context"

	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/isolation/graph"
	"github.com/assaykit/assay/checkers/isolation/transactions"
	"github.com/assaykit/assay/harness/history/transaction"
)

// look goes through the transactions one by one: it notes what contradicts some level
// by itself, and the dependencies on others.
type look struct {
	*trace
	found *findings
	edges []graph.Edge
	// seen are the observations of the transaction at hand.
	seen []observation
	// lastSeen is, for each list, the last observation of it, and of which transaction.
	lastSeen []place
	// highest is, for each list, which of the appends of the transaction at hand to it
	// stands last in the list, or was not read; its place is among all appends.
	highest []place
	// told is, for each transaction, by which one it was looked at last whether that
	// one saw all of it.
	told []int32
}

type place struct {
	txn, at int32
}

func newLook(t *trace, f *findings) *look {
	l := &look{trace: t, found: f, lastSeen: make([]place, len(t.lists)), highest: make([]place, len(t.lists)), told: make([]int32, len(t.Txns)), edges: make([]graph.Edge, 0, len(t.Ops)+len(t.Ops)/2)}
	for k := range l.lists {
		l.lastSeen[k].txn, l.highest[k].txn = none, none
	}
	for i := range l.told {
		l.told[i] = none
	}
	return l
}

// all looks at everything. The error is that of the context.
func (l *look) all(ctx context.Context) error {
	for k := range l.lists {
		l.chain(int32(k))
	}
	for i := range l.Txns {
		if !l.Txns[i].Outcome.Counts() {
			continue
		}
		if err := l.transaction(ctx, int32(i)); err != nil {
			return err
		}
	}
	l.contested()
	return nil
}

// edge notes a dependency on account of a list, unless the order of its versions is not
// known.
func (l *look) edge(list *list, from, to int32, k graph.Kind) {
	if from != to && !list.contradictory {
		l.edges = append(l.edges, graph.Edge{From: from, To: to, Kind: k})
	}
}

// chain links the versions of a list: each was made from the one before. What nobody
// read comes after all of them.
func (l *look) chain(key int32) {
	list := &l.lists[key]
	before := none
	for at := range list.versions {
		a := list.versions[at]
		if a == none || l.Txns[l.appends[a].txn].Outcome == transactions.Aborted {
			l.unfounded(key, int32(at))
			continue
		}
		w := l.appends[a].txn
		if before != none {
			l.edge(list, before, w, graph.WW)
		}
		before = w
	}
	if before != none {
		for _, w := range list.unread {
			l.edge(list, before, w, graph.WW)
		}
	}
}

// unfounded is for an element that no transaction that counts appended.
func (l *look) unfounded(key, at int32) {
	list := &l.lists[key]
	value, _ := l.List(&l.Txns[list.reader], list.read)[at].Int()
	a := l.find(key, value)
	switch {
	case a == none:
		l.found.add(isolation.ThinAirRead, func() told { return l.tellThinAir(list.reader, list.read, value) })
	case l.appends[a].place != at:
		l.found.add(isolation.DuplicateElements, func() told { return l.tellDuplicate(list.reader, list.read, value) })
	default:
		l.found.add(isolation.G1a, func() told { return l.tellAborted(list.reader, list.read, a) })
		if next := l.following(list, at+1); int(next) < len(list.versions) {
			l.found.add(isolation.DirtyUpdate, func() told { return l.tellDirtyUpdate(list, a, next) })
		}
	}
}

// transaction looks at one that counts.
func (l *look) transaction(ctx context.Context, i int32) error {
	t := &l.Txns[i]
	l.seen = l.seen[:0]
	own := l.head[i] // the next of its appends
	for at := t.First; at < t.Last; at++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch op := &l.Ops[at]; {
		case op.Kind == transaction.Append:
			l.lost(i, own)
			l.turned(i, own)
			own++
		case !op.Known:
		case l.strays[at]:
			l.stray(i, at, own)
		default:
			l.read(i, at)
		}
	}
	l.fractures(i)
	return nil
}

// last is the last observation of a list that a transaction made so far, or nil.
func (l *look) last(i, key int32) *observation {
	if p := l.lastSeen[key]; p.txn == i {
		return &l.seen[p.at]
	}
	return nil
}

// read looks at a read of a version.
func (l *look) read(i, at int32) {
	o := l.observe(i, at)
	n := o.foreign + o.own
	for _, a := range l.of(i) {
		there := a.place != none && a.place < n
		switch {
		case a.key != o.key:
		case a.op > at && there:
			l.found.add(isolation.FutureRead, func() told { return l.tellFuture(i, at, a) })
		case a.op < at && !there:
			l.found.add(isolation.MissingOwnWrite, func() told { return l.tellMissingOwn(i, at, a) })
		}
	}
	if before := l.last(i, o.key); before != nil && before.foreign != o.foreign || !o.atEnd {
		l.found.add(isolation.Internal, func() told { return l.tellInternal(i, at) })
	}
	if o.intermediate {
		l.found.add(isolation.G1b, func() told { return l.tellIntermediate(i, o) })
	}
	l.depend(i, o)
	o.before = none
	if p := l.lastSeen[o.key]; p.txn == i {
		o.before = p.at
	}
	l.lastSeen[o.key] = place{i, int32(len(l.seen))}
	l.seen = append(l.seen, o)
}

// depend adds the dependencies of a read: on who made the version, and of who made
// the next one on the reader. Behind the reader's own elements the next version
// follows by ww anyway.
func (l *look) depend(i int32, o observation) {
	list := &l.lists[o.key]
	if o.of != none {
		l.edge(list, o.of, i, graph.WR)
	}
	if o.own > 0 {
		return
	}
	switch next := l.missed(&o); {
	case int(next) < len(list.versions):
		l.edge(list, i, l.writer(list, next), graph.RW)
	case !o.intermediate:
		list.complete = appendNew(list.complete, i)
	default:
		for _, u := range list.unread {
			if u != o.of {
				l.edge(list, i, u, graph.RW)
			}
		}
	}
}

// following is the place of the first version from a place on that counts, or the
// length of the longest version.
func (l *look) following(list *list, from int32) int32 {
	for int(from) < len(list.versions) && l.writer(list, from) == none {
		from++
	}
	return from
}

// appendNew appends a transaction unless it is the last already.
func appendNew(to []int32, i int32) []int32 {
	if n := len(to); n > 0 && to[n-1] == i {
		return to
	}
	return append(to, i)
}

// stray looks at a read that is no beginning of the longest version.
func (l *look) stray(i, at, own int32) {
	key := l.Ops[at].Key
	found := l.List(&l.Txns[i], at)
	l.found.add(isolation.IncompatibleOrder, func() told { return l.tellIncompatible(i, at) })
	seen := map[int]bool{}
	for _, v := range found {
		e, _ := v.Int()
		a := l.find(key, e)
		switch {
		case seen[e]:
			l.found.add(isolation.DuplicateElements, func() told { return l.tellDuplicate(i, at, e) })
		case a == none:
			l.found.add(isolation.ThinAirRead, func() told { return l.tellThinAir(i, at, e) })
		case l.Txns[l.appends[a].txn].Outcome == transactions.Aborted:
			l.found.add(isolation.G1a, func() told { return l.tellAborted(i, at, a) })
		case l.appends[a].txn == i && l.appends[a].op > at:
			l.found.add(isolation.FutureRead, func() told { return l.tellFuture(i, at, l.appends[a]) })
		}
		seen[e] = true
	}
	for _, a := range l.appends[l.head[i]:own] {
		if a.key == key && !seen[a.element] {
			l.found.add(isolation.MissingOwnWrite, func() told { return l.tellMissingOwn(i, at, a) })
		}
	}
}

// lost looks at an append: if its transaction read the list before, and this is its
// first append to it, nobody else's version may be between.
func (l *look) lost(i, own int32) {
	a := &l.appends[own]
	o := l.last(i, a.key)
	if o == nil || o.own > 0 || l.highest[a.key].txn == i {
		return
	}
	list := &l.lists[a.key]
	switch next := l.missed(o); {
	case int(next) == len(list.versions) && a.place == none:
		list.first = append(list.first, i)
	case int(next) < len(list.versions) && l.writer(list, next) != i && (a.place == none || next < a.place):
		o := *o
		l.found.add(isolation.LostUpdate, func() told { return l.tellLostUpdate(i, o, *a, next) })
	}
}

// turned looks at an append: what the transaction appended to the list before stands
// before it.
func (l *look) turned(i, own int32) {
	b := l.appends[own]
	before := l.highest[b.key]
	if before.txn != i {
		l.highest[b.key] = place{i, own}
		return
	}
	a := l.appends[before.at]
	switch {
	case b.place != none && (a.place == none || a.place > b.place):
		l.found.add(isolation.IncompatibleOrder, func() told { return l.tellTurned(a, b) })
	case a.place != none:
		l.highest[b.key].at = own
	}
}

// contested finds lists to which two transactions appended first.
func (l *look) contested() {
	for k := range l.lists {
		if first := l.lists[k].first; len(first) > 1 {
			l.found.add(isolation.LostUpdate, func() told { return l.tellContested(int32(k), first[0], first[1]) })
		}
	}
}

// fractures looks for transactions of which this one saw something, but not all.
func (l *look) fractures(i int32) {
	if len(l.seen) < 2 {
		return
	}
	for n := range l.seen {
		saw := &l.seen[n]
		if saw.of == none || l.told[saw.of] == i {
			continue // the first time that it was seen says the most
		}
		l.told[saw.of] = i
		for j := range l.of(saw.of) {
			a := &l.of(saw.of)[j]
			if !a.last || a.key == saw.key && saw.intermediate {
				continue
			}
			if p := l.lastSeen[a.key]; p.txn == i {
				l.fracture(i, saw, a, p.at)
			}
		}
	}
}

// fracture looks for reads of a list that missed an append of a transaction that was
// seen: in whatever order, and after that.
func (l *look) fracture(i int32, saw *observation, a *appended, last int32) {
	for n := last; n != none; n = l.seen[n].before {
		missed := &l.seen[n]
		if missed.own > 0 || a.place != none && a.place < missed.foreign+missed.own {
			continue
		}
		s, m := *saw, *missed
		l.found.add(isolation.FracturedRead, func() told { return l.tellFracture(i, s, m, *a, isolation.FracturedRead) })
		if missed.op > saw.op {
			l.found.add(isolation.ObservedTransactionVanishes, func() told { return l.tellFracture(i, s, m, *a, isolation.ObservedTransactionVanishes) })
		}
	}
}

// graph is the graph of all dependencies, with the order of real time, and that of
// sessions if it is asked for.
func (l *look) graph(sessions bool, clients int) *graph.Graph {
	b := graph.NewBuilder(len(l.Txns), l.edges...)
	for k := range l.lists {
		list := &l.lists[k]
		if !list.contradictory {
			b.Fan(list.complete, list.unread, graph.RW)
		}
	}
	if sessions {
		b.Sessions(l.Sessions(clients), l.Done)
	}
	b.Realtime(l.Spans())
	return b.Build()
}
