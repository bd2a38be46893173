//go:build linux

package agent

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// streamPatience is how long a TCP connection on the loopback interface may take.
const streamPatience = 2 * time.Second

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// check tries every mechanism in a throw-away namespace and looks whether packets
// really are dropped, changed, and left alone again.
func check() protocol.Response {
	missing := map[string]string{}
	for mechanism, try := range map[string]func(namespace) error{
		protocol.Drop:    tryDrop,
		protocol.Corrupt: tryNoise,
	} {
		if err := inThrowAway(try); err != nil {
			missing[mechanism] = err.Error()
		}
	}
	if err := tryClock(); err != nil {
		missing[protocol.Clock] = err.Error()
	}
	return protocol.Response{Missing: missing}
}

func inThrowAway(try func(namespace) error) error {
	space, err := newNamespace()
	if err != nil {
		return err
	}
	return errors.Join(try(space), space.close())
}

func tryDrop(space namespace) error {
	wall, err := openFirewall(space)
	if err != nil {
		return err
	}
	defer wall.close()
	for _, step := range []struct {
		when string
		do   func() error
		want bool
	}{
		{"without a rule", func() error { return nil }, true},
		{"under a rule that drops it", func() error { return wall.replace([]netip.Addr{loopback}, nil) }, false},
		{"after its rule was removed", func() error { return wall.replace(nil, nil) }, true},
		{"under a second rule", func() error { return wall.replace([]netip.Addr{loopback}, nil) }, false},
		{"after the rule's owner has gone", wall.close, true},
	} {
		if err := step.do(); err != nil {
			return err
		}
		arrived, err := passes(space)
		if err != nil {
			return err
		}
		if arrived != step.want {
			return fmt.Errorf("a packet arrives: %v, %s", arrived, step.when)
		}
	}
	return nil
}

// passes says whether datagrams pass between two sockets of the namespace.
func passes(space namespace) (bool, error) {
	var posts []*post
	for _, name := range []string{"a", "b"} {
		p, err := space.post(name, loopback)
		if err != nil {
			return false, err
		}
		defer p.close()
		posts = append(posts, p)
	}
	return exchange(posts)[0].Arrives, nil
}

func tryNoise(space namespace) error {
	wall, err := openFirewall(space)
	if err != nil {
		return err
	}
	defer wall.close()
	sent := bytes.Repeat([]byte("0"), 4*shortestNoisy)
	for _, probability := range []float64{0, 1, 0} {
		if err := wall.replace(nil, []protocol.Noise{{From: loopback, Probability: probability}}); err != nil {
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
