package sequence

import (
	"maps"
	"slices"

	"github.com/assaykit/assay/harness/sim/trace"
)

// choose picks the events to show, by index and in order: all of them if they are
// not too many, else those that tell why the witness is as it is. Nothing after the
// first violation is shown.
func choose(t *trace.Trace, witness map[int]bool, most int) []int {
	end := lastShown(t, witness)
	if end <= most {
		return upTo(end)
	}
	c := newChoice(t, witness, end, most)
	for _, more := range []func(){c.contradiction, c.upheavals, c.causesOf(trace.Violation, trace.Complete, trace.Invoke), c.siblings, c.notes, c.otherOperations, c.causesOf(trace.Note, trace.Restart), c.rest} {
		more()
	}
	return slices.Sorted(maps.Keys(c.shown))
}

// lastShown is how many events there are up to the first violation and what belongs
// to it, or, where none is marked, up to the last event of the witness.
func lastShown(t *trace.Trace, witness map[int]bool) int {
	end, violated := t.Violated()
	for violated && end < len(t.Events) && t.Events[end].Kind == trace.Violation {
		end++
	}
	if violated {
		return end
	}
	for i, e := range t.Events {
		if operation(e) && witness[e.Number] {
			end = i
		}
	}
	if end < 0 {
		return len(t.Events)
	}
	return end + 1
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// choice is a choice under way.
type choice struct {
	*links
	witness map[int]bool
	// from is where the first operation of the witness begins, end where the trace
	// ends.
	from, end, most int
	shown           map[int]bool
}

func newChoice(t *trace.Trace, witness map[int]bool, end, most int) *choice {
	c := &choice{links: newLinks(t), witness: witness, end: end, most: most, shown: make(map[int]bool)}
	c.from = slices.IndexFunc(t.Events[:end], func(e trace.Event) bool { return e.Kind == trace.Invoke && witness[e.Number] })
	c.from = max(0, c.from)
	return c
}

// add shows an event with what belongs to it, if there is room.
func (c *choice) add(i int) {
	var fresh []int
	for _, at := range c.whole(i) {
		if at < c.end && !c.shown[at] {
			fresh = append(fresh, at)
		}
	}
	if len(c.shown)+len(fresh) > c.most {
		return
	}
	for _, at := range fresh {
		c.shown[at] = true
	}
}

// each adds the events from an index on for which a condition holds, the latest
// first: should the room not do, what is near the violation is there.
func (c *choice) each(from int, holds func(i int, e trace.Event) bool) {
	for i := c.end - 1; i >= from; i-- {
		if holds(i, c.events[i]) {
			c.add(i)
		}
	}
}

// contradiction adds the witness: its operations with their requests and answers.
func (c *choice) contradiction() {
	c.each(0, func(_ int, e trace.Event) bool {
		return e.Kind == trace.Violation || operation(e) && c.witness[e.Number]
	})
	c.each(0, func(i int, e trace.Event) bool {
		n, ok := c.by[i]
		return ok && c.witness[n]
	})
}

// upheavals adds what happened to nodes while the witness came about, and the
// faults that were in force then.
func (c *choice) upheavals() {
	healed := make(map[int]bool)
	for _, e := range c.events[:c.from] {
		healed[e.Number] = healed[e.Number] || e.Kind == trace.Heal
	}
	c.each(0, func(i int, e trace.Event) bool {
		switch e.Kind {
		case trace.Fault:
			return i >= c.from || !healed[e.Number]
		case trace.Heal, trace.Crash, trace.Restart, trace.Pause, trace.Resume:
			return i >= c.from
		}
		return false
	})
}

// causesOf adds what led to the events of these kinds that are shown.
func (c *choice) causesOf(kinds ...trace.Kind) func() {
	const back = 24
	return func() {
		shown := slices.Sorted(maps.Keys(c.shown))
		for _, i := range slices.Backward(shown) {
			if !slices.Contains(kinds, c.events[i].Kind) {
				continue
			}
			for _, at := range c.chain(i, back) {
				c.add(at)
			}
		}
	}
}

// siblings adds the other messages of a node that sent the same to several.
func (c *choice) siblings() {
	shown := slices.Sorted(maps.Keys(c.shown))
	for _, i := range slices.Backward(shown) {
		for _, at := range c.links.siblings(i) {
			c.add(at)
		}
	}
}

func (c *choice) notes() {
	c.each(c.from, func(_ int, e trace.Event) bool { return e.Kind == trace.Note })
}

func (c *choice) otherOperations() {
	c.each(c.from, func(i int, e trace.Event) bool {
		_, request := c.by[i]
		return operation(e) || request
	})
}

// rest adds what else there is, if all of it has room: some of it would be chance.
func (c *choice) rest() {
	for _, from := range []int{c.from, 0} {
		if missing := c.end - from - len(c.shown); len(c.shown)+missing <= c.most {
			c.each(from, func(int, trace.Event) bool { return true })
		}
	}
}

func operation(e trace.Event) bool { return e.Kind == trace.Invoke || e.Kind == trace.Complete }
