package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"sync"
	"time"
)

// After a partition TCP would stay silent for as long as its retransmission
// timer has grown, up to minutes. These keep it to the order of the dial's
// patience: a connection on which nothing comes back is given up, and a new one
// sends its first packet at most dialPatience + redialPause after the heal.
const (
	heartbeatEvery = 100 * time.Millisecond
	silence        = 500 * time.Millisecond
	dialPatience   = 200 * time.Millisecond
	redialPause    = 50 * time.Millisecond
)

// queueLength is how many messages wait for a connection before they are lost.
const queueLength = 1024

// link is the way to one peer: one outgoing connection that is renewed for as
// long as the node lives. Messages are lost when the queue is full, when a dial
// fails and when a connection breaks; they wait while a dial is under way.
type link struct {
	peer  Peer
	codec codec
	log   *log.Logger
	queue chan []byte
	// up remembers whether the peer answered last, to log changes only.
	up bool
}

func newLink(p Peer, c codec, log *log.Logger) *link {
	return &link{peer: p, codec: c, log: log, queue: make(chan []byte, queueLength)}
}

func (l *link) send(payload []byte) {
	select {
	case l.queue <- payload:
	default:
	}
}

func (l *link) run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := l.connect(ctx)
		l.discard()
		if l.up && ctx.Err() == nil {
			l.log.Printf("lost %s: %v", l.peer.ID, err)
		}
		l.up = false
		rest(ctx, redialPause)
	}
	return nil
}

// connect makes a connection and uses it until it breaks.
func (l *link) connect(ctx context.Context) error {
	// The kernel's own probes would only add to ours.
	dialer := net.Dialer{Timeout: dialPatience, KeepAlive: -1}
	raw, err := dialer.DialContext(ctx, "tcp", l.peer.Addr)
	if err != nil {
		return err
	}
	conn := patient{raw}
	first, silent := make(chan struct{}), make(chan error, 1)
	var reader sync.WaitGroup
	reader.Go(func() { silent <- l.readAnswers(conn, first) })
	defer reader.Wait()
	defer conn.Close()
	return l.write(ctx, conn, first, silent)
}

// readAnswers returns when the peer has been silent for too long. It closes
// first when the peer has answered once.
func (l *link) readAnswers(conn net.Conn, first chan<- struct{}) error {
	r := bufio.NewReader(conn)
	for answered := false; ; answered = true {
		payload, err := l.codec.read(r)
		if err != nil {
			return fmt.Errorf("wait for an answer: %w", err)
		}
		if len(payload) > 0 {
			return errors.New("the answer to a heartbeat is not one")
		}
		if !answered {
			close(first)
		}
	}
}

// write sends messages and heartbeats until the connection breaks, the peer is
// silent or the context ends.
func (l *link) write(ctx context.Context, conn net.Conn, first <-chan struct{}, silent <-chan error) error {
	w := bufio.NewWriter(conn)
	tick := time.NewTicker(heartbeatEvery)
	defer tick.Stop()
	// The first heartbeat at once: its answer shows that the peer is there.
	err := l.writeAll(w, nil)
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case err = <-silent:
		case <-first:
			l.log.Printf("connected to %s at %s", l.peer.ID, l.peer.Addr)
			l.up, first = true, nil
		case payload := <-l.queue:
			err = l.writeAll(w, payload)
		case <-tick.C:
			err = l.writeAll(w, nil)
		}
	}
	return err
}

// writeAll sends a payload and what has queued up behind it.
func (l *link) writeAll(w *bufio.Writer, payload []byte) error {
	for {
		// A bufio.Writer keeps its first error for Flush.
		_, _ = w.Write(l.codec.append(nil, payload))
		select {
		case payload = <-l.queue:
		default:
			return w.Flush()
		}
	}
}

// discard drops the messages that waited for a connection in vain.
func (l *link) discard() {
	for {
		select {
		case <-l.queue:
		default:
			return
		}
	}
}

// patient is a connection that waits for its peer for so long and no longer.
type patient struct{ net.Conn }

func (p patient) Read(b []byte) (int, error) {
	if err := p.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return 0, err
	}
	return p.Conn.Read(b)
}

func (p patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(silence)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}

// rest sleeps, unless the context ends before.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// loopback is the way from a node to itself.
type loopback struct {
	queue   chan []byte
	deliver func(ctx context.Context, payload []byte) error
}

func (l *loopback) send(payload []byte) {
	select {
	case l.queue <- payload:
	default:
	}
}

func (l *loopback) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case payload := <-l.queue:
			if err := l.deliver(ctx, payload); err != nil && ctx.Err() == nil {
				return fmt.Errorf("message to itself: %w", err)
			}
		}
	}
}
