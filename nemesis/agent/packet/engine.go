//go:build linux

// Package packet decides what happens to packets that the kernel hands over
// before a node receives them: they are late, lost, doubled, overtaken, changed
// or held up by a narrow line, per source and by dice that a seed decides. It
// holds packets at their receiver, because a packet that is held at its sender
// counts against the sender's socket, and TCP stops after two of them. Which
// packets it gets is for nftables to say; when its process ends the kernel lets
// all later ones pass.
package packet

import (
	"container/heap"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

const (
	// Queue is the number of the queue that packets have to be sent to.
	Queue = 4711
	// Mark is on the copies that the engine sends, which must not be queued again.
	Mark = 0x61737361
)

// Engine shapes what one network namespace receives.
type Engine struct {
	queue *queue
	// raw sends copies; -1 if that is not permitted.
	raw int
	// bell wakes the loop from its sleep.
	bell int
	done chan struct{}

	mu    sync.Mutex
	links map[netip.Addr]*link
	held  schedule
	turn  uint64
	// closing ends the loop when it has let everything go.
	closing bool
}

// Open starts an engine in the namespace of the calling thread.
func Open() (*Engine, error) {
	q, err := openQueue(Queue)
	if err != nil {
		return nil, err
	}
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make an event: %w", err), q.close())
	}
	e := &Engine{queue: q, raw: openRaw(), bell: bell, done: make(chan struct{}), links: map[netip.Addr]*link{}}
	go e.run()
	return e, nil
}

// openRaw opens a socket for whole IP packets.
func openRaw() int {
	raw, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return -1
	}
	if err := unix.SetsockoptInt(raw, unix.SOL_SOCKET, unix.SO_MARK, Mark); err != nil {
		unix.Close(raw)
		return -1
	}
	return raw
}

// Set gives every source its shape, in place of those before. Sources that keep
// their shape keep their dice and counts; packets that are held because of a
// shape that goes arrive now. protocol.Strangers stands for all sources that are
// not named.
func (e *Engine) Set(shapes map[netip.Addr]protocol.Shape) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for from, s := range shapes {
		if s.Duplicate > 0 && e.raw < 0 {
			return errors.New("packets cannot be doubled: raw sockets are not permitted (NET_RAW)")
		}
		if len(s.Pattern) != len(s.Replacement) {
			return fmt.Errorf("packets from %s: %q and %q differ in length", from, s.Pattern, s.Replacement)
		}
	}
	changed := map[netip.Addr]bool{}
	for from, l := range e.links {
		if s, stays := shapes[from]; !stays || s != l.shape {
			changed[from] = true
			delete(e.links, from)
		}
	}
	for from, s := range shapes {
		if e.links[from] == nil {
			e.links[from] = newLink(s)
		}
	}
	e.release(func(h held) bool { return changed[h.from] })
	return e.ring()
}

// release makes held packets due.
func (e *Engine) release(which func(held) bool) {
	for i := range e.held {
		if which(e.held[i]) {
			e.held[i].at = 0
		}
	}
	heap.Init(&e.held)
}

func (e *Engine) ring() error {
	_, err := unix.Write(e.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	if errors.Is(err, unix.EAGAIN) {
		return nil // it rings already
	}
	return err
}

// Counts is what was done to the packets of each source that has a shape.
func (e *Engine) Counts() map[netip.Addr]protocol.Counts {
	e.mu.Lock()
	defer e.mu.Unlock()
	counts := map[netip.Addr]protocol.Counts{}
	for from, l := range e.links {
		counts[from] = l.counts
	}
	return counts
}

// Close lets all packets go that it holds and ends the engine. The rule that
// sends packets here should be gone: what comes after the end is lost if it is
// there, and passes if it says that it may be bypassed.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closing = true
	clear(e.links)
	e.release(func(held) bool { return true })
	err := e.ring()
	e.mu.Unlock()
	<-e.done
	if e.raw >= 0 {
		err = errors.Join(err, unix.Close(e.raw))
	}
	return errors.Join(err, unix.Close(e.bell), e.queue.close())
}

