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

// reach observes for every ordered pair of nodes whether a datagram arrives. The
// agent sends and receives it by sockets of its own in the nodes' namespaces, so
// that it needs nothing of the nodes, which may be paused.
func (a *agent) reach(nodes []protocol.Node) protocol.Response {
	failed := &failures{}
	var posts []*post
	for _, node := range nodes {
		p, err := openPost(node)
		failed.add(node.Name, err)
		if err == nil {
			defer p.close()
			posts = append(posts, p)
		}
	}
	return protocol.Response{Links: exchange(posts), Failed: failed.byNode}
}

// exchange sends datagrams between all posts and returns what arrived.
func exchange(posts []*post) []protocol.Link {
	nonce := rand.Text() // tells these datagrams from all others
	missing := len(posts) * (len(posts) - 1)
	for round := 0; round < rounds && missing > 0; round++ {
		if round > 0 {
			time.Sleep(pause)
		}
		for _, from := range posts {
			from.send(nonce, posts)
		}
		for _, to := range posts {
			missing -= to.receive(nonce)
		}
	}
	var links []protocol.Link
	for _, from := range posts {
		for _, to := range posts {
			if from != to {
				links = append(links, protocol.Link{From: from.node, To: to.node, Arrives: to.heard[from.address]})
			}
		}
	}
	return links
}

// post is a socket in a node's namespace.
type post struct {
	node    string
	socket  int
	address netip.AddrPort
	// heard are the posts from which a datagram has arrived.
	heard map[netip.AddrPort]bool
}

func openPost(node protocol.Node) (*post, error) {
	space, err := openNamespace(node)
	if err != nil {
		return nil, err
	}
	p, err := space.post(node.Name, node.Address)
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
	if err := unix.Bind(p.socket, socketAddress(netip.AddrPortFrom(address, 0))); err != nil {
		return err
	}
	bound, err := unix.Getsockname(p.socket)
	p.address = addressOf(bound)
	return err
}

func (p *post) close() error { return unix.Close(p.socket) }

// send sends to all other posts that have not heard this one yet.
func (p *post) send(text string, to []*post) {
	for _, other := range to {
		if other != p && !other.heard[p.address] {
			// Whether it can be sent at all is part of the question.
			unix.Sendto(p.socket, []byte(text), 0, socketAddress(other.address))
		}
	}
}

// receive takes in whatever has arrived, and returns how many posts it had not
// heard before.
func (p *post) receive(text string) (news int) {
	buffer := make([]byte, len(text)+1)
	for {
		n, from, err := unix.Recvfrom(p.socket, buffer, 0)
		if err != nil { // EAGAIN: that was all
			return news
		}
		if sender := addressOf(from); string(buffer[:n]) == text && !p.heard[sender] {
			p.heard[sender] = true
			news++
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
