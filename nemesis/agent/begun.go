//go:build linux

package agent

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// beginnings are the processes that begin in a node while its clock is wrong.
type beginnings struct {
	incarnation string
	// known are those that there were at the last glance.
	known []int
	// counts are by name.
	counts map[string]int
}

// mostNames bounds how many names are kept of what begins in a node.
const mostNames = 20

// goOn continues to count; there may be nothing to continue. What there is in another
// incarnation of the node has not begun by itself.
func (b *beginnings) goOn(node protocol.Node, all []int) *beginnings {
	next := &beginnings{incarnation: node.Incarnation, known: all, counts: map[string]int{}}
	if b == nil {
		return next
	}
	if b.incarnation == node.Incarnation {
		b.note(all)
	}
	next.counts = b.counts
	return next
}

// note notes which processes there are. A number that passes to another process at once
// is not noticed.
func (b *beginnings) note(all []int) {
	if len(all) == 0 {
		return // the node could not be looked at
	}
	for _, pid := range all {
		if !slices.Contains(b.known, pid) {
			b.count(nameOf(pid))
		}
	}
	b.known = all
}

func (b *beginnings) count(name string) {
	if b.counts[name] == 0 && len(b.counts) >= mostNames {
		name = "others"
	}
	b.counts[name]++
}

func nameOf(pid int) string {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "one that has ended"
	}
	return strings.TrimSpace(string(name))
}

// begunIn is what has begun in a node.
func (c *clocks) begunIn(node string) map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.begun[node] == nil {
		return nil
	}
	return maps.Clone(c.begun[node].counts)
}