// run is the loop of the engine, on a thread of its own: the timers of the Go
// runtime are not finer than a millisecond.
func (e *Engine) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(e.done)
	for {
		next, ended := e.round()
		if ended {
			return
		}
		e.sleep(next)
	}
}

// round takes in packets that have arrived and lets go those that are due. It
// returns the time until the next one is, or -1.
func (e *Engine) round() (next int64, ended bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer e.queue.flush()
	for taken := 0; taken < mostTaken && e.queue.receive(e.take); taken++ {
	}
	now := clock()
	for len(e.held) > 0 && e.held[0].at <= now {
		e.deliver(heap.Pop(&e.held).(held))
	}
	if e.closing {
		e.drain()
		return -1, true
	}
	if len(e.held) == 0 {
		return -1, false
	}
	return e.held[0].at - now, false
}

// drain lets go what the kernel has still queued, since it would be lost when the
// queue is closed. No source has a shape any more, so that nothing is held.
func (e *Engine) drain() {
	for taken := 0; taken < mostQueued && e.queue.receive(e.take); taken++ {
	}
}

// mostTaken is how many messages are taken in before those that are due go.
const mostTaken = 64

// sleep waits for packets, for the bell, or for a time.
func (e *Engine) sleep(atMost int64) {
	var timeout *unix.Timespec
	if atMost >= 0 {
		t := unix.NsecToTimespec(atMost)
		timeout = &t
	}
	watched := []unix.PollFd{{Fd: int32(e.queue.socket), Events: unix.POLLIN}, {Fd: int32(e.bell), Events: unix.POLLIN}}
	// An interrupted sleep is a short one.
	_, _ = unix.Ppoll(watched, timeout, nil)
	var count [8]byte
	_, _ = unix.Read(e.bell, count[:])
}

// take decides about a packet.
func (e *Engine) take(id uint32, payload []byte) {
	from, l := e.linkOf(payload)
	if l == nil {
		e.queue.decide(id, verdictAccept, nil)
		return
	}
	now := clock()
	f := l.decide(now, len(payload))
	if f.drop {
		e.queue.decide(id, verdictDrop, nil)
		return
	}
	changed := l.change(f, payload)
	e.hold(held{at: f.at, from: from, id: id, payload: changed})
	if !f.duplicate {
		return
	}
	l.counts.Duplicated++
	if changed == nil {
		changed = append([]byte(nil), payload...)
	}
	e.hold(held{at: f.at, from: from, copy: true, payload: changed})
}

func (e *Engine) linkOf(packet []byte) (netip.Addr, *link) {
	if len(packet) < shortestIPv4 || packet[0]>>4 != 4 {
		return netip.Addr{}, nil
	}
	from := netip.AddrFrom4([4]byte(packet[offsetSource:offsetTarget]))
	if l := e.links[from]; l != nil {
		return from, l
	}
	return protocol.Strangers, e.links[protocol.Strangers]
}

func (e *Engine) hold(h held) {
	e.turn++
	h.turn = e.turn
	heap.Push(&e.held, h)
}

// deliver lets a packet go. A copy is sent to the node by itself, with the source
// that the packet has.
func (e *Engine) deliver(h held) {
	if !h.copy {
		e.queue.decide(h.id, verdictAccept, h.payload)
		return
	}
	e.queue.flush() // the packet itself comes first
	to := unix.SockaddrInet4{Addr: [4]byte(h.payload[offsetTarget : offsetTarget+4])}
	// One that cannot be sent is a packet that was not doubled.
	_ = unix.Sendto(e.raw, h.payload, 0, &to)
}

// clock is nanoseconds of monotonic time.
func clock() int64 {
	var now unix.Timespec
	// The clock is always there.
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return now.Nano()
}
