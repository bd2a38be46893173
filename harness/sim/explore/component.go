package explore

import "encoding/binary"

// The state of a System is a short list of numbers. Each stands for a component,
// of which there are few different ones however many states there are: the state
// of one node, a message, what clients did and saw, and what was used of the budgets.
// (Spin calls this collapse compression: Holzmann, State Compression in SPIN, 1997.)
//
// Numbers are given in the order in which components are first met, which depends
// on the goroutines. Fingerprints do not: the fingerprint of a state is the sum of
// those of its components, which depend on what they are and where they are.

// table numbers components by what they consist of.
type table[T any] struct {
	numbers map[string]uint32
	all     []T
}

func newTable[T any]() table[T] { return table[T]{numbers: make(map[string]uint32)} }

// number is that of the component with these bytes, which is made if it is new.
func (t *table[T]) number(bytes []byte, make func() T) uint32 {
	if n, known := t.numbers[string(bytes)]; known {
		return n
	}
	n := uint32(len(t.all))
	t.numbers[string(bytes)] = n
	t.all = append(t.all, make())
	return n
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

// memo remembers values by keys that are not 0, for one goroutine.
type memo[T any] struct {
	keys   []uint64
	values []T
	used   int
}

func (m *memo[T]) get(key uint64) (v T, known bool) {
	if len(m.keys) == 0 {
		return v, false
	}
	mask := uint64(len(m.keys) - 1)
	for i := spread(key) & mask; ; i = (i + 1) & mask {
		switch m.keys[i] {
		case key:
			return m.values[i], true
		case 0:
			return v, false
		}
	}
}

func spread(key uint64) uint64 {
	key *= 0x9e3779b97f4a7c15
	return key ^ key>>32
}

func (m *memo[T]) put(key uint64, v T) {
	if 2*(m.used+1) > len(m.keys) {
		m.grow()
	}
	mask := uint64(len(m.keys) - 1)
	i := spread(key) & mask
	for m.keys[i] != 0 {
		i = (i + 1) & mask
	}
	m.keys[i], m.values[i] = key, v
	m.used++
}

func (m *memo[T]) grow() {
	old := *m
	size := max(64, 2*len(old.keys))
	*m = memo[T]{keys: make([]uint64, size), values: make([]T, size)}
	for i, k := range old.keys {
		if k != 0 {
			m.put(k, old.values[i])
		}
	}
}
