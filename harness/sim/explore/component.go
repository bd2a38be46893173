package explore

import (
	"encoding/binary"
	"maps"
	"slices"
	"sync"
)

// The state of a System is a short list of numbers. Each stands for a component,
// of which there are few different ones however many states there are: the state
// of one node, a message, what clients did and saw, and what was used of the budgets.
// (Spin calls this collapse compression: Holzmann, State Compression in SPIN, 1997.)
//
// Numbers are given in the order in which components are first met, which depends
// on the goroutines. Fingerprints do not: the fingerprint of a state is the sum of
// those of its components, which depend on what they are and where they are.

// table numbers components by what they consist of. Several goroutines may use it.
type table[T any] struct {
	mu      sync.Mutex
	numbers map[string]uint32
	all     []T
}

func newTable[T any]() *table[T] { return &table[T]{numbers: make(map[string]uint32)} }

// number is that of the component with these bytes, which is made if it is new.
func (t *table[T]) number(bytes []byte, make func() T) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n, known := t.numbers[string(bytes)]; known {
		return n
	}
	n := uint32(len(t.all))
	t.numbers[string(bytes)] = n
	t.all = append(t.all, make())
	return n
}

// known is the number of the component with these bytes, if it has one.
func (t *table[T]) known(bytes []byte) (n uint32, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, known = t.numbers[string(bytes)]
	return n, known
}

// at is the component with a number.
func (t *table[T]) at(n uint32) T {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[n]
}

// now are the components so far, by their numbers.
func (t *table[T]) now() []T {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all
}

// kinds of components, which keep their fingerprints apart.
const (
	localKind uint64 = iota + 1
	messageKind
	lastKind
	conversationKind
	environmentKind
	flowKind
)

// componentFingerprint is that of a component, which is never 0.
func componentFingerprint(kind uint64, bytes []byte) uint64 {
	return mix(fingerprint(bytes)^kind*0x9e3779b97f4a7c15, 0xd6e8feb86659fd93^kind) | 1
}

func appendNumber(to []byte, n int) []byte { return binary.AppendUvarint(to, uint64(n)) }

func appendText(to []byte, s string) []byte { return append(appendNumber(to, len(s)), s...) }

// memoKey is the key of what a component does about an input; it is not 0.
func memoKey(component, input uint32) uint64 { return uint64(component)<<32 | uint64(input) + 1 }

// shared remembers for all goroutines what one of them has computed. Two may compute
// the same at the same time; all go on with what the first of them keeps.
type shared[T any] struct {
	mu sync.Mutex
	of map[uint64]*T
	// alone is held by who computes a reaction while early is true.
	alone sync.Mutex
}

func newShared[T any]() *shared[T] { return &shared[T]{of: make(map[uint64]*T)} }

// get is the value of a key; nil if there is none yet.
func (s *shared[T]) get(key uint64) *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of[key]
}

// keep is the value of the key from now on: v, if nobody was faster.
func (s *shared[T]) keep(key uint64, v *T) *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first := s.of[key]; first != nil {
		return first
	}
	s.of[key] = v
	return v
}

// now are the values so far.
func (s *shared[T]) now() []*T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.of))
}

// early says that little was computed so far. Actors run one at a time then: one that
// shares what it must not share is told so in words, before the Go runtime ends the
// process because of two writes to one map.
func (s *shared[T]) early() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	const few = 1000
	return len(s.of) < few
}

// memo remembers values by keys that are not 0, for one goroutine.
// A key lies beside its value, so that finding one costs one miss of the cache.
type memo[T any] struct {
	entries []entry[T]
	used    int
}

type entry[T any] struct {
	key   uint64
	value T
}

// get is the value of a key, until the next put; nil if there is none.
func (m *memo[T]) get(key uint64) *T {
	if len(m.entries) == 0 {
		return nil
	}
	mask := uint64(len(m.entries) - 1)
	for i := spread(key) & mask; ; i = (i + 1) & mask {
		switch e := &m.entries[i]; e.key {
		case key:
			return &e.value
		case 0:
			return nil
		}
	}
}

func spread(key uint64) uint64 {
	key *= 0x9e3779b97f4a7c15
	return key ^ key>>32
}

func (m *memo[T]) put(key uint64, v T) *T {
	if 2*(m.used+1) > len(m.entries) {
		m.grow()
	}
	mask := uint64(len(m.entries) - 1)
	i := spread(key) & mask
	for m.entries[i].key != 0 {
		i = (i + 1) & mask
	}
	m.entries[i] = entry[T]{key, v}
	m.used++
	return &m.entries[i].value
}

func (m *memo[T]) grow() {
	old := m.entries
	*m = memo[T]{entries: make([]entry[T], max(64, 2*len(old)))}
	for _, e := range old {
		if e.key != 0 {
			m.put(e.key, e.value)
		}
	}
}
