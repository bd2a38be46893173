package maelstrom

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// network carries messages between nodes, clients and services: it is where messages are
// late, lost, doubled, overtaken, and cut off. A message under way when the rules change
// still arrives.
type network struct {
	latency time.Duration
	seed    int64

	mu     sync.Mutex
	rules  cluster.Rules
	chance map[cluster.Link]*rand.Rand
	// last is when the last message of a link arrives that keeps its place.
	last map[cluster.Link]time.Time
	// way are the messages under way, the next one to arrive first.
	way  packets
	sent int64
	wake chan struct{}

	quit    chan struct{}
	running sync.WaitGroup
}

// packet is a message under way: what happens when it arrives.
type packet struct {
	at      time.Time
	number  int64
	deliver func()
}

func newNetwork(latency time.Duration, seed int64) *network {
	n := &network{
		latency: latency, seed: seed, chance: map[cluster.Link]*rand.Rand{}, last: map[cluster.Link]time.Time{},
		wake: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	n.running.Go(n.run)
	return n
}

func (n *network) close() {
	close(n.quit)
	n.running.Wait()
}

// errMessages is why a fault cannot be acted out here.
var errMessages = errors.New("there are messages only, no connections and no packets whose bits could change")

// setRules makes rules hold.
func (n *network) setRules(r cluster.Rules, known func(cluster.Link) bool) error {
	for _, l := range r.Links() {
		s := r.Shape[l]
		switch {
		case !known(l):
			return fmt.Errorf("set network rules: there is no link from %s to %s", l.From, l.To)
		case r.Reject[l] || r.DropNew[l] || r.Corrupt[l] > 0 || s.Rate > 0 || s.Tamper != cluster.Replacement{}:
			return fmt.Errorf("set network rules: from %s to %s: %w", l.From, l.To, errMessages)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rules = r.Clone()
	return nil
}

// send lets something arrive over a link, perhaps, or twice.
func (n *network) send(l cluster.Link, deliver func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.rules.Cuts(l) {
		return
	}
	s, chance := n.rules.Shape[l], n.chanceOf(l)
	if chance.Float64() < s.Loss+s.Noise-s.Loss*s.Noise {
		return
	}
	n.depart(l, s, chance, deliver)
	if chance.Float64() < s.Duplicate {
		n.depart(l, s, chance, deliver)
	}
}

// depart puts a message on its way. Its caller holds mu.
func (n *network) depart(l cluster.Link, s cluster.Shape, chance *rand.Rand, deliver func()) {
	at := time.Now().Add(s.Delay)
	if n.latency > 0 {
		at = at.Add(time.Duration(chance.ExpFloat64() * float64(n.latency)))
	}
	if s.Jitter > 0 {
		at = at.Add(time.Duration((2*chance.Float64() - 1) * float64(s.Jitter)))
	}
	switch behind := chance.Float64() < s.Reorder; {
	case behind:
		at = at.Add(s.Behind)
	case n.latency == 0: // with a latency of its own each message goes its own way
		if last := n.last[l]; at.Before(last) {
			at = last
		}
		n.last[l] = at
	}
	n.sent++
	heap.Push(&n.way, packet{at, n.sent, deliver})
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// chanceOf is the link's own source of chance. Its caller holds mu.
func (n *network) chanceOf(l cluster.Link) *rand.Rand {
	if n.chance[l] == nil {
		name := fnv.New64a()
		fmt.Fprintf(name, "%q %q", l.From, l.To)
		n.chance[l] = rand.New(rand.NewPCG(uint64(n.seed), name.Sum64()))
	}
	return n.chance[l]
}

// run delivers what is due.
func (n *network) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(n.deliverDue())
		select {
		case <-n.quit:
			return
		case <-n.wake:
		case <-timer.C:
		}
	}
}

// deliverDue returns how long it is until the next message is due.
func (n *network) deliverDue() time.Duration {
	for {
		n.mu.Lock()
		if len(n.way) == 0 {
			n.mu.Unlock()
			return time.Hour
		}
		if wait := time.Until(n.way[0].at); wait > 0 {
			n.mu.Unlock()
			return wait
		}
		next := heap.Pop(&n.way).(packet)
		n.mu.Unlock()
		next.deliver()
	}
}

// packets is a heap.
type packets []packet

func (p packets) Len() int { return len(p) }
func (p packets) Less(i, j int) bool {
	return p[i].at.Before(p[j].at) || p[i].at.Equal(p[j].at) && p[i].number < p[j].number
}
func (p packets) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *packets) Push(x any)   { *p = append(*p, x.(packet)) }
func (p *packets) Pop() any {
	last := (*p)[len(*p)-1]
	*p = (*p)[:len(*p)-1]
	return last
}

// tries is how many probes look whether a link lets anything through: none of them is
// likely to be lost by chance alone.
const tries = 30

// slowest is how long a probe may be on its way.
const slowest = 10 * time.Second

// reaches observes whether anything arrives over a link.
func (n *network) reaches(ctx context.Context, l cluster.Link) (bool, error) {
	arrived := make(chan struct{}, 4*tries)
	for range tries {
		n.send(l, func() { arrived <- struct{}{} })
	}
	n.mu.Lock()
	cut, longest := n.rules.Cuts(l), n.longest(l)
	n.mu.Unlock()
	if cut { // what was sent before the cut, if anything, has arrived by then
		longest = min(longest, 200*time.Millisecond)
	}
	select {
	case <-arrived:
		return true, nil
	case <-time.After(longest):
		return false, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// longest is how long a message on a link can take. Its caller holds mu.
func (n *network) longest(l cluster.Link) time.Duration {
	s := n.rules.Shape[l]
	return min(slowest, 500*time.Millisecond+s.Delay+s.Jitter+s.Behind+20*n.latency)
}

const (
	// volley is how many probes measure a link, between is the time between two of them,
	// and size is how many bytes each stands for.
	volley  = 60
	between = 2 * time.Millisecond
	size    = 400
)

// measure sends a volley over a link and says what became of it.
func (n *network) measure(ctx context.Context, l cluster.Link) (cluster.Measurement, error) {
	m := cluster.Measurement{Sent: volley}
	g := gauge{took: map[int]time.Duration{}, times: map[int]int{}, newest: -1}
	began := time.Now()
	for i := range volley {
		sent := time.Now()
		n.send(l, func() { g.arrived(i, time.Since(sent)) })
		time.Sleep(between)
	}
	n.mu.Lock()
	longest := n.longest(l)
	n.mu.Unlock()
	select {
	case <-time.After(longest):
	case <-ctx.Done():
		return m, context.Cause(ctx)
	}
	g.read(&m, began)
	return m, nil
}
