//go:build linux

package agent

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/assaykit/assay/nemesis/agent/packet"
	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// station is the agent's foothold in one incarnation of a node.
type station struct {
	space namespace
	wall  *firewall
	// engine is there while packets are shaped.
	engine *packet.Engine
	// node is the node with the rules that hold.
	node protocol.Node
}

func openStation(node protocol.Node) (*station, error) {
	space, err := openNamespace(node)
	if err != nil {
		return nil, err
	}
	wall, err := openFirewall(space)
	if err != nil {
		return nil, errors.Join(err, space.close())
	}
	node.Rules = nil
	return &station{space: space, wall: wall, node: node}, nil
}

func (s *station) apply(node protocol.Node) error {
	if slices.Equal(s.node.Rules, node.Rules) {
		return nil
	}
	if err := s.shape(node.Rules); err != nil {
		return err
	}
	if err := s.wall.replace(node.Peers, node.Rules); err != nil {
		return err
	}
	s.node = node
	if len(shapes(node.Rules)) == 0 {
		return s.closeEngine() // after the rule that hands packets over to it
	}
	return nil
}

// shape tells the engine what to do with packets before it gets any.
func (s *station) shape(rules []protocol.Rule) error {
	shaped := shapes(rules)
	if s.engine == nil {
		if len(shaped) == 0 {
			return nil
		}
		err := s.space.enter(func() (err error) {
			s.engine, err = packet.Open()
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.engine.Set(shaped)
}

func (s *station) closeEngine() error {
	if s.engine == nil {
		return nil
	}
	err := s.engine.Close()
	s.engine = nil
	return err
}

func (s *station) close() error {
	return errors.Join(s.wall.close(), s.closeEngine(), s.space.close())
}

// rules changes all nodes at once: each on a thread of its own, because the
// kernel makes whoever deletes a rule wait until no packet is looking at it any
// more.
func (a *agent) rules(nodes []protocol.Node) protocol.Response {
	failed := &failures{}
	var all sync.WaitGroup
	next := make([]*station, len(nodes))
	for i, node := range nodes {
		current := a.stations[node.Incarnation]
		delete(a.stations, node.Incarnation)
		all.Go(func() {
			var err error
			next[i], err = move(current, node)
			failed.add(node.Name, err)
		})
	}
	left := a.healAll() // of the stations that nobody named
	all.Wait()
	for _, s := range next {
		if s != nil {
			a.stations[s.node.Incarnation] = s
		}
	}
	r := protocol.Response{Failed: failed.byNode}
	if left != nil {
		r.Error = left.Error()
	}
	return r
}

// move gives a node its rules. A node that never had any needs no station.
func move(s *station, node protocol.Node) (*station, error) {
	if s == nil {
		if len(node.Rules) == 0 {
			return nil, nil
		}
		var err error
		if s, err = openStation(node); err != nil {
			return nil, err
		}
	}
	return s, s.apply(node)
}

// healAll leaves all stations.
func (a *agent) healAll() error {
	var errs []error
	for incarnation, s := range a.stations {
		if err := s.close(); err != nil {
			errs = append(errs, fmt.Errorf("leave %s: %w", s.node.Name, err))
		}
		delete(a.stations, incarnation)
	}
	return errors.Join(errs...)
}

// counts tells by link what was done to packets, under the names that the
// request's nodes have.
func (a *agent) counts(nodes []protocol.Node) protocol.Response {
	var r protocol.Response
	for _, to := range nodes {
		s := a.stations[to.Incarnation]
		if s == nil || s.engine == nil {
			continue
		}
		counts := s.engine.Counts()
		for _, from := range nodes {
			if c, shaped := counts[from.Address]; shaped {
				r.Links = append(r.Links, protocol.Link{From: from.Name, To: to.Name, Counts: &c})
			}
		}
	}
	return r
}

// failures collects errors by what they are about, mostly nodes, from several
// goroutines.
type failures struct {
	mu     sync.Mutex
	byNode map[string]string
}

func (f *failures) add(node string, err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byNode == nil {
		f.byNode = map[string]string{}
	}
	f.byNode[node] = err.Error()
}
