package maelstrom

import "sync"

// numbers gives numbers to texts, each kind by itself, and remembers which set an element
// was added to.
type numbers struct {
	mu    sync.Mutex
	given map[string]map[string]int
	sets  map[int]string
}

func newNumbers() *numbers {
	return &numbers{given: map[string]map[string]int{}, sets: map[int]string{}}
}

// of is the number of a text, from 0.
func (n *numbers) of(kind, text string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.given[kind] == nil {
		n.given[kind] = map[string]int{}
	}
	number, known := n.given[kind][text]
	if !known {
		number = len(n.given[kind])
		n.given[kind][text] = number
	}
	return number
}

func (n *numbers) assign(element int, set string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sets[element] = set
}

func (n *numbers) setOf(element int) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.sets[element]
}
