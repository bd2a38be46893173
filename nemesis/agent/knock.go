//go:build linux

package agent

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// knock tries to open TCP connections, all at once.
func knock(nodes []protocol.Node, links []protocol.Way) protocol.Response {
	failed := &failures{}
	byName := map[string]protocol.Node{}
	for _, n := range nodes {
		byName[n.Name] = n
	}
	var doors []*door
	for _, l := range links {
		from, some := byName[l.From]
		to, other := byName[l.To]
		if !some || !other {
			continue
		}
		d, err := openDoor(from, to)
		failed.add(l.To, err)
		if err == nil {
			defer d.close()
			doors = append(doors, d)
		}
	}
	await(doors, 2*protocol.Patience(nodes)) // there and back
	r := protocol.Response{Failed: failed.byNode}
	for _, d := range doors {
		r.Links = append(r.Links, protocol.Link{From: d.from, To: d.to, Knock: d.answer})
	}
	return r
}

// await waits until an answer has come to each, or should have.
func await(doors []*door, late time.Duration) {
	for round := 0; round < rounds && slices.ContainsFunc(doors, (*door).silent); round++ {
		time.Sleep(max(pause, late/(rounds/2)))
		for _, d := range doors {
			d.look()
		}
	}
}

// door is a TCP connection that is about to be opened from one node to a socket
// that listens at another.
type door struct {
	from, to         string
	listener, caller int
	answer           string
}

func openDoor(from, to protocol.Node) (*door, error) {
	here, err := openNamespace(from)
	if err != nil {
		return nil, err
	}
	defer here.close()
	there, err := openNamespace(to)
	if err != nil {
		return nil, err
	}
	defer there.close()
	d := &door{from: from.Name, to: to.Name, listener: -1, caller: -1, answer: protocol.Silence}
	return d, d.open(here, from.Address, there, to.Address)
}

func (d *door) open(here namespace, from netip.Addr, there namespace, to netip.Addr) error {
	address, err := d.listen(there, to)
	if err == nil {
		err = d.call(here, from, address)
	}
	if err != nil {
		d.close()
		return fmt.Errorf("open a connection: %w", err)
	}
	return nil
}

func (d *door) listen(space namespace, address netip.Addr) (at unix.Sockaddr, err error) {
	if d.listener, err = space.stream(address); err != nil {
		return nil, err
	}
	if err := unix.Listen(d.listener, 1); err != nil {
		return nil, err
	}
	return unix.Getsockname(d.listener)
}

func (d *door) call(space namespace, address netip.Addr, to unix.Sockaddr) (err error) {
	if d.caller, err = space.stream(address); err != nil {
		return err
	}
	// The answer comes later; a refusal may come at once.
	if err := unix.Connect(d.caller, to); errors.Is(err, unix.ECONNREFUSED) {
		d.answer = protocol.Refused
	}
	return nil
}

// stream opens a TCP socket with an address of the namespace.
func (ns namespace) stream(address netip.Addr) (socket int, err error) {
	err = ns.enter(func() error {
		socket, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		return err
	})
	if err != nil {
		return -1, err
	}
	return socket, unix.Bind(socket, socketAddress(netip.AddrPortFrom(address, 0)))
}

// look sees whether an answer has come.
func (d *door) look() {
	watched := []unix.PollFd{{Fd: int32(d.caller), Events: unix.POLLOUT}}
	if n, err := unix.Poll(watched, 0); !d.silent() || n == 0 || err != nil {
		return
	}
	d.answer = protocol.Accepted
	if code, err := unix.GetsockoptInt(d.caller, unix.SOL_SOCKET, unix.SO_ERROR); err != nil || code != 0 {
		d.answer = protocol.Refused
	}
}

func (d *door) silent() bool { return d.answer == protocol.Silence }

func (d *door) close() {
	for _, socket := range []int{d.caller, d.listener} {
		if socket >= 0 {
			unix.Close(socket)
		}
	}
}
