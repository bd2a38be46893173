package explore

import (
	"errors"
	"fmt"
	"slices"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/sim/explore/internal/identity"
)

// symmetry is how nodes may exchange their names. Of the states that do so become
// each other, one is visited: the fingerprint of all is the smallest of any. As that
// is the whole orbit of a group, how many are visited does not depend on the order
// in which they are met (Ip and Dill, Better Verification Through Symmetry, 1996).
type symmetry struct {
	// orders are the permutations: the node that n becomes. The first one changes
	// nothing.
	orders [][]int
	// swaps are those of two nodes that generate them all.
	swaps [][]int
}

// mostOrders bounds the permutations, all of which are tried on each state.
const mostOrders = 5040

func (sys System[S, M]) symmetry(endpoints map[actor.ID]int) (*symmetry, error) {
	if len(sys.Interchangeable) == 0 {
		return nil, nil
	}
	if sys.Faults.Crashes != 0 {
		return nil, errors.New("interchangeable nodes that crash: what they persist is bytes, in which nobody can exchange names")
	}
	s := &symmetry{orders: [][]int{identityOrder(len(sys.Nodes))}}
	for _, group := range sys.Interchangeable {
		places, err := sys.places(group, endpoints)
		if err != nil {
			return nil, err
		}
		for i := 1; i < len(places); i++ {
			swap := identityOrder(len(sys.Nodes))
			swap[places[0]], swap[places[i]] = places[i], places[0]
			s.swaps = append(s.swaps, swap)
		}
	}
	return s, s.close()
}

// places are the numbers of the nodes of a group.
func (sys System[S, M]) places(group []actor.ID, endpoints map[actor.ID]int) ([]int, error) {
	var places []int
	for _, id := range group {
		n, there := endpoints[id]
		if !there || slices.Contains(places, n) {
			return nil, fmt.Errorf("interchangeable nodes: %q is no node, or stands there twice", id)
		}
		for _, c := range sys.Clients {
			if slices.ContainsFunc(c.Calls, func(c Call) bool { return c.Node == id }) {
				return nil, fmt.Errorf("interchangeable nodes: client %s speaks to %s, which tells it from the others", c.ID, id)
			}
		}
		places = append(places, n)
	}
	return places, nil
}

func identityOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// close makes all permutations of the swaps.
func (s *symmetry) close() error {
	for i := 0; i < len(s.orders); i++ {
		for _, swap := range s.swaps {
			next := make([]int, len(swap))
			for n := range next {
				next[n] = swap[s.orders[i][n]]
			}
			if !slices.ContainsFunc(s.orders, func(o []int) bool { return slices.Equal(o, next) }) {
				s.orders = append(s.orders, next)
			}
		}
		if len(s.orders) > mostOrders {
			return fmt.Errorf("interchangeable nodes: more than %d ways to exchange their names, all of which would be tried on each state", mostOrders)
		}
	}
	return nil
}

// renamed is a value in which nodes have exchanged their names.
func renamed[T any](of identity.Of[T], v *T, ids []actor.ID, endpoints map[actor.ID]int, order []int) *T {
	c := of.Copy(v)
	identity.Rename(c, func(id actor.ID) actor.ID {
		if n, is := endpoints[id]; is {
			return ids[order[n]]
		}
		return id
	})
	return c
}

// renamedLocal is a node after the exchange. Its state is not among the components.
func (s *systemSpace[S, M]) renamedLocal(l *local[S], order []int) (*local[S], error) {
	c := *l
	c.node = order[l.node]
	c.state = renamed(s.states, l.state, s.ids, s.endpoints, order)
	written, err := s.states.Append(nil, c.state)
	c.written = string(written)
	return &c, err
}

func (s *systemSpace[S, M]) renamedMessage(m *message[M], order []int) *message[M] {
	c := *m
	if m.from < len(order) {
		c.from = order[m.from]
	}
	if m.to != nowhere && m.to < len(order) {
		c.to = order[m.to]
	}
	if m.kind == peerMessage {
		c.content = renamed(s.contents, m.content, s.ids, s.endpoints, order)
		if c.to != nowhere {
			c.toName = s.ids[c.to]
		}
	}
	return &c
}

// image is the fingerprint of a component after the exchange of the given number.
type image struct{ fingerprint, asLast uint64 }

func (e *systemExpander[S, M]) localImage(n uint32, order int) image {
	key := uint64(order)<<33 | uint64(n)<<1 | 1
	return e.image(key, func() image {
		l, err := e.renamedLocal(e.locals.at(n), e.symmetry.orders[order])
		if err != nil {
			panic("a state that was written before cannot be written: " + err.Error())
		}
		return image{fingerprint: componentFingerprint(localKind, l.append(nil))}
	})
}

