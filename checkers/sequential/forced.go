package sequential

import (
	"context"

	"github.com/assaykit/assay/checkers/session/trace"
)

// forced is what has to come before what in every order. Its nodes are the
// operations, and for each version of a register two more: the moment at which
// it comes, which is that of the operation that left it, or the beginning for the
// initial one; and the moment at which it is over.
type forced struct {
	trace *trace.Trace
	ops   []int32
	links []link
	// first and sorted are the links by where they come from.
	first, sorted []int32
	// circle are links that lead back to where they began, if there are such.
	circle []link
	// pending is, while a search goes on, how many nodes have to come before each.
	pending []int32
}

// why is the reason of a link.
type why uint8

const (
	program  why = iota // both are of one session, in this order
	finds               // the second found what the first left
	lasts               // the first found a version, so it was not over yet
	initial             // the initial version is over when another one comes
	replaced            // a compare-and-set follows the version that it found
	session             // one session met both versions, in this order
	reached             // who met the first version has to come before who met the second
)

// link says that one node comes before another one. Where it is about two
// versions, the operations met them: each found or left one.
type link struct {
	from, to        int32
	why             why
	earlier, latter int32
	// older and newer are the two versions.
	older, newer int32
}

// version is the one that an operation found.
func (f *forced) version(found int32) (v int32, known bool) {
	source, known := f.trace.Source(found)
	if source == trace.None {
		source = int32(len(f.trace.Ops)) + f.trace.Values[found].Key
	}
	return source, known
}

func (f *forced) isOp(node int32) bool { return int(node) < len(f.trace.Ops) }

// versions is how many versions there may be, and nodes how many nodes.
func (f *forced) versions() int            { return len(f.trace.Ops) + len(f.trace.Keys) }
func (f *forced) nodes() int               { return 2 * f.versions() }
func (f *forced) over(version int32) int32 { return version + int32(f.versions()) }

func (f *forced) link(from, to int32, w why, earlier, latter int32) {
	f.links = append(f.links, link{from, to, w, earlier, latter, trace.None, trace.None})
}

// forcedOrder collects what follows from the answers. It goes on until nothing
// follows any more, or a circle was found, or it would take too much.
func forcedOrder(ctx context.Context, t *trace.Trace, ops []int32) *forced {
	f := &forced{trace: t, ops: ops}
	c := f.chains()
	f.linkSessions(c)
	f.linkInitial(c)
	f.sort()
	for s := newSaturation(f, c); ; {
		order := f.topological()
		if len(order) < f.nodes() {
			f.findCircle(order)
			return f
		}
		if ctx.Err() != nil || !s.extend(ctx, order) {
			return f
		}
		f.sort()
	}
}

// met is a version, and the operation of a session that found or left it.
type met struct{ version, by int32 }

// place is a session's view of a key.
type place struct{ session, key int32 }

// linkSessions adds what follows from the sessions' orders: for operations, and
// for the versions of a key that a session met.
func (f *forced) linkSessions(c *chains) {
	t := f.trace
	last := map[int32]int32{}
	seen := map[place]met{}
	for _, i := range f.ops {
		op := &t.Ops[i]
		if !op.Certain {
			continue
		}
		if before, is := last[op.Session]; is {
			f.link(before, i, program, before, i)
		}
		at := place{op.Session, op.Key}
		before, is := seen[at]
		meet := func(v int32) {
			if is {
				f.linkVersions(c, session, before, met{v, i})
			}
			before, is = met{v, i}, true
		}
		if v, known := f.found(op); known {
			f.link(v, i, finds, trace.None, i)
			if c.next[v] != i {
				f.link(i, f.over(v), lasts, i, trace.None)
			}
			meet(v)
		}
		if op.Changes() {
			f.link(i, f.over(i), lasts, i, trace.None)
			meet(i)
		}
		if op.Acknowledged {
			last[op.Session] = i
			if is {
				seen[at] = before
			}
		}
	}
}

// found is the version that an operation found, if it tells.
func (f *forced) found(op *trace.Op) (int32, bool) {
	if !op.Finds() || !op.Certain {
		return trace.None, false
	}
	return f.version(op.Found)
}

// linkInitial lets the initial version be over when another one comes, where
// somebody found it.
func (f *forced) linkInitial(c *chains) {
	t := f.trace
	finder := map[int32]int32{}
	for _, i := range f.ops {
		if op := &t.Ops[i]; op.Finds() && op.Certain && t.Values[op.Found].Initial {
			finder[op.Key] = i
		}
	}
	for _, i := range f.ops {
		op := &t.Ops[i]
		if by, is := finder[op.Key]; is && op.Changes() && op.Certain {
			v, _ := f.version(t.Keys[op.Key].Initial)
			f.linkVersions(c, initial, met{v, by}, met{i, i})
		}
	}
}

