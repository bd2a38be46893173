//go:build unix

package local

import (
	"errors"
	"hash/fnv"
	"net"
	"strconv"
)

// Ports come from below the ranges that kernels give to outgoing connections
// (32768 on Linux, 49152 on macOS), where nobody gets one by accident.
const (
	firstPort = 18000
	lastPort  = 31999
)

var errNoPort = errors.New("no free port from 18000 to 31999")

// ports reserves TCP port numbers for processes that are to bind them, again
// after every restart. Its hold on a number is the UDP port of the same number:
// it does not hinder the process, excludes other runs at the same time, and the
// kernel drops it when this process ends, however that happens.
type ports struct {
	next  int
	holds []net.PacketConn
}

// newPorts begins to look at a place that depends on the run, so that parallel
// runs rarely meet.
func newPorts(run string) *ports {
	name := fnv.New32a()
	name.Write([]byte(run))
	return &ports{next: firstPort + int(name.Sum32()%(lastPort-firstPort+1))}
}

// reserve finds a TCP port that is free and keeps other runs away from it.
func (p *ports) reserve() (int, error) {
	for range lastPort - firstPort + 1 {
		port := p.next
		if p.next++; p.next > lastPort {
			p.next = firstPort
		}
		if p.hold(port) {
			return port, nil
		}
	}
	return 0, errNoPort
}

func (p *ports) hold(port int) bool {
	address := net.JoinHostPort(loopback, strconv.Itoa(port))
	hold, err := net.ListenPacket("udp4", address)
	if err != nil {
		return false
	}
	// Only after the hold: a run that looks at the same port then sees it.
	trial, err := net.Listen("tcp4", address)
	if err != nil {
		hold.Close()
		return false
	}
	trial.Close()
	p.holds = append(p.holds, hold)
	return true
}

func (p *ports) release() {
	for _, hold := range p.holds {
		hold.Close()
	}
	p.holds = nil
}
