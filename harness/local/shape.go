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

// passage is what becomes of bytes that set out under some rules.
type passage struct {
	// at is when they arrive, unless these rules are replaced before, which closes
	// changed: then they arrive at once.
	at      time.Time
	changed <-chan struct{}
	// lost is how many of their packets have to be sent again, most how many bytes may
	// wait.
	lost, most int
}

// passage says what becomes of bytes that set out now.
func (n *network) passage(l cluster.Link, size int) passage {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := passage{at: time.Now(), changed: n.changed, most: mostOnLine}
	s := n.rules.Shape[l]
	if s == (cluster.Shape{}) {
		return p
	}
	if s.Rate > 0 {
		p.at, p.most = n.transmitted(l, s, p.at, size), int(s.Queue)
	}
	chance := n.chanceOf(l)
	p.at = p.at.Add(s.Delay)
	if s.Jitter > 0 {
		p.at = p.at.Add(time.Duration((2*chance.Float64() - 1) * float64(s.Jitter)))
	}
	for left := size; left > 0; left -= packetSize {
		if loss := s.Loss + s.Noise; loss > 0 && chance.Float64() < loss {
			p.lost++
		}
	}
	if p.lost > 0 {
		p.at = p.at.Add(stall)
	}
	return p
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

// arrival waits until bytes have arrived. The rules that count are those under which
// they set out: asking for the present ones here would miss a change in between, and
// hold them back after a heal.
func (p passage) arrival(ctx context.Context) error {
	wait := time.Until(p.at)
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.changed:
	case <-ctx.Done():
	}
	return ctx.Err()
}
