//go:build linux

package agent

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// lookout is an agent's part in an observation of links by several agents, each of which
// stands in the network of one node.
type lookout struct {
	node protocol.Node
	// posts are the node's and, if one was asked for, a stranger's.
	posts posts
	door  *door
	// measured is what arrives. Until somebody asks for it, it is taken in by a
	// goroutine, so that it is known when it arrived.
	measured    *measurement
	stop, ended chan struct{}
}

// open opens sockets in place of those of before.
func (a *agent) open(q protocol.Request) protocol.Response {
	if err := a.leave(); err != nil {
		return failure(err)
	}
	l, err := openLookout(q)
	if err != nil {
		return failure(err)
	}
	a.lookout = l
	return protocol.Response{Sockets: l.sockets()}
}

// leave closes the sockets, if there are any.
func (a *agent) leave() error {
	if a.lookout == nil {
		return nil
	}
	a.lookout.close()
	a.lookout = nil
	return nil
}

func openLookout(q protocol.Request) (*lookout, error) {
	if len(q.Nodes) != 1 || q.Nodes[0].PID != 0 {
		return nil, errors.New("sockets are opened in the network of a single node, the agent's own")
	}
	l := &lookout{node: q.Nodes[0], stop: make(chan struct{}), ended: make(chan struct{})}
	if err := l.openSockets(q.Stranger); err != nil {
		l.closeSockets()
		return nil, err
	}
	l.measured = newMeasurement(l.posts, q.Text)
	l.measured.nonce, l.measured.anyPath = q.Nonce, true
	go l.takeIn()
	return l, nil
}

func (l *lookout) openSockets(stranger netip.Addr) error {
	addresses := []netip.Addr{l.node.Address}
	if stranger.IsValid() {
		addresses = append(addresses, stranger)
	}
	for _, address := range addresses {
		p, err := openPost(l.node, address)
		if err != nil {
			return err
		}
		l.posts = append(l.posts, p)
	}
	l.door = &door{listener: -1, caller: -1}
	_, err := l.door.listen(namespace{}, l.node.Address)
	return err
}

func (l *lookout) sockets() *protocol.Sockets {
	s := &protocol.Sockets{Post: l.posts[0].address, Door: boundTo(l.door.listener)}
	if len(l.posts) > 1 {
		s.Stranger = l.posts[1].address
	}
	return s
}

func boundTo(socket int) netip.AddrPort {
	bound, err := unix.Getsockname(socket)
	if err != nil {
		return netip.AddrPort{}
	}
	return addressOf(bound)
}

// takeIn notes what arrives and when, until it is told to stop.
func (l *lookout) takeIn() {
	defer close(l.ended)
	for {
		select {
		case <-l.stop:
			return
		default:
			l.measured.wait()
			l.measured.receive()
		}
	}
}

// rest ends takeIn. It is idempotent.
func (l *lookout) rest() {
	select {
	case <-l.ended:
	default:
		close(l.stop)
		<-l.ended
	}
}

func (l *lookout) close() {
	l.rest()
	l.closeSockets()
}

func (l *lookout) closeSockets() {
	l.posts.close()
	if l.door != nil {
		l.door.close()
	}
}

func (l *lookout) answer(q protocol.Request) protocol.Response {
	switch q.Operation {
	case protocol.Send:
		return l.send(q)
	case protocol.Judge:
		return l.judge(q)
	}
	return l.call(q)
}

func (l *lookout) send(q protocol.Request) protocol.Response {
	sent := make([]protocol.Sent, len(q.Paths))
	for number := range q.Count {
		for i, p := range q.Paths {
			from := l.at(p.From)
			if from == nil {
				return failure(fmt.Errorf("%s is none of the sockets of %s", p.From, l.node.Name))
			}
			sent[i].Path = p
			sent[i].At = append(sent[i].At, now().UnixNano())
			// Whether it can be sent at all is part of the question.
			_ = unix.Sendto(from.socket, l.measured.probe(number), 0, socketAddress(p.To))
		}
	}
	return protocol.Response{Sent: sent}
}

func (l *lookout) at(address netip.AddrPort) *post {
	for _, p := range l.posts {
		if p.address == address {
			return p
		}
	}
	return nil
}

func (l *lookout) judge(q protocol.Request) protocol.Response {
	l.rest()
	l.measured.ways = nil
	for _, s := range q.Sent {
		w := way{from: &post{address: s.Path.From}, to: &post{address: s.Path.To}}
		l.measured.ways = append(l.measured.ways, w)
		l.measured.at(w).sent = moments(s.At)
	}
	if q.Wait {
		l.measured.await(q.Late)
	} else {
		l.measured.receive()
	}
	judged := make([]protocol.Sent, len(q.Sent))
	for i, s := range q.Sent {
		judged[i] = protocol.Sent{Path: s.Path, Volley: l.measured.at(l.measured.ways[i]).judge()}
	}
	return protocol.Response{Sent: judged}
}

func (l *lookout) call(q protocol.Request) protocol.Response {
	var doors []*door
	for _, p := range q.Paths {
		d := &door{listener: -1, caller: -1, answer: protocol.Silence}
		defer d.close()
		if err := d.call(namespace{}, l.node.Address, socketAddress(p.To)); err != nil {
			return failure(fmt.Errorf("open a connection: %w", err))
		}
		doors = append(doors, d)
	}
	await(doors, q.Late)
	var answers []protocol.Sent
	for i, d := range doors {
		answers = append(answers, protocol.Sent{Path: q.Paths[i], Knock: d.answer})
	}
	return protocol.Response{Sent: answers}
}
