package order

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

// Edge is why one transaction comes before another one.
type Edge uint8

const (
	// Within: a transaction begins to see before it is done.
	Within Edge = iota
	// Read: the later one read from the earlier one.
	Read
	// Overwritten: the later one wrote over the earlier one's write.
	Overwritten
	// Missed: the earlier one did not see the later one's write.
	Missed
	// Session: they are of one session.
	Session
	// Clock: one was done before the other one was invoked.
	Clock
)

// arc leads to a moment.
type arc struct {
	to  int32
	key int32 // -1 for none
	// choice is the literal that it depends on, or -1 if it must be.
	choice int32
	// pair is one of the forced ones from which it follows, or -1.
	pair int32
	kind Edge
	// round is when it was found out: arcs are explained by those of earlier rounds.
	round int32
}

// problem is moments and what is known of their order.
type problem struct {
	h     *registers.History
	kind  Kind
	base  Base
	arcs  [][]arc
	round int32
	// because is the forced pair of which arcs are added, or -1.
	because int32
	// owner is the transaction of each moment, or -1 of those between transactions.
	owner []int32
	keys  []key
	// order is the moments in some order that agrees with the arcs, and rank the
	// place of each in it.
	order, rank []int32
	// open are the pairs of chains of which either may come first.
	open []pair
	// forced are the pairs that were decided, by round.
	forced []pair
}

// key is the versions of one key.
type key struct {
	at int32
	// chains are sequences of writers each of which read what the one before it
	// wrote, by their ends. The first one begins with the initial state.
	chains []chain
}

type chain struct {
	head, tail int32
	// readers are those that read what the tail wrote.
	readers []int32
}

// pair is two chains of a key, of which the first comes first.
type pair struct {
	key           int32 // a place among the problem's
	first, second int32
	round         int32
}

func newProblem(h *registers.History, kind Kind, base Base) *problem {
	p := &problem{h: h, kind: kind, base: base, because: -1}
	n := len(h.Txns)
	if p.apart() {
		n *= 2
	}
	p.arcs, p.owner = make([][]arc, n), make([]int32, n)
	for t := range h.Txns {
		p.owner[p.begin(int32(t))], p.owner[p.end(int32(t))] = int32(t), int32(t)
		if p.apart() {
			p.add(p.begin(int32(t)), arc{to: p.end(int32(t)), key: -1, choice: -1, kind: Within})
		}
		for _, r := range h.Txns[t].Reads {
			if r.From != registers.Initial {
				p.add(p.end(r.From), arc{to: p.begin(int32(t)), key: r.Key, choice: -1, kind: Read})
			}
		}
	}
	switch base {
	case Sessions:
		p.addSessions()
	case RealTime:
		p.addClock()
	}
	return p
}

// apart says that transactions see earlier than they are seen.
func (p *problem) apart() bool { return p.kind == Snapshot || p.kind == Prefix }

// begin is when a transaction begins to see, and end is when it is seen.
func (p *problem) begin(t int32) int32 {
	if p.apart() {
		return 2 * t
	}
	return t
}

func (p *problem) end(t int32) int32 {
	if p.apart() {
		return 2*t + 1
	}
	return t
}

// overwriting is the moment of a writer that comes after the end of the one before.
func (p *problem) overwriting(t int32) int32 {
	if p.kind == Prefix {
		return p.end(t)
	}
	return p.begin(t)
}

func (p *problem) add(from int32, a arc) {
	a.round, a.pair = p.round, p.because
	p.arcs[from] = append(p.arcs[from], a)
}

func (p *problem) addSessions() {
	for t := range p.h.Txns {
		if after := p.h.Txns[t].After; after != registers.Initial {
			p.add(p.end(after), arc{to: p.begin(int32(t)), key: -1, choice: -1, kind: Session})
		}
	}
}

// addClock puts moments between transactions: each comes after all that were done by
// then, and before all that were invoked since. That takes few arcs.
func (p *problem) addClock() {
	var done []int32
	for t := 1; t < len(p.h.Txns); t++ {
		if p.h.Txns[t].Complete != registers.Never {
			done = append(done, int32(t))
		}
	}
	slices.SortFunc(done, func(a, b int32) int { return cmp.Compare(p.h.Txns[a].Complete, p.h.Txns[b].Complete) })
	now := int32(-1)
	n := 0
	for t := 1; t < len(p.h.Txns); t++ { // in the order of their invocations
		before := n
		for n < len(done) && p.h.Txns[done[n]].Complete < p.h.Txns[t].Invoke {
			n++
		}
		if before < n {
			moment := p.moment()
			if now >= 0 {
				p.add(now, arc{to: moment, key: -1, choice: -1, kind: Clock})
			}
			for _, d := range done[before:n] {
				p.add(p.end(d), arc{to: moment, key: -1, choice: -1, kind: Clock})
			}
			now = moment
		}
		if now >= 0 {
			p.add(now, arc{to: p.begin(int32(t)), key: -1, choice: -1, kind: Clock})
		}
	}
}

func (p *problem) moment() int32 {
	p.arcs, p.owner = append(p.arcs, nil), append(p.owner, -1)
	return int32(len(p.arcs) - 1)
}