func (e *systemExpander[S, M]) messageImage(n uint32, order int) image {
	key := uint64(order)<<33 | uint64(n)<<1 | 1<<62
	return e.image(key, func() image {
		m := e.renamedMessage(e.messages.at(n), e.symmetry.orders[order])
		content := m.body
		if m.kind == peerMessage {
			content = []byte(e.contentText(m.content))
		}
		bytes := m.append(nil, content)
		return image{componentFingerprint(messageKind, bytes), componentFingerprint(lastKind, bytes)}
	})
}

func (e *systemExpander[S, M]) image(key uint64, make func() image) image {
	if i := e.images.get(key); i != nil {
		return *i
	}
	i := make()
	e.images.put(key, i)
	return i
}

func (e *systemExpander[S, M]) environmentImage(n uint32, order int) uint64 {
	v := e.environment(n)
	if v.side == 0 {
		return v.fingerprint
	}
	c := v.environment
	c.side = 0
	for n, to := range e.symmetry.orders[order] {
		c.side |= v.side >> n & 1 << to
	}
	if c.side&1 == 1 {
		c.side ^= 1<<len(e.ids) - 1
	}
	return componentFingerprint(environmentKind, c.append(nil))
}

// smallestFingerprint is that of the orbit of a state.
func (e *systemExpander[S, M]) smallestFingerprint(s []uint32) uint64 {
	smallest := e.plainFingerprint(s)
	for order := 1; order < len(e.symmetry.orders); order++ {
		smallest = min(smallest, e.imageFingerprint(s, order))
	}
	return smallest
}

func (e *systemExpander[S, M]) imageFingerprint(s []uint32, order int) uint64 {
	f := e.environmentImage(s[e.environmentAt()], order) + e.conversation(s).fingerprint
	for n := range e.ids {
		f += e.localImage(s[n], order).fingerprint
	}
	if last := s[e.lastAt()]; last != 0 {
		f += e.messageImage(last-1, order).asLast
	}
	return f + e.networkFingerprint(s, func(n uint32) uint64 { return e.messageImage(n, order).fingerprint })
}

// symmetric checks that nodes that exchange their names react with exchanged names.
func (s *systemSpace[S, M]) symmetric(l *local[S], input uint32, outcomes []*result[S, M]) error {
	for _, swap := range s.symmetry.swaps {
		other, err := s.renamedLocal(l, swap)
		if err != nil {
			return err
		}
		others, err := s.outcomesOf(other, s.renamedInput(input, swap))
		if err != nil {
			return err
		}
		want, got := s.imagesOf(outcomes, swap), s.imagesOf(others, identityOrder(len(swap)))
		if !slices.Equal(want, got) {
			return fmt.Errorf("not symmetric: %v are told to be interchangeable, but after they exchanged names the reaction is another one than with exchanged names; does it compare names by their order?", s.system.Interchangeable)
		}
	}
	return nil
}

// renamedInput is an input after an exchange; a message is not among the components
// otherwise.
func (s *systemSpace[S, M]) renamedInput(input uint32, order []int) uint32 {
	if input >= timerInput {
		return input
	}
	n, err := s.addMessage(s.renamedMessage(s.messages.at(input), order))
	if err != nil {
		panic("a message that was written before cannot be written: " + err.Error())
	}
	return n
}

// imagesOf are outcomes after an exchange, in an order that is always the same.
func (s *systemSpace[S, M]) imagesOf(outcomes []*result[S, M], order []int) []string {
	all := make([]string, len(outcomes))
	for i, r := range outcomes {
		written, err := s.states.Append(nil, renamed(s.states, r.state, s.ids, s.endpoints, order))
		if err != nil {
			panic("a state that was written before cannot be written: " + err.Error())
		}
		effects := make([]string, len(r.effects))
		for k, e := range r.effects {
			effects[k] = s.effectImage(e, order)
		}
		slices.Sort(effects)
		all[i] = fmt.Sprintf("%q %q", written, effects)
	}
	slices.Sort(all)
	return all
}

func (s *systemSpace[S, M]) effectImage(e effect[M], order []int) string {
	if e.message == nil {
		return fmt.Sprintf("%d %d %q %q", e.kind, e.request, e.body, e.timer)
	}
	to := e.to
	if n, is := s.endpoints[to]; is {
		to = s.ids[order[n]]
	}
	return fmt.Sprintf("%s %q", to, s.contentText(renamed(s.contents, e.message, s.ids, s.endpoints, order)))
}
