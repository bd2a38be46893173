//go:build linux

package agent

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// streamPatience is how long a TCP connection on the loopback interface may take.
const streamPatience = 2 * time.Second

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// attempts try the mechanisms of the network within a namespace, and look whether packets
// really are dropped, changed, and left alone again.
func attempts() map[string]func(namespace) error {
	return map[string]func(namespace) error{
		protocol.Drop:      tryDrop,
		protocol.Reject:    tryReject,
		protocol.New:       tryNew,
		protocol.Clients:   tryStrangers,
		protocol.Corrupt:   tryCorrupt,
		protocol.Delay:     tryShape(protocol.Shape{Delay: 30 * time.Millisecond}, func(v *protocol.Volley) bool { return v.Fastest >= 30*time.Millisecond }),
		protocol.Loss:      tryShape(protocol.Shape{Loss: 0.5}, isLossy),
		protocol.Duplicate: tryShape(protocol.Shape{Duplicate: 0.5}, func(v *protocol.Volley) bool { return v.Twice > 0 }),
		protocol.Reorder:   tryShape(protocol.Shape{Reorder: 0.5, Behind: 10 * time.Millisecond}, func(v *protocol.Volley) bool { return v.Late > 0 }),
		protocol.Noise:     tryShape(protocol.Shape{Noise: 0.5}, isLossy),
		protocol.Rate:      tryShape(protocol.Shape{Rate: 250_000, Queue: 1 << 16}, func(v *protocol.Volley) bool { return v.Rate <= 300_000 }),
		protocol.Tamper:    tryShape(protocol.Shape{Pattern: "..", Replacement: "::"}, func(v *protocol.Volley) bool { return v.Arrived > 0 && v.Changed == v.Arrived }),
	}
}

// check tries every mechanism in a throw-away namespace of its own.
func check() protocol.Response {
	failed := &failures{}
	var all sync.WaitGroup
	for mechanism, try := range attempts() {
		all.Go(func() { failed.add(mechanism, inThrowAway(try)) })
	}
	failed.add(protocol.Clock, tryClock())
	failed.add(protocol.Layer, tryDisk())
	all.Wait()
	return protocol.Response{Missing: failed.byNode}
}

// checkAlone tries the mechanisms of the network one after another in the agent's own,
// because it may not make another.
func checkAlone() protocol.Response {
	space, err := ownNamespace()
	if err != nil {
		return failure(err)
	}
	failed := &failures{}
	for mechanism, try := range attempts() {
		failed.add(mechanism, insist(func() error { return try(space) }))
	}
	return protocol.Response{Missing: failed.byNode}
}

func isLossy(v *protocol.Volley) bool { return v.Arrived > 0 && v.Arrived < v.Sent }

// trials is how often a mechanism may fail to show itself on a machine that stands
// still now and then. Whether a fault is in effect is observed each time anyway.
const trials = 3

func inThrowAway(try func(namespace) error) error {
	return insist(func() error {
		space, err := newNamespace()
		if err != nil {
			return err
		}
		return errors.Join(try(space), space.close())
	})
}

// insist tries again what has failed.
func insist(try func() error) error {
	var err error
	for range trials {
		if err = try(); err == nil {
			return nil
		}
	}
	return err
}

// rules make the firewall hold one rule on what comes over the loopback interface,
// or none.
func (w *firewall) rules(r ...protocol.Rule) func() error {
	return func() error { return w.replace([]netip.Addr{loopback}, r) }
}

func tryDrop(space namespace) error {
	wall, err := openFirewall(space)
	if err != nil {
		return err
	}
	defer wall.close()
	drop := protocol.Rule{From: loopback, Cut: protocol.Drop}
	for _, step := range []struct {
		when string
		do   func() error
		want bool
	}{
		{"without a rule", func() error { return nil }, true},
		{"under a rule that drops it", wall.rules(drop), false},
		{"after its rule was removed", wall.rules(), true},
		{"under a second rule", wall.rules(drop), false},
		{"after the rule's owner has gone", wall.close, true},
	} {
		if err := step.do(); err != nil {
			return err
		}
		arrived, err := passes(space, loopback)
		if err != nil {
			return err
		}
		if arrived != step.want {
			return fmt.Errorf("a packet arrives: %v, %s", arrived, step.when)
		}
	}
	return nil
}

// tryStrangers sends from an address that is set aside for documentation.
func tryStrangers(space namespace) error {
	wall, err := openFirewall(space)
	if err != nil {
		return err
	}
	defer wall.close()
	stranger := netip.AddrFrom4([4]byte{192, 0, 2, 1})
	if err := wall.rules(protocol.Rule{From: protocol.Strangers, Cut: protocol.Drop})(); err != nil {
		return err
	}
	for from, want := range map[netip.Addr]bool{stranger: false, loopback: true} {
		if arrived, err := passes(space, from); err != nil || arrived != want {
			return fmt.Errorf("a packet from %s arrives: %v, while strangers are cut off: %w", from, arrived, err)
		}
	}
	return nil
}

