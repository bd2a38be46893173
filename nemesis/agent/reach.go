//go:build linux

package agent

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

const (
	// rounds of datagrams are sent until everything has arrived. They are
	// counted, not timed, so that a machine that stands still for a while does not
	// look like a partition.
	rounds = 8
	// pause is between two rounds. On one machine a datagram has usually arrived
	// when the call that sends it returns.
	pause = 4 * time.Millisecond
)

// reach observes for every ordered pair of nodes whether a datagram arrives, and
// for every node whether one from a stranger does. The agent sends and receives
// it by sockets of its own in the nodes' namespaces, so that it needs nothing of
// the nodes, which may be paused.
func reach(nodes []protocol.Node, stranger netip.Addr) protocol.Response {
	failed := &failures{}
	posts := openPosts(nodes, failed)
	defer posts.close()
	ways := posts.ways()
	strangers := posts.strangers(nodes, stranger, failed)
	for i, s := range strangers {
		defer s.close()
		ways = append(ways, way{s, posts[i]})
	}
	exchange(ways, protocol.Patience(nodes))
	var links []protocol.Link
	for _, w := range ways {
		links = append(links, protocol.Link{From: w.from.node, To: w.to.node, Arrives: w.arrived()})
	}
	return protocol.Response{Links: links, Failed: failed.byNode}
}

// way leads from one post to another.
type way struct{ from, to *post }

func (w way) arrived() bool { return w.to.heard[w.from.address] }

// exchange sends datagrams on all ways until each has arrived or should have.
func exchange(ways []way, late time.Duration) {
	nonce := rand.Text() // tells these datagrams from all others
	missing := len(ways)
	for round := 0; round < rounds && missing > 0; round++ {
		if round > 0 {
			time.Sleep(max(pause, late/(rounds/2)))
		}
		for _, w := range ways {
			if !w.arrived() {
				w.from.send(nonce, w.to)
			}
		}
		missing = 0
		for _, w := range ways {
			w.to.receive(nonce)
			if !w.arrived() {
				missing++
			}
		}
	}
}

// posts are in the order of their nodes; a node without one is missing.
type posts []*post

func openPosts(nodes []protocol.Node, failed *failures) posts {
	var all posts
	for _, node := range nodes {
		p, err := openPost(node, node.Address)
		failed.add(node.Name, err)
		if err == nil {
			all = append(all, p)
		}
	}
	return all
}

func (all posts) ways() []way {
	var ways []way
	for _, from := range all {
		for _, to := range all {
			if from != to {
				ways = append(ways, way{from, to})
			}
		}
	}
	return ways
}

// strangers are posts with a stranger's address, one for each of the posts, at
// another node, because what a node sends to itself meets with no rules.
func (all posts) strangers(nodes []protocol.Node, address netip.Addr, failed *failures) posts {
	if len(all) < 2 || len(all) < len(nodes) || !address.IsValid() {
		return nil
	}
	var strangers posts
	for i := range all {
		host := nodes[(i+1)%len(nodes)]
		p, err := openPost(host, address)
		failed.add(host.Name, err)
		if err != nil {
			return strangers
		}
		p.node = "" // nobody's
		strangers = append(strangers, p)
	}
	return strangers
}

func (all posts) find(node string) *post {
	for _, p := range all {
		if p.node == node {
			return p
		}
	}
	return nil
}

func (all posts) close() {
	for _, p := range all {
		p.close()
	}
}

// postSpace is for the datagrams of all other posts at once.
const postSpace = 4 << 20

// post is a socket in a node's namespace.
type post struct {
	node    string
	socket  int
	address netip.AddrPort
	// heard are the posts from which a datagram has arrived.
	heard map[netip.AddrPort]bool
}

// openPost opens a socket in a node's namespace, with the node's address or with
// one that nobody has.
func openPost(node protocol.Node, address netip.Addr) (*post, error) {
	space, err := openNamespace(node)
	if err != nil {
		return nil, err
	}
	p, err := space.post(node.Name, address)
	return p, errors.Join(err, space.close())
}

// post opens a socket with a port that the kernel chooses.
func (ns namespace) post(node string, address netip.Addr) (*post, error) {
	p := &post{node: node, heard: map[netip.AddrPort]bool{}}
	err := ns.enter(func() (err error) {
		p.socket, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	if err := p.bind(address); err != nil {
		return nil, errors.Join(fmt.Errorf("bind a socket to %s: %w", address, err), p.close())
	}
	return p, nil
}

func (p *post) bind(address netip.Addr) error {
	// An address that the node does not have is that of a stranger.
	if err := unix.SetsockoptInt(p.socket, unix.SOL_IP, unix.IP_TRANSPARENT, 1); err != nil {
		return err
	}
	// Without the privilege to force it the space is what the kernel permits.
	if unix.SetsockoptInt(p.socket, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, postSpace) != nil {
		_ = unix.SetsockoptInt(p.socket, unix.SOL_SOCKET, unix.SO_RCVBUF, postSpace)
	}
	if err := unix.Bind(p.socket, socketAddress(netip.AddrPortFrom(address, 0))); err != nil {
		return err
	}
	bound, err := unix.Getsockname(p.socket)
	p.address = addressOf(bound)
	return err
}

func (p *post) close() error { return unix.Close(p.socket) }

// send sends to another post. Whether it can be sent at all is part of the
// question.
func (p *post) send(text string, to *post) {
	_ = unix.Sendto(p.socket, []byte(text), 0, socketAddress(to.address))
}

// receive takes in whatever has arrived.
func (p *post) receive(text string) {
	buffer := make([]byte, len(text)+1)
	for {
		n, from, err := unix.Recvfrom(p.socket, buffer, 0)
		if err != nil { // EAGAIN: that was all
			return
		}
		if string(buffer[:n]) == text {
			p.heard[addressOf(from)] = true
		}
	}
}

func socketAddress(a netip.AddrPort) unix.Sockaddr {
	return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
}

func addressOf(a unix.Sockaddr) netip.AddrPort {
	four, ok := a.(*unix.SockaddrInet4)
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(netip.AddrFrom4(four.Addr), uint16(four.Port))
}
