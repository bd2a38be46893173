package process

import (
	"container/heap"
	"time"
)

// timers are the named timers of a node, in the order in which they are due.
// The goroutine that owns the node asks for what is due just before it reacts:
// no expired timer ever waits in a queue, where setting it anew or cancelling
// it would come too late.
type timers struct {
	byName map[string]*timer
	order  timerHeap
}

type timer struct {
	name  string
	at    time.Duration
	place int
}

func newTimers() timers { return timers{byName: make(map[string]*timer)} }

func (t *timers) set(name string, at time.Duration) {
	if known, ok := t.byName[name]; ok {
		known.at = at
		heap.Fix(&t.order, known.place)
		return
	}
	added := &timer{name: name, at: at}
	t.byName[name] = added
	heap.Push(&t.order, added)
}

func (t *timers) cancel(name string) {
	if known, ok := t.byName[name]; ok {
		heap.Remove(&t.order, known.place)
		delete(t.byName, name)
	}
}

// due removes and returns the timer that has been due the longest.
func (t *timers) due(now time.Duration) (name string, ok bool) {
	if at, set := t.next(); !set || at > now {
		return "", false
	}
	name = t.order[0].name
	t.cancel(name)
	return name, true
}

// next is when the next timer is due.
func (t *timers) next() (at time.Duration, ok bool) {
	if len(t.order) == 0 {
		return 0, false
	}
	return t.order[0].at, true
}

// timerHeap implements heap.Interface; equal times go by name, to be repeatable.
type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return h[i].name < h[j].name
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *timerHeap) Push(x any) {
	t := x.(*timer)
	t.place = len(*h)
	*h = append(*h, t)
}

func (h *timerHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
