//go:build unix

package local

import (
	"context"
	"errors"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// stall is what the loss of a packet costs a connection over which little is sent:
// the shortest time after which Linux sends a packet again (TCP_RTO_MIN).
const stall = 200 * time.Millisecond

// shapeable says which parts of a shape a proxy of streams can act out. It loses no
// byte, so that a lost packet is the wait for its repetition, which is all that a
// program behind TCP sees of it; a damaged packet is a lost one. What else happens
// to packets TCP hides from its programs.
func shapeable(s cluster.Shape) error {
	switch {
	case s.Duplicate > 0 || s.Reorder > 0:
		return errHidden
	case s.Tamper != cluster.Replacement{}:
		return errStream
	}
	return nil
}

var (
	errContainers = errors.New("needs the nodes to have a network of their own: use --runtime docker")
	errHidden     = errors.New("a proxy of TCP connections cannot do it, because TCP hides it: use --runtime docker")
	errStream     = errors.New("a proxy of TCP connections sees no packets: use --runtime docker")
)

// traffic is what one link's streams share.
type traffic struct {
	// busy is until when the bandwidth is used up.
	busy time.Time
}

// passage says when bytes that set out now arrive, how many of their packets are
// lost on the way and have to be sent again, and how many bytes may wait.
func (n *network) passage(l cluster.Link, size int) (at time.Time, lost, most int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	at, most = time.Now(), mostOnLine
	s := n.rules.Shape[l]
	if s == (cluster.Shape{}) {
		return at, 0, most
	}
	if s.Rate > 0 {
		at, most = n.transmitted(l, s, at, size), int(s.Queue)
	}
	chance := n.chanceOf(l)
	at = at.Add(s.Delay)
	if s.Jitter > 0 {
		at = at.Add(time.Duration((2*chance.Float64() - 1) * float64(s.Jitter)))
	}
	for left := size; left > 0; left -= packetSize {
		if loss := s.Loss + s.Noise; loss > 0 && chance.Float64() < loss {
			lost++
		}
	}
	if lost > 0 {
		at = at.Add(stall)
	}
	return at, lost, most
}

// transmitted is when the last bit has gone through the link's bandwidth.
func (n *network) transmitted(l cluster.Link, s cluster.Shape, now time.Time, size int) time.Time {
	t := n.traffic[l]
	if t == nil {
		t = &traffic{}
		n.traffic[l] = t
	}
	if t.busy.Before(now) {
		t.busy = now
	}
	t.busy = t.busy.Add(time.Duration(float64(size) / float64(s.Rate) * float64(time.Second)))
	return t.busy
}

// arrive waits for a moment, or until the rules change: what was on its way under
// others arrives then.
func (g *gate) arrive(ctx context.Context, at time.Time) error {
	wait := time.Until(at)
	if wait <= 0 {
		return ctx.Err()
	}
	_, _, changed := g.network.look()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-ctx.Done():
	}
	return ctx.Err()
}
