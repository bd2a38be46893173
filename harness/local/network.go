//go:build unix

package local

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"

	"github.com/assaykit/assay/harness/cluster"
)

// packetSize is how many bytes count as one packet when packets are corrupted:
// what Ethernet would carry.
const packetSize = 1448

// network is the network between the nodes. All bytes from one node to another
// pass the gate of their link; the rules say which gates are closed.
type network struct {
	ctx    context.Context
	cancel context.CancelFunc
	// running are the proxies and connections.
	running sync.WaitGroup
	probes  map[cluster.Link]*probe

	mu    sync.Mutex
	rules cluster.Rules
	// edition counts the rules, from 1. changed is closed when they change.
	edition int64
	changed chan struct{}
	chance  map[cluster.Link]*rand.Rand
	seed    int64
	traffic map[cluster.Link]*traffic
	// spoiled counts packets changed under the present rules.
	spoiled map[cluster.Link]uint64
}

func newNetwork(seed int64) *network {
	ctx, cancel := context.WithCancel(context.Background())
	return &network{
		ctx: ctx, cancel: cancel,
		probes:  make(map[cluster.Link]*probe),
		edition: 1, changed: make(chan struct{}),
		chance: make(map[cluster.Link]*rand.Rand), seed: seed,
		spoiled: make(map[cluster.Link]uint64),
		traffic: make(map[cluster.Link]*traffic),
	}
}

// setRules closes and opens gates, all at once. A chunk that has passed its gate
// at this moment still arrives, like a packet that is on the wire.
func (n *network) setRules(r cluster.Rules) error {
	for _, l := range r.Links() {
		if err := n.feasible(r, l); err != nil {
			return fmt.Errorf("set network rules: from %s to %s: %w", l.From, l.To, err)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rules = r.Clone()
	clear(n.spoiled)
	clear(n.traffic)
	n.edition++
	close(n.changed)
	n.changed = make(chan struct{})
	return nil
}

// feasible says why the rules of a link cannot be acted out.
func (n *network) feasible(r cluster.Rules, l cluster.Link) error {
	if _, watched := n.probes[l]; !watched {
		return errors.New("there is no such link")
	}
	if r.Reject[l] || r.DropNew[l] {
		return errContainers
	}
	return shapeable(r.Shape[l])
}

// gate lets the bytes of one stream through, from one node to another.
type gate struct {
	network *network
	link    cluster.Link
	// held is the edition of the rules under which bytes are held back here, or
	// 0.
	held atomic.Int64
}

func (n *network) gate(l cluster.Link) *gate { return &gate{network: n, link: l} }

// pass returns when the link is open, or with the context's error.
func (g *gate) pass(ctx context.Context) error {
	defer g.held.Store(0)
	for {
		closed, edition, changed := g.network.look(g.link)
		if !closed {
			return ctx.Err()
		}
		g.held.Store(edition)
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// look returns whether one of the links is closed, under which edition of the
// rules, and what is closed when these change.
func (n *network) look(links ...cluster.Link) (closed bool, edition int64, changed <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range links {
		closed = closed || n.rules.Drop[l]
	}
	return closed, n.edition, n.changed
}

// passBoth returns when both directions between two nodes are open.
func (n *network) passBoth(ctx context.Context, l cluster.Link) error {
	for {
		closed, _, changed := n.look(l, reverse(l))
		if !closed {
			return ctx.Err()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func reverse(l cluster.Link) cluster.Link { return cluster.Link{From: l.To, To: l.From} }

// corrupt flips the lowest bit of one byte in some of the packets that the
// bytes would travel in. Digits remain digits then, letters remain letters: such
// a change is the least likely to be noticed by accident.
func (n *network) corrupt(l cluster.Link, data []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	probability := n.rules.Corrupt[l]
	if probability <= 0 {
		return
	}
	chance := n.chanceOf(l)
	for len(data) > 0 {
		packet := data[:min(len(data), packetSize)]
		data = data[len(packet):]
		if chance.Float64() < probability {
			packet[chance.IntN(len(packet))] ^= 1
			n.spoiled[l]++
		}
	}
}

// corrupted is what corrupt has done under the present rules.
func (n *network) corrupted() map[cluster.Link]uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.spoiled)
}

// chanceOf is the link's own source of chance, under the lock.
func (n *network) chanceOf(l cluster.Link) *rand.Rand {
	if n.chance[l] == nil {
		name := fnv.New64a()
		fmt.Fprintf(name, "%q %q", l.From, l.To)
		n.chance[l] = rand.New(rand.NewPCG(uint64(n.seed), name.Sum64()))
	}
	return n.chance[l]
}

// forward makes a proxy on the link to a target and returns its address.
func (n *network) forward(l cluster.Link, target string) (string, error) {
	listener, err := net.Listen("tcp4", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return "", fmt.Errorf("make the way from %s to %s: %w", l.From, l.To, err)
	}
	p := &proxy{network: n, link: l, listener: listener, target: target}
	n.running.Go(p.run)
	return listener.Addr().String(), nil
}

// watch makes the probes between all nodes.
func (n *network) watch(ctx context.Context, nodes []string) error {
	for _, from := range nodes {
		for _, to := range nodes {
			if from == to {
				continue
			}
			l := cluster.Link{From: from, To: to}
			p, err := newProbe(ctx, n, l)
			if err != nil {
				return fmt.Errorf("watch the link from %s to %s: %w", from, to, err)
			}
			n.probes[l] = p
		}
	}
	return nil
}

// reach probes the links that are wanted, all at the same time.
func (n *network) reach(ctx context.Context, wanted func(cluster.Link) bool) (map[cluster.Link]bool, error) {
	var (
		mu      sync.Mutex
		probing sync.WaitGroup
		reached = make(map[cluster.Link]bool)
		errs    []error
	)
	for l, p := range n.probes {
		if !wanted(l) {
			continue
		}
		probing.Go(func() {
			arrived, err := p.send(ctx)
			mu.Lock()
			defer mu.Unlock()
			reached[l] = arrived
			if err != nil {
				errs = append(errs, fmt.Errorf("probe the link from %s to %s: %w", l.From, l.To, err))
			}
		})
	}
	probing.Wait()
	return reached, errors.Join(errs...)
}

// close ends all proxies, connections and probes, and waits for them.
func (n *network) close() {
	n.cancel()
	n.running.Wait()
}
