package search

import (
	"math/bits"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// memo remembers the configurations that were visited. A configuration is
//
//   - the next end, which says what is pending,
//   - the state,
//   - who of the pending certain operations took place,
//   - how many of each group that somebody may still need took place,
//
// and, where an uncertain operation took place last and nobody needed it yet, what
// it was and the state before it (see demanded). All of that is kept, not a
// fingerprint of it: two configurations taken for one could hide the only order
// there is.
//
// One that differs from another only in that more uncertain operations took place
// is worse: whatever could follow it could follow the other too.
type memo struct {
	// heads are the chains of entries by their hashes. An address is the entry's
	// place in the pages, from 1.
	heads   []uint32
	pages   [][]uint64
	entries int
	full    bool

	// key is the configuration looked for, and counts where in it the counts of
	// the groups begin. lane is how many bits a count takes, and guards the highest
	// bit of each lane, which is never used.
	key    []uint64
	counts int
	lane   uint
	guards uint64
}

const (
	pageBits = 16
	pageSize = 1 << pageBits
	// header is how many words of an entry are not the key: one, for the next entry
	// of the chain and the hash.
	header = 1
)

func newMemo(p *plan) *memo {
	most := 0
	for i := range p.groups {
		most = max(most, len(p.groups[i].members))
	}
	m := &memo{heads: make([]uint32, 64), pages: [][]uint64{nil}, lane: 32, guards: 1<<63 | 1<<31}
	switch {
	case most < 1<<7:
		m.lane, m.guards = 8, 0x8080808080808080
	case most < 1<<15:
		m.lane, m.guards = 16, 0x8000800080008000
	}
	return m
}

// visit says whether a configuration, or a better one, was visited before, and
// otherwise remembers it.
func (m *memo) visit(at *moment, state object.State, lent loan) (before bool) {
	m.write(at, state, lent)
	hash := m.hash()
	for next := m.heads[hash&uint32(len(m.heads)-1)]; next != 0; {
		entry := m.entry(next)
		if uint32(entry[0]) == hash && m.covers(entry[header:]) {
			return true
		}
		next = uint32(entry[0] >> 32)
	}
	m.store(hash)
	return false
}

// write brings a configuration into the form of a key.
func (m *memo) write(at *moment, state object.State, lent loan) {
	m.key = append(m.key[:0], uint64(at.now)<<32|uint64(uint32(state)))
	if lent.group != none {
		m.key[0] |= 1 << 63
		m.key = append(m.key, uint64(uint32(lent.before))<<32|uint64(lent.group))
	}
	for i := range at.movers {
		m.key = append(m.key, at.movers[i]|at.watchers[i])
	}
	m.counts = len(m.key)
	word, shift := uint64(0), uint(0)
	for g := at.active.first(); g != none; g = at.active.next(g) {
		word |= uint64(at.used[g]) << shift
		if shift += m.lane; shift == 64 {
			m.key, word, shift = append(m.key, word), 0, 0
		}
	}
	if shift > 0 {
		m.key = append(m.key, word)
	}
}

// hash is a hash of the key without the counts.
func (m *memo) hash() uint32 {
	h := uint64(len(m.key))
	for _, word := range m.key[:m.counts] {
		high, low := bits.Mul64(h^word, 0x9e3779b97f4a7c15)
		h = high ^ low + 0x632be59bd9b4e019
	}
	return uint32(h ^ h>>32)
}

// covers says whether an entry is as good as the configuration looked for.
func (m *memo) covers(entry []uint64) bool {
	// The first word says how long the entry is: who is pending and which groups
	// are counted depends only on the next end.
	for i, word := range m.key[:m.counts] {
		if entry[i] != word {
			return false
		}
	}
	for i := m.counts; i < len(m.key); i++ {
		// No lane borrows from the next one, for its guard is set; the guard stays
		// where the entry's count is not greater.
		if (m.key[i]|m.guards-entry[i])&m.guards != m.guards {
			return false
		}
	}
	return true
}

func (m *memo) entry(address uint32) []uint64 {
	address--
	return m.pages[address>>pageBits][address&(pageSize-1):]
}

func (m *memo) store(hash uint32) {
	if m.entries >= len(m.heads) {
		m.grow()
	}
	last := len(m.pages) - 1
	if len(m.pages[last])+header+len(m.key) > pageSize {
		if header+len(m.key) > pageSize || len(m.pages) == 1<<(32-pageBits)-1 {
			m.full = true
			return
		}
		m.pages = append(m.pages, make([]uint64, 0, pageSize))
		last++
	}
	head := &m.heads[hash&uint32(len(m.heads)-1)]
	page := m.pages[last]
	address := uint32(last<<pageBits+len(page)) + 1
	m.pages[last] = append(append(page, uint64(*head)<<32|uint64(hash)), m.key...)
	*head = address
	m.entries++
}

// grow doubles the number of chains.
func (m *memo) grow() {
	heads := make([]uint32, 2*len(m.heads))
	for _, next := range m.heads {
		for next != 0 {
			entry := m.entry(next)
			head := &heads[uint32(entry[0])&uint32(len(heads)-1)]
			this := next
			next = uint32(entry[0] >> 32)
			entry[0] = uint64(*head)<<32 | entry[0]&(1<<32-1)
			*head = this
		}
	}
	m.heads = heads
}

// bytes is what the memo occupies, and will when it grows.
func (m *memo) bytes() int {
	return 12*len(m.heads) + (len(m.pages)-1)*pageSize*8 + 8*cap(m.pages[0])
}