// passes says whether a datagram passes from an address to a socket of the
// namespace.
func passes(space namespace, address netip.Addr) (bool, error) {
	from, err := space.post("a", address)
	if err != nil {
		return false, err
	}
	defer from.close()
	to, err := space.post("b", loopback)
	if err != nil {
		return false, err
	}
	defer to.close()
	w := way{from, to}
	exchange([]way{w}, 0)
	return w.arrived(), nil
}

func tryReject(space namespace) error { return tryDoor(space, protocol.Reject, protocol.Refused) }
func tryNew(space namespace) error    { return tryDoor(space, protocol.New, protocol.Silence) }

// tryDoor sees what new connections meet with without a rule, under one, and
// without it again.
func tryDoor(space namespace, cut, want string) error {
	wall, err := openFirewall(space)
	if err != nil {
		return err
	}
	defer wall.close()
	for _, step := range []struct {
		do   func() error
		want string
	}{
		{wall.rules(), protocol.Accepted},
		{wall.rules(protocol.Rule{From: loopback, Cut: cut}), want},
		{wall.rules(), protocol.Accepted},
	} {
		if err := step.do(); err != nil {
			return err
		}
		d := &door{listener: -1, caller: -1, answer: protocol.Silence}
		if err := d.open(space, loopback, space, loopback); err != nil {
			return err
		}
		await([]*door{d}, 0)
		d.close()
		if d.answer != step.want {
			return fmt.Errorf("a connection meets with: %s, not: %s", d.answer, step.want)
		}
	}
	return nil
}

// tryShape sends volleys while packets have a shape, and thereafter.
func tryShape(shape protocol.Shape, shows func(*protocol.Volley) bool) func(namespace) error {
	return func(space namespace) error {
		s := &station{space: space}
		var err error
		if s.wall, err = openFirewall(space); err != nil {
			return err
		}
		defer func() { _ = errors.Join(s.wall.close(), s.closeEngine()) }()
		shaped := protocol.Node{Rules: []protocol.Rule{{From: loopback, Shape: shape}}}
		if err := s.apply(shaped); err != nil {
			return err
		}
		v, err := volleyWithin(space, shape.Patience())
		if err != nil {
			return err
		}
		if !shows(v) {
			return fmt.Errorf("packets do not suffer what they should: %+v", *v)
		}
		if err := s.apply(protocol.Node{}); err != nil {
			return err
		}
		v, err = volleyWithin(space, 0)
		if err == nil && (v.Arrived < v.Sent || v.Twice+v.Late+v.Changed > 0) {
			err = fmt.Errorf("packets suffer after the fault was healed: %+v", *v)
		}
		return err
	}
}

// volleyWithin measures the way between two sockets of the namespace.
func volleyWithin(space namespace, late time.Duration) (*protocol.Volley, error) {
	from, err := space.post("a", loopback)
	if err != nil {
		return nil, err
	}
	defer from.close()
	to, err := space.post("b", loopback)
	if err != nil {
		return nil, err
	}
	defer to.close()
	m := newMeasurement(posts{from, to}, "")
	m.ways = []way{{from, to}}
	m.run(late)
	return m.at(m.ways[0]).judge(), nil
}

// tryCorrupt looks at what the application gets.
func tryCorrupt(space namespace) error {
	s := &station{space: space}
	var err error
	if s.wall, err = openFirewall(space); err != nil {
		return err
	}
	defer func() { _ = errors.Join(s.wall.close(), s.closeEngine()) }()
	sent := bytes.Repeat([]byte("0"), 500)
	for _, probability := range []float64{0, 1, 0} {
		rule := protocol.Rule{From: loopback, Shape: protocol.Shape{Corrupt: probability}}
		if err := s.apply(protocol.Node{Rules: []protocol.Rule{rule}}); err != nil {
			return err
		}
		got, err := transmit(space, sent)
		if err != nil {
			return fmt.Errorf("a connection under changed packets: %w", err)
		}
		if changed := !bytes.Equal(got, sent); changed != (probability > 0) {
			return fmt.Errorf("a packet that is to be changed with probability %v arrives changed: %v", probability, changed)
		}
	}
	return nil
}

// transmit sends bytes over a TCP connection within the namespace.
func transmit(space namespace, data []byte) ([]byte, error) {
	from, to, err := connect(space)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	defer to.Close()
	deadline := time.Now().Add(streamPatience)
	if err := errors.Join(from.SetDeadline(deadline), to.SetDeadline(deadline)); err != nil {
		return nil, err
	}
	if _, err := from.Write(data); err != nil {
		return nil, err
	}
	got := make([]byte, len(data))
	_, err = io.ReadFull(to, got)
	return got, err
}

func connect(space namespace) (from, to net.Conn, err error) {
	err = space.enter(func() error {
		listener, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
		if err != nil {
			return err
		}
		defer listener.Close()
		if from, err = net.DialTimeout("tcp4", listener.Addr().String(), streamPatience); err != nil {
			return err
		}
		if err := listener.SetDeadline(time.Now().Add(streamPatience)); err != nil {
			return err
		}
		to, err = listener.Accept()
		return err
	})
	return from, to, err
}
