package availability

import (
	"context"
	"slices"
	"sort"
	"time"

	"github.com/assaykit/assay/checkers/internal/distribution"
)

// row is how many operations one after another show that a node has recovered.
const row = 5

// recovery is what was seen of a node's recovery from a window.
type recovery struct {
	node      int
	recovered bool
	// atLeast is how long it took or, if the node was not seen to recover, how
	// long it certainly had not.
	atLeast time.Duration
	// first is the first operation invoked on the node after the window, and last
	// the one with which it recovered or, if it did not, the last observed; none if
	// there were none.
	first, last int
	// unanswered is the last one before that without an answer, or none.
	unanswered int
}

const none = -1

// recoveries observes all nodes after all windows. It returns false if the context
// ended before.
func (r *run) recoveries(ctx context.Context) bool {
	if len(r.windows) == 0 {
		return true
	}
	for node, places := range r.byNode() {
		if ctx.Err() != nil {
			return false
		}
		enough := r.enough(places)
		if enough == 0 {
			continue
		}
		for i := range r.windows {
			if r.windows[i].healed {
				found := r.recovery(node, r.observed(i, places), enough, i == len(r.windows)-1)
				r.windows[i].recoveries = append(r.windows[i].recoveries, found)
			}
		}
	}
	return true
}

// byNode are the places of each node's operations, in the order of invocations.
func (r *run) byNode() [][]int {
	all := make([][]int, len(r.nodes))
	for i := range r.operations {
		all[r.operations[i].node] = append(all[r.operations[i].node], i)
	}
	return all
}

// enough is how many of a row have to be answered.
func (r *run) enough(places []int) int {
	calls, answered := 0, 0
	for _, at := range places {
		o := &r.operations[at]
		if o.to < r.windows[0].from {
			calls++
			if o.answered {
				answered++
			}
		}
	}
	if calls == 0 {
		return row
	}
	return row * answered / calls // rounded down
}

// observed are the operations that show whether a node recovered from a window.
func (r *run) observed(at int, places []int) []int {
	until := int(^uint(0) >> 1)
	if at+1 < len(r.windows) {
		until = r.windows[at+1].from
	}
	first := sort.Search(len(places), func(i int) bool { return r.operations[places[i]].from > r.windows[at].to })
	var seen []int
	for _, place := range places[first:] {
		o := &r.operations[place]
		if o.from > until {
			break
		}
		if o.answered || o.to < until {
			seen = append(seen, place)
		}
	}
	return seen
}

// recovery judges what was seen of a node, where final says that nothing can have
// followed.
func (r *run) recovery(node int, seen []int, enough int, final bool) recovery {
	found := recovery{node: node, first: none, last: none, unanswered: none}
	if len(seen) == 0 {
		return found
	}
	asked := r.operations[seen[0]].start
	found.first, found.last = seen[0], seen[len(seen)-1]
	// The next operation that nobody observed can have been answered at once.
	found.atLeast = r.operations[found.last].start - asked
	for i, place := range seen {
		o := &r.operations[place]
		if !o.answered {
			found.unanswered = place
			continue
		}
		switch r.look(seen[i:min(len(seen), i+row)], enough, final) {
		case yes:
			found.recovered, found.last, found.atLeast = true, place, o.end-asked
			return found
		case open:
			found.atLeast = min(found.atLeast, o.end-asked)
		}
	}
	return found
}

// answer is what a row says.
type answer int

const (
	no answer = iota
	yes
	// open: the row is too short to tell.
	open
)

// look says whether enough of a row were answered, or of a shorter one if the
// history ends with it.
func (r *run) look(some []int, enough int, final bool) answer {
	if final {
		enough = enough * len(some) / row
	}
	answered := 0
	for _, at := range some {
		if r.operations[at].answered {
			answered++
		}
	}
	switch {
	case answered >= enough:
		return yes
	case row-(len(some)-answered) < enough:
		return no
	}
	return open
}

// slowest is the recovery that took longest, and how many nodes recovered.
func (w *window) slowest() (slowest recovery, recovered int) {
	for _, seen := range w.recoveries {
		if seen.recovered {
			if recovered == 0 || seen.atLeast > slowest.atLeast {
				slowest = seen
			}
			recovered++
		}
	}
	return slowest, recovered
}

// unseen are the nodes that were not seen to recover.
func (w *window) unseen() []recovery {
	return slices.DeleteFunc(slices.Clone(w.recoveries), func(seen recovery) bool { return seen.recovered })
}

// text is how long it took.
func (s recovery) text() string {
	if s.recovered {
		return distribution.Text(s.atLeast)
	}
	return "at least " + distribution.Text(s.atLeast)
}

// why says why a recovery was not seen.
func (s recovery) why() string {
	switch {
	case s.first == none:
		return "no operation was invoked on it before the next fault or the end"
	case s.unanswered == s.last:
		return "nothing more was answered before the next fault or the end"
	}
	return "too few operations were invoked on it before the next fault or the end"
}