// access is a write of a key, or a read from a writer of it.
type access struct{ writer, reader int32 }

// link makes the chains of all keys, and notes what they leave no choice about. It is
// Broken if two transactions wrote on the grounds of the same version.
func (p *problem) link() Result {
	writers, readers := p.accesses()
	for k := range p.h.Keys {
		if len(writers[k]) == 0 {
			continue
		}
		if r := p.linkKey(int32(k), writers[k], readers[k]); r.Answer == Broken {
			return r
		}
	}
	return Result{}
}

func (p *problem) accesses() (writers [][]int32, readers [][]access) {
	writers, readers = make([][]int32, p.h.Keys), make([][]access, p.h.Keys)
	for t := range p.h.Txns {
		for _, k := range p.h.Txns[t].Writes {
			writers[k] = append(writers[k], int32(t))
		}
		for _, r := range p.h.Txns[t].Reads {
			readers[r.Key] = append(readers[r.Key], access{r.From, int32(t)})
		}
	}
	for k := range readers {
		slices.SortFunc(readers[k], func(a, b access) int {
			return cmp.Or(cmp.Compare(a.writer, b.writer), cmp.Compare(a.reader, b.reader))
		})
		readers[k] = slices.Compact(readers[k])
	}
	return writers, readers
}

// readersOf are those of one writer.
func readersOf(readers []access, writer int32) []access {
	from, _ := slices.BinarySearchFunc(readers, writer, func(a access, w int32) int { return cmp.Compare(a.writer, w) })
	to := from
	for to < len(readers) && readers[to].writer == writer {
		to++
	}
	return readers[from:to]
}

func (p *problem) linkKey(k int32, writers []int32, readers []access) Result {
	next := map[int32]int32{} // of the writers that are followed directly
	follows := map[int32]bool{}
	for _, w := range writers {
		from, read := p.grounds(w, k)
		if !read {
			continue
		}
		if other, taken := next[from]; taken {
			return lostUpdate(from, other, w)
		}
		next[from], follows[w] = w, true
	}
	made := key{at: k}
	for n := -1; n < len(writers); n++ {
		head := int32(registers.Initial)
		if n >= 0 {
			head = writers[n]
		}
		if !follows[head] {
			made.chains = append(made.chains, p.chain(k, head, next, readers))
		}
	}
	p.first(made)
	p.keys = append(p.keys, made)
	return Result{}
}

// grounds is whom a writer of a key last read it from, if it has to follow that one
// directly.
func (p *problem) grounds(w, k int32) (from int32, read bool) {
	if p.kind == Prefix {
		return 0, false
	}
	if p.kind == Cursor && slices.Contains(p.h.Txns[w].Unsure, k) {
		return 0, false
	}
	return p.h.Txns[w].ReadsFrom(k)
}

// chain is the one that begins with a writer.
func (p *problem) chain(k, head int32, next map[int32]int32, readers []access) chain {
	c := chain{head: head, tail: head}
	for {
		after, more := next[c.tail]
		of := readersOf(readers, c.tail)
		if !more {
			for _, r := range of {
				c.readers = append(c.readers, r.reader)
			}
			return c
		}
		for _, r := range of {
			p.miss(r.reader, after, k, -1)
		}
		c.tail = after
	}
}

// miss lets a reader come before a writer whose write it did not see.
func (p *problem) miss(reader, writer, k, choice int32) {
	if reader != writer && p.kind != Cursor {
		p.add(p.begin(reader), arc{to: p.end(writer), key: k, choice: choice, kind: Missed})
	}
}

// first lets the chain of the initial state come before all others.
func (p *problem) first(k key) {
	c := &k.chains[0]
	between := int32(-1)
	if p.kind != Prefix && p.kind != Cursor && len(c.readers)*(len(k.chains)-1) > 16 {
		// No reader is one of the others' heads: it would be in the chain.
		between = p.moment()
		for _, r := range c.readers {
			p.add(p.begin(r), arc{to: between, key: k.at, choice: -1, kind: Missed})
		}
	}
	for _, other := range k.chains[1:] {
		if c.tail != registers.Initial {
			p.overwrite(c.tail, other.head, k.at, -1)
		}
		if between >= 0 {
			p.add(between, arc{to: p.end(other.head), key: k.at, choice: -1, kind: Missed})
			continue
		}
		for _, r := range c.readers {
			p.miss(r, other.head, k.at, -1)
		}
	}
}

func (p *problem) overwrite(first, second, k, choice int32) {
	p.add(p.end(first), arc{to: p.overwriting(second), key: k, choice: choice, kind: Overwritten})
}

// put lets one chain come before another one.
func (p *problem) put(k *key, first, second *chain, choice int32) {
	p.overwrite(first.tail, second.head, k.at, choice)
	for _, r := range first.readers {
		p.miss(r, second.head, k.at, choice)
	}
}

func lostUpdate(from, a, b int32) Result {
	core := []int32{a, b}
	if from != registers.Initial {
		core = append(core, from)
	}
	return Result{Answer: Broken, Same: true, Core: core}
}