// linkVersions says that one version is over before another one comes. What
// compare-and-sets replaced and left is there without anything in between.
func (f *forced) linkVersions(c *chains, w why, older, newer met) {
	u, v := older.version, newer.version
	switch {
	case u == v, c.head[u] == c.head[v] && c.place[u] < c.place[v]:
		return
	case c.head[u] != c.head[v]:
		u, v = c.tail[c.head[u]], c.head[v]
	}
	f.links = append(f.links, link{f.over(u), v, w, older.by, newer.by, older.version, newer.version})
	if !f.isOp(v) {
		f.link(v, f.over(v), lasts, trace.None, trace.None) // the initial version comes before all others
	}
}

// chains are versions of which each was replaced by the next one.
type chains struct {
	// next is the compare-and-set that replaced a version, or None; head the first
	// version of its chain, place its place there, and tail the last of a head's.
	next, head, place, tail []int32
}

func (f *forced) chains() *chains {
	n := f.versions()
	c := &chains{make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n)}
	follows := make([]bool, n)
	for v := range n {
		c.next[v], c.head[v], c.tail[v] = trace.None, int32(v), int32(v)
	}
	for _, i := range f.ops {
		op := &f.trace.Ops[i]
		v, known := f.found(op)
		if !known || !op.Changes() {
			continue
		}
		if first := c.next[v]; first != trace.None { // only one of them can have found it
			f.link(first, i, replaced, first, i)
		} else {
			c.next[v], follows[i] = i, true
			f.link(f.over(v), i, replaced, trace.None, i)
		}
	}
	for v := range int32(n) {
		if follows[v] {
			continue
		}
		for at, place := v, int32(0); at != trace.None; at, place = c.next[at], place+1 {
			c.head[at], c.place[at], c.tail[v] = v, place, at
		}
	}
	return c
}

// sort puts the links in order of where they come from.
func (f *forced) sort() {
	f.first = make([]int32, f.nodes()+2)
	for i := range f.links {
		f.first[f.links[i].from+2]++
	}
	for v := range f.nodes() {
		f.first[v+2] += f.first[v+1]
	}
	f.sorted = make([]int32, len(f.links))
	for i := range f.links {
		at := &f.first[f.links[i].from+1]
		f.sorted[*at] = int32(i)
		*at++
	}
}

// from are the links that come from a node.
func (f *forced) from(node int32) []int32 { return f.sorted[f.first[node]:f.first[node+1]] }

// before is how many links lead to each node.
func (f *forced) before() []int32 {
	n := make([]int32, f.nodes())
	for i := range f.links {
		n[f.links[i].to]++
	}
	return n
}

// topological are the nodes in an order of the links, without those in circles
// and after them.
func (f *forced) topological() []int32 {
	before := f.before()
	order := make([]int32, 0, f.nodes())
	for v, n := range before {
		if n == 0 {
			order = append(order, int32(v))
		}
	}
	for done := 0; done < len(order); done++ {
		for _, at := range f.from(order[done]) {
			to := f.links[at].to
			if before[to]--; before[to] == 0 {
				order = append(order, to)
			}
		}
	}
	return order
}

// begin makes ready for a search.
func (f *forced) begin() {
	f.pending = f.before()
	for v := range f.pending {
		if !f.isOp(int32(v)) && f.pending[v] == 0 {
			f.passed(int32(v))
		}
	}
}

// done marks a moment that is no operation's, and has passed.
const done = -1

// passed lets the moment of a node pass, and those of all that were waiting only
// for it, except operations, whose moments a search chooses.
func (f *forced) passed(node int32) {
	if !f.isOp(node) {
		f.pending[node] = done
	}
	for _, at := range f.from(node) {
		to := f.links[at].to
		if f.pending[to]--; f.pending[to] == 0 && !f.isOp(to) {
			f.passed(to)
		}
	}
}

func (f *forced) take(op int32)       { f.passed(op) }
func (f *forced) ready(op int32) bool { return f.pending[op] == 0 }

// undo takes back what was taken last.
func (f *forced) undo(op int32) { f.unpass(op) }

func (f *forced) unpass(node int32) {
	links := f.from(node)
	for i := len(links) - 1; i >= 0; i-- {
		to := f.links[links[i]].to
		if f.pending[to] == done {
			f.unpass(to)
			f.pending[to] = 0
		}
		f.pending[to]++
	}
}
