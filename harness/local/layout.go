//go:build unix

package local

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/assaykit/assay/harness/cluster"
)

// folderName is the folder within a run's scratch folder that holds its nodes,
// one folder each.
const folderName = "local"

const loopback = "127.0.0.1"

// layout is a cluster.Layout. It gives out addresses as it is asked for them
// and the same ones ever after.
type layout struct {
	dir     string
	names   []string
	ports   *ports
	network *network

	mu     sync.Mutex
	listen map[place]string
	dial   map[way]string
	// err is the first reason why an address could not be had; a Layout's
	// methods have no other way to say so.
	err error
}

// place is a port of a node, way is how another node gets there.
type (
	place struct{ node, port string }
	way   struct{ from, to, port string }
)

var _ cluster.Layout = (*layout)(nil)

func newLayout(run, dir string, nodes int, n *network) *layout {
	l := &layout{
		dir: dir, ports: newPorts(run), network: n,
		listen: make(map[place]string), dial: make(map[way]string),
	}
	for i := range nodes {
		l.names = append(l.names, "n"+strconv.Itoa(i+1))
	}
	return l
}

func (l *layout) Names() []string { return l.names }

func (l *layout) Data(node string) string { return filepath.Join(l.home(node), "data") }

// home is the folder of everything that belongs to a node.
func (l *layout) home(node string) string { return filepath.Join(l.dir, node) }

func (l *layout) Listen(node, port string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.listenAt(place{node, port})
}

func (l *layout) listenAt(p place) string {
	if address, known := l.listen[p]; known {
		return address
	}
	number, err := l.ports.reserve()
	l.note(err)
	l.listen[p] = net.JoinHostPort(loopback, strconv.Itoa(number))
	return l.listen[p]
}

// Dial returns the address of a proxy that belongs to the way from one node to
// the other. A node reaches itself without one.
func (l *layout) Dial(from, to, port string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	target := l.listenAt(place{to, port})
	if from == to {
		return target
	}
	w := way{from, to, port}
	if address, known := l.dial[w]; known {
		return address
	}
	address, err := l.network.forward(cluster.Link{From: from, To: to}, target)
	l.note(err)
	l.dial[w] = address
	return address
}

func (l *layout) note(err error) {
	if l.err == nil && err != nil {
		l.err = fmt.Errorf("find an address on loopback: %w", err)
	}
}

func (l *layout) failed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *layout) release() { l.ports.release() }
