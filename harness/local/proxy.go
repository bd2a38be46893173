//go:build unix

package local

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// proxy carries the connections that one node opens to a port of another. It
// behaves as near to a link that drops packets as a program without privileges
// can:
//
//   - An established connection stays open. What is sent in a dropped direction
//     waits in the kernel's buffers, so that its sender blocks when they are
//     full, and arrives after the heal, like TCP's retransmissions (without their
//     back-off, and the sender's kernel believes that all was acknowledged). The
//     end of a connection waits in the same way.
//   - A new connection needs both directions, as a handshake does. Here the
//     kernel accepts it at once, so that the dialling side believes that it is
//     connected, but nothing comes back and nothing arrives before the heal. If
//     the dialling side has given up by then, nothing ever arrives.
//   - What a shape makes late arrives late, and what a narrow link cannot take holds
//     up its sender. A lost packet costs the wait for its repetition.
//   - Where one direction is dropped, real TCP soon stalls in the other one too,
//     because acknowledgements are lost. This one goes on.
type proxy struct {
	network  *network
	link     cluster.Link
	listener net.Listener
	target   string
}

// maxHeld is how much a connection can send before it is established.
const maxHeld = 64 << 10

func (p *proxy) run() {
	ctx := p.network.ctx
	defer context.AfterFunc(ctx, func() { p.listener.Close() })()
	for {
		conn, err := p.listener.Accept()
		switch {
		case err == nil:
			p.network.running.Go(func() { p.serve(ctx, conn.(*net.TCPConn)) })
		case errors.Is(err, net.ErrClosed):
			return
		default:
			// Out of file descriptors, or a connection that is gone already.
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (p *proxy) serve(ctx context.Context, near *net.TCPConn) {
	defer near.Close()
	defer context.AfterFunc(ctx, func() { near.Close() })()
	held, err := p.hold(ctx, near)
	if err != nil {
		return
	}
	far, err := dial(ctx, p.target)
	if err != nil {
		abort(near)
		return
	}
	defer far.Close()
	defer context.AfterFunc(ctx, func() { far.Close() })()

	there := &stream{gate: p.network.gate(p.link), back: p.network.gate(reverse(p.link)), to: far, origin: near}
	back := &stream{gate: p.network.gate(reverse(p.link)), back: p.network.gate(p.link), to: near, origin: far}
	var both sync.WaitGroup
	both.Go(func() { there.carry(ctx, io.MultiReader(bytes.NewReader(held), near)) })
	both.Go(func() { back.carry(ctx, far) })
	both.Wait()
}

// hold waits until a connection could be established and returns what was sent
// on it until then. The error says that the connection was given up before.
func (p *proxy) hold(ctx context.Context, near *net.TCPConn) ([]byte, error) {
	if closed, _, _ := p.network.look(p.link, reverse(p.link)); !closed {
		return nil, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	opened := make(chan error, 1)
	go func() {
		err := p.network.passBoth(ctx, p.link)
		// Ends the reading below.
		_ = near.SetReadDeadline(time.Unix(1, 0))
		opened <- err
	}()
	var held bytes.Buffer
	_, err := io.CopyN(&held, near, maxHeld)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		cancel()
		<-opened
		return nil, err
	}
	if err := <-opened; err != nil {
		return nil, err
	}
	return held.Bytes(), near.SetReadDeadline(time.Time{})
}

func dial(ctx context.Context, target string) (*net.TCPConn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp4", target)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// stream is one direction of a connection.
type stream struct {
	// gate is on the way to the receiver, back on the way to the origin.
	gate, back *gate
	to, origin *net.TCPConn
	// lost are the packets that had to be sent again.
	lost atomic.Int64
}

// carry brings bytes from the source to the receiver until either ends, and
// tells the other. News of an end travel through the gates like bytes.
func (s *stream) carry(ctx context.Context, source io.Reader) {
	read, write := s.copy(ctx, source)
	switch {
	case write != nil:
		if s.back.pass(ctx) == nil {
			abort(s.origin)
		}
	case s.gate.pass(ctx) != nil:
	case errors.Is(read, io.EOF):
		_ = s.to.CloseWrite()
	default:
		abort(s.to)
	}
}

// copy returns the error that ended the reading or the one that ended the
// writing. What was read is on a line until its moment has come.
func (s *stream) copy(ctx context.Context, source io.Reader) (read, write error) {
	l := newLine()
	defer l.abandon()
	defer context.AfterFunc(ctx, l.abandon)()
	s.gate.network.running.Go(func() { s.send(source, l) })
	for {
		c, err := l.get()
		if err != nil {
			return err, nil
		}
		if err := s.deliver(ctx, c); err != nil {
			return nil, err
		}
		l.arrived(c)
	}
}

// send puts what it reads on the line, in the order in which it came.
func (s *stream) send(source io.Reader, l *line) {
	space := make([]byte, 32<<10)
	var before passage
	for {
		n, err := source.Read(space)
		if n > 0 {
			p := s.gate.network.passage(s.gate.link, n)
			// What set out under other rules is there by now, however late it was to be.
			if p.changed == before.changed && p.at.Before(before.at) {
				p.at = before.at
			}
			before = p
			s.lost.Add(int64(p.lost))
			l.put(chunk{bytes.Clone(space[:n]), p}, p.most)
		}
		if err != nil {
			l.end(err)
			return
		}
	}
}

func (s *stream) deliver(ctx context.Context, c chunk) error {
	if err := c.way.arrival(ctx); err != nil {
		return err
	}
	if err := s.gate.pass(ctx); err != nil {
		return err
	}
	s.gate.network.corrupt(s.gate.link, c.data)
	_, err := s.to.Write(c.data)
	return err
}

// abort resets a connection, as the kernel does when a process dies.
func abort(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	conn.Close()
}
