//go:build unix

package local

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// probePatience is how long a byte may be on its way when it is not seen to be
// held back either. Only a machine that stands still needs so long.
const probePatience = 10 * time.Second

// probe observes one direction between two nodes: a connection that was
// established while the network was healthy, and whose bytes are carried by the
// same code and through the same gates as those of the nodes.
type probe struct {
	gate   *gate
	stream *stream
	near   net.Conn

	// sending keeps probes of the same link apart.
	sending sync.Mutex
	sent    int64

	mu      sync.Mutex
	arrived int64
	// log is when how many had arrived, since it was emptied.
	log []arrival
}

type arrival struct {
	total int64
	at    time.Time
}

func newProbe(ctx context.Context, n *network, l cluster.Link) (*probe, error) {
	in, out, err := connected(ctx)
	if err != nil {
		return nil, err
	}
	outNear, outFar, err := connected(ctx)
	if err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	p := &probe{gate: n.gate(l), near: in}
	ends := []net.Conn{in, out, outNear, outFar}
	context.AfterFunc(n.ctx, func() { closeAll(ends) })
	p.stream = &stream{gate: p.gate, back: n.gate(reverse(l)), to: outNear, origin: out}
	n.running.Go(func() { p.stream.carry(n.ctx, out) })
	n.running.Go(func() { p.count(outFar) })
	return p, nil
}

// connected makes both ends of a connection.
func connected(ctx context.Context) (dialled, accepted *net.TCPConn, err error) {
	listener, err := net.Listen("tcp4", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return nil, nil, err
	}
	defer listener.Close()
	dialled, err = dial(ctx, listener.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	// The handshake is over, so this does not wait.
	conn, err := listener.Accept()
	if err != nil {
		return nil, nil, errors.Join(err, dialled.Close())
	}
	return dialled, conn.(*net.TCPConn), nil
}

func closeAll(conns []net.Conn) {
	for _, c := range conns {
		c.Close()
	}
}

// count counts what arrives. It does not look at the bytes, because a corrupted
// packet has arrived too.
func (p *probe) count(far io.Reader) {
	space := make([]byte, shot)
	for {
		n, err := far.Read(space)
		p.mu.Lock()
		p.arrived += int64(n)
		p.log = append(p.log, arrival{p.arrived, time.Now()})
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// send sends a byte and returns whether it arrived. It did not if it, or one
// before it, is seen to be held at the gate under the rules of now.
func (p *probe) send(ctx context.Context) (bool, error) {
	p.sending.Lock()
	defer p.sending.Unlock()
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	p.forget()
	if err := p.shoot(1); err != nil {
		return false, err
	}
	return p.await(ctx)
}

// forget empties the log.
func (p *probe) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = nil
}

func (p *probe) shoot(bytes int) error {
	_, err := p.near.Write(make([]byte, bytes))
	p.sent += int64(bytes)
	return err
}

// await returns whether all that was sent has arrived.
func (p *probe) await(ctx context.Context) (bool, error) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		switch {
		case p.hasArrived(p.sent):
			return true, nil
		case p.isHeld():
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, errors.New("a byte neither arrived nor was held back")
		case <-tick.C:
		}
	}
}

func (p *probe) hasArrived(sent int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.arrived >= sent
}

func (p *probe) isHeld() bool {
	_, edition, _ := p.gate.network.look()
	return p.gate.held.Load() == edition
}
