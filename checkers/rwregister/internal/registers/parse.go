package registers

import (
	"slices"

	"github.com/assaykit/assay/checkers/isolation/transactions"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// Parse reads a history whose operations are transactions. The error says which is
// none. clients is as in transactions.History.Sessions.
func Parse(h *history.History, clients int) (*History, error) {
	all, err := transactions.Registers(h)
	if err != nil {
		return nil, err
	}
	p := &parser{History: &History{All: all, Keys: len(all.Keys)}, links: make([]link, len(all.Txns))}
	p.findWriters()
	all.Settle(p.link)
	p.number(clients)
	byPlace := func(a, b Trouble) int {
		if a.Reader != b.Reader {
			return int(a.Reader - b.Reader)
		}
		return int(a.Op - b.Op)
	}
	slices.SortStableFunc(p.Troubles, byPlace)
	slices.SortStableFunc(p.Ambiguous, byPlace)
	return p.History, nil
}

// source is a write, and from there on all others of the same value to the key.
type source struct {
	txn, op int32
	// final says that the transaction wrote the key only that once, or that last.
	final bool
	next  int32 // -1 for none
}

type version struct {
	key   int32
	value int
}

type parser struct {
	*History
	sources []source
	of      map[version]int32
	arena   []Read
	links   []link
}

// link bounds a transaction's reads in the arena.
type link struct{ from, to int }

// findWriters notes who wrote which value.
func (p *parser) findWriters() {
	p.of = make(map[version]int32, len(p.All.Ops)/2)
	p.arena = make([]Read, 0, len(p.All.Ops))
	for t := range p.All.Txns {
		ops := p.All.Of(&p.All.Txns[t])
		for n := range ops {
			if ops[n].Kind == transaction.Write {
				p.add(int32(t), int32(n), ops)
			}
		}
	}
}

func (p *parser) add(t, n int32, ops []transactions.Op) {
	s := source{txn: t, op: n, final: true, next: -1}
	for _, later := range ops[n+1:] {
		if later.Kind == transaction.Write && later.Key == ops[n].Key {
			s.final = false
			break
		}
	}
	v := version{ops[n].Key, ops[n].Value}
	if first, known := p.of[v]; known {
		s.next = first
	}
	p.of[v] = int32(len(p.sources))
	p.sources = append(p.sources, s)
}

// link finds from whom each read of a transaction got its value.
func (p *parser) link(t int32, observed func(writer int32)) {
	p.links[t].from = len(p.arena)
	ops := p.All.Of(&p.All.Txns[t])
	for n, op := range ops {
		if op.Kind != transaction.Read || !op.Known {
			continue
		}
		if r, external := p.resolve(t, int32(n), ops); external {
			p.arena = append(p.arena, r)
			if r.From >= 0 {
				observed(r.From)
			}
		}
	}
	p.links[t].to = len(p.arena)
}

// resolve says where a read got its value, unless that is the transaction itself, or
// unknown. The initial state is -1.
func (p *parser) resolve(t, n int32, ops []transactions.Op) (r Read, external bool) {
	op := &ops[n]
	own := ownBefore(ops[:n], op.Key)
	if own >= 0 && op.Found && ops[own].Value == op.Value {
		return r, false
	}
	r = Read{Key: op.Key, From: -1, Op: n}
	trouble := Trouble{Reader: t, Op: n, Writer: -1, Own: -1}
	if own >= 0 {
		p.trouble(trouble, NotOwn, own)
	}
	if !op.Found {
		return r, true
	}
	s, problem := p.source(t, version{op.Key, op.Value})
	switch trouble.Writer = s.txn; {
	case problem == Several:
		trouble.Problem = Several
		p.Ambiguous = append(p.Ambiguous, trouble)
		return r, false
	case problem == ThinAir || problem == Aborted:
		p.trouble(trouble, problem, -1)
		return r, false
	case s.txn == t:
		if own < 0 { // otherwise it is told already
			p.trouble(trouble, Future, s.op)
		}
		return r, false
	case !s.final:
		p.trouble(trouble, Intermediate, -1)
	}
	r.From = s.txn
	return r, true
}

func (p *parser) trouble(t Trouble, problem Problem, own int32) {
	t.Problem, t.Own = problem, own
	p.Troubles = append(p.Troubles, t)
}

// ownBefore is the last write of a key among some micro-operations, or -1.
func ownBefore(ops []transactions.Op, key int32) int32 {
	for n := len(ops) - 1; n >= 0; n-- {
		if ops[n].Kind == transaction.Write && ops[n].Key == key {
			return int32(n)
		}
	}
	return -1
}

// noProblem is no Problem at all.
const noProblem = Several + 1

// source is the only transaction that can have written a value which another one read, or
// what is wrong. One that certainly did not happen is the source only if there is no other
// but the reader itself, which wrote it later: to read that breaks more promises.
func (p *parser) source(reader int32, v version) (source, Problem) {
	at, known := p.of[v]
	if !known {
		return source{txn: -1}, ThinAir
	}
	best, problem := source{txn: -1}, Aborted
	undone := source{txn: -1}
	for ; at >= 0; at = p.sources[at].next {
		s := p.sources[at]
		aborted := p.All.Txns[s.txn].Outcome == transactions.Aborted
		switch {
		case aborted:
			undone = s
		case problem == Aborted:
			best, problem = s, noProblem
		case best.txn == s.txn:
			best.final = best.final || s.final
		default:
			return s, Several
		}
	}
	if problem == Aborted || best.txn == reader && undone.txn >= 0 {
		return undone, Aborted
	}
	return best, problem
}

// number makes the transactions that count.
func (p *parser) number(clients int) {
	of := make([]int32, len(p.All.Txns))
	p.Txns = append(make([]Txn, 0, len(p.All.Txns)+1), Txn{Number: -1, Invoke: -1, Complete: -1, Chain: -1})
	writes := make([]int32, 0, len(p.sources))
	for t := range p.All.Txns {
		if p.All.Txns[t].Outcome.Counts() {
			of[t] = int32(len(p.Txns))
			from := len(writes)
			writes = p.writes(int32(t), writes)
			p.Txns = append(p.Txns, p.txn(int32(t), writes[from:len(writes):len(writes)]))
		}
	}
	for n := range p.arena {
		if from := p.arena[n].From; from >= 0 {
			p.arena[n].From = of[from]
		} else {
			p.arena[n].From = Initial
		}
	}
	for _, a := range p.Ambiguous {
		t := &p.Txns[of[a.Reader]]
		t.Unsure = append(t.Unsure, p.All.Of(&p.All.Txns[a.Reader])[a.Op].Key)
	}
	sessions := p.All.Sessions(clients)
	p.Sessions, p.Chains = len(sessions), len(sessions)
	for s, members := range sessions {
		p.line(int32(s), members, of)
	}
}

// line puts the transactions of a session in line.
func (p *parser) line(session int32, members, of []int32) {
	last, place := int32(Initial), int32(0)
	for _, number := range members {
		t := &p.Txns[of[number]]
		t.After = last
		if !p.All.Done(number) {
			t.Chain, t.Place = int32(p.Chains), 1
			p.Chains++
			continue
		}
		place++
		t.Chain, t.Place = session, place
		last = of[number]
	}
}

// writes appends the keys that a transaction wrote, each once, in order.
func (p *parser) writes(t int32, writes []int32) []int32 {
	from := len(writes)
	for _, op := range p.All.Of(&p.All.Txns[t]) {
		if op.Kind == transaction.Write {
			writes = append(writes, op.Key)
		}
	}
	slices.Sort(writes[from:])
	return writes[:from+len(slices.Compact(writes[from:]))]
}

func (p *parser) txn(t int32, writes []int32) Txn {
	from := &p.All.Txns[t]
	link := p.links[t]
	txn := Txn{Number: t, Invoke: from.Invoke, Complete: Never, Writes: writes, Reads: p.arena[link.from:link.to:link.to]}
	if from.Outcome == transactions.Committed {
		txn.Complete = from.Complete
	}
	return txn
}
