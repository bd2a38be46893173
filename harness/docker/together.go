package docker

import (
	"context"
	"crypto/rand"
	"net/netip"
	"time"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// rounds of datagrams are sent until everything has arrived, as a single agent does it:
// counted, not timed, so that a machine that stands still for a while does not look
// like a partition. A volley is what a link is measured by.
const (
	rounds      = 8
	roundsPause = 4 * time.Millisecond
	volley      = 50
)

// party is an observation of links by sidecars together.
type party struct {
	*sidecars
	nodes   []protocol.Node
	sockets map[string]*protocol.Sockets
	late    time.Duration
}

// leg is a way from a socket of one sidecar to one of another.
type leg struct {
	from, to protocol.Node
	path     protocol.Path
	// link is what it says something about.
	link protocol.Link
	sent protocol.Sent
}

// gather opens sockets at all of the request's nodes.
func (s *sidecars) gather(ctx context.Context, q protocol.Request) (*party, error) {
	p := &party{sidecars: s, nodes: q.Nodes, sockets: map[string]*protocol.Sockets{}, late: protocol.Patience(q.Nodes)}
	nonce := rand.Text()
	answers, err := s.askEach(ctx, q.Nodes, func(n protocol.Node) protocol.Request {
		return protocol.Request{
			Operation: protocol.Open, Nodes: []protocol.Node{own(n)}, Stranger: q.Stranger, Text: q.Text, Nonce: nonce,
		}
	})
	for i, n := range q.Nodes {
		p.sockets[n.Name] = answers[i].Sockets
	}
	return p, err
}

// part closes the sockets again. That it fails shows when the next ones are opened.
func (p *party) part(ctx context.Context) {
	_, _ = p.askEach(ctx, p.nodes, func(protocol.Node) protocol.Request {
		return protocol.Request{Operation: protocol.Leave}
	})
}

func (s *sidecars) reach(ctx context.Context, q protocol.Request) (protocol.Response, error) {
	if len(q.Nodes) < 2 {
		q.Stranger = netip.Addr{} // what a node sends to itself meets with no rules
	}
	p, err := s.gather(ctx, q)
	defer p.part(ctx)
	if err != nil {
		return protocol.Response{}, err
	}
	legs := append(p.mesh(), p.strangers(q.Stranger)...)
	missing := legs
	for round := 0; round < rounds && len(missing) > 0; round++ {
		if round > 0 {
			time.Sleep(max(roundsPause, p.late/(rounds/2)))
		}
		if err := p.fire(ctx, missing, 1, false); err != nil {
			return protocol.Response{}, err
		}
		missing = underWay(missing)
	}
	var r protocol.Response
	for _, l := range legs {
		l.link.Arrives = l.sent.Volley.Arrived > 0
		r.Links = append(r.Links, l.link)
	}
	return r, nil
}

// underWay are those legs on which nothing has arrived.
func underWay(legs []*leg) []*leg {
	var rest []*leg
	for _, l := range legs {
		if l.sent.Volley.Arrived == 0 {
			rest = append(rest, l)
		}
	}
	return rest
}

// mesh are the legs between all nodes.
func (p *party) mesh() []*leg {
	var legs []*leg
	for _, from := range p.nodes {
		for _, to := range p.nodes {
			if from.Name != to.Name {
				legs = append(legs, p.leg(from, to))
			}
		}
	}
	return legs
}

func (p *party) leg(from, to protocol.Node) *leg {
	path := protocol.Path{From: p.sockets[from.Name].Post, To: p.sockets[to.Name].Post}
	return &leg{from: from, to: to, path: path, link: protocol.Link{From: from.Name, To: to.Name}}
}

// strangers are legs to each node from a stranger's address at the next one.
func (p *party) strangers(address netip.Addr) []*leg {
	if !address.IsValid() {
		return nil
	}
	var legs []*leg
	for i, to := range p.nodes {
		l := p.leg(p.nodes[(i+1)%len(p.nodes)], to)
		l.path.From, l.link.From = p.sockets[l.from.Name].Stranger, ""
		legs = append(legs, l)
	}
	return legs
}

// fire sends datagrams on all legs, and fills in what became of them.
func (p *party) fire(ctx context.Context, legs []*leg, count int, wait bool) error {
	err := p.each(ctx, legs, func(l *leg) string { return l.from.Name }, func(mine []*leg) protocol.Request {
		q := protocol.Request{Operation: protocol.Send, Count: count}
		for _, l := range mine {
			q.Paths = append(q.Paths, l.path)
		}
		return q
	})
	if err != nil {
		return err
	}
	return p.each(ctx, legs, func(l *leg) string { return l.to.Name }, func(mine []*leg) protocol.Request {
		q := protocol.Request{Operation: protocol.Judge, Wait: wait, Late: p.late}
		for _, l := range mine {
			q.Sent = append(q.Sent, l.sent)
		}
		return q
	})
}

// each asks every sidecar about the legs that are its own, and notes the answers.
func (p *party) each(ctx context.Context, legs []*leg, whose func(*leg) string, q func([]*leg) protocol.Request) error {
	own := map[string][]*leg{}
	for _, l := range legs {
		own[whose(l)] = append(own[whose(l)], l)
	}
	var busy []protocol.Node
	for _, n := range p.nodes {
		if len(own[n.Name]) > 0 {
			busy = append(busy, n)
		}
	}
	answers, err := p.askEach(ctx, busy, func(n protocol.Node) protocol.Request { return q(own[n.Name]) })
	if err != nil {
		return err
	}
	for i, n := range busy {
		for j, sent := range answers[i].Sent {
			own[n.Name][j].sent = sent
		}
	}
	return nil
}

// between are the legs of the links that the request is about, as far as their nodes
// run.
func (p *party) between(ways []protocol.Way) []*leg {
	byName := map[string]protocol.Node{}
	for _, n := range p.nodes {
		byName[n.Name] = n
	}
	var legs []*leg
	for _, w := range ways {
		from, some := byName[w.From]
		to, other := byName[w.To]
		if some && other {
			legs = append(legs, p.leg(from, to))
		}
	}
	return legs
}

func (s *sidecars) measure(ctx context.Context, q protocol.Request) (protocol.Response, error) {
	p, err := s.gather(ctx, q)
	defer p.part(ctx)
	if err != nil {
		return protocol.Response{}, err
	}
	legs := p.between(q.Links)
	if err := p.fire(ctx, legs, volley, true); err != nil {
		return protocol.Response{}, err
	}
	var r protocol.Response
	for _, l := range legs {
		l.link.Volley = l.sent.Volley
		r.Links = append(r.Links, l.link)
	}
	return r, nil
}

func (s *sidecars) knock(ctx context.Context, q protocol.Request) (protocol.Response, error) {
	p, err := s.gather(ctx, q)
	defer p.part(ctx)
	if err != nil {
		return protocol.Response{}, err
	}
	legs := p.between(q.Links)
	err = p.each(ctx, legs, func(l *leg) string { return l.from.Name }, func(mine []*leg) protocol.Request {
		q := protocol.Request{Operation: protocol.Call, Late: 2 * p.late} // there and back
		for _, l := range mine {
			q.Paths = append(q.Paths, protocol.Path{To: p.sockets[l.to.Name].Door})
		}
		return q
	})
	var r protocol.Response
	for _, l := range legs {
		l.link.Knock = l.sent.Knock
		r.Links = append(r.Links, l.link)
	}
	return r, err
}

// count adds up what sidecars have counted, each at its own node.
func (s *sidecars) count(ctx context.Context, q protocol.Request) (protocol.Response, error) {
	answers, err := s.askEach(ctx, q.Nodes, func(protocol.Node) protocol.Request { return q })
	var r protocol.Response
	for _, a := range answers {
		r.Links = append(r.Links, a.Links...)
	}
	return r, err
}
