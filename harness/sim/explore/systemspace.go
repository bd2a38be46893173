package explore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/sim/explore/internal/identity"
)

// systemSpace is a System with all components of its states that were met.
type systemSpace[S, M any] struct {
	system System[S, M]
	script script
	ids    []actor.ID
	peers  [][]actor.ID
	// endpoints are the numbers of nodes.
	endpoints map[actor.ID]int
	states    identity.Of[S]
	contents  identity.Of[M]
	configs   identity.Of[any]
	symmetry  *symmetry
	// crashing says that nodes can be down.
	crashing bool

	// All goroutines add to what follows.
	locals        *table[*local[S]]
	messages      *table[*message[M]]
	conversations *table[*conversation]
	environments  *table[*numberedEnvironment]
	timers        *table[string]
	reacted       *shared[reaction]
	heard         *shared[hearing]
}

// Explore implements Explorer.
func (sys System[S, M]) Explore(ctx context.Context, o Options) (*Result, error) {
	s, err := newSystemSpace(sys)
	switch {
	case err != nil:
		return nil, err
	case o.Exact && s.symmetry != nil:
		return nil, errExactOrbits
	}
	return run(ctx, s, o)
}

// errExactOrbits is about a combination that nobody needed so far.
var errExactOrbits = errors.New("an exact search compares states, not orbits: leave out the symmetry or Exact")

func newSystemSpace[S, M any](sys System[S, M]) (*systemSpace[S, M], error) {
	s := &systemSpace[S, M]{
		system: sys, crashing: sys.Faults.Crashes != 0, script: script{sys.Clients, len(sys.Promises) > 0}, endpoints: make(map[actor.ID]int),
		locals: newTable[*local[S]](), messages: newTable[*message[M]](), conversations: newTable[*conversation](),
		environments: newTable[*numberedEnvironment](), timers: newTable[string](), reacted: newShared[reaction](), heard: newShared[hearing](),
	}
	var failed [3]error
	s.states, failed[0] = identity.New[S]()
	s.contents, failed[1] = identity.New[M]()
	s.configs, failed[2] = identity.New[any]()
	for i, what := range []string{"states of nodes", "messages", "actors"} {
		if failed[i] != nil {
			return nil, fmt.Errorf("%s cannot be told apart: %w", what, failed[i])
		}
	}
	for i, n := range sys.Nodes {
		s.ids = append(s.ids, n.ID)
		s.endpoints[n.ID] = i
	}
	for i := range s.ids {
		s.peers = append(s.peers, slices.Delete(slices.Clone(s.ids), i, i+1))
	}
	if err := sys.check(s.endpoints); err != nil {
		return nil, err
	}
	s.symmetry, failed[0] = sys.symmetry(s.endpoints)
	return s, failed[0]
}

// mostNodes is how many nodes have a bit in environment.side.
const mostNodes = 64

// check rejects a System that makes no sense.
func (sys System[S, M]) check(endpoints map[actor.ID]int) error {
	names := make(map[actor.ID]bool)
	for _, n := range sys.Nodes {
		if n.ID == "" || names[n.ID] || n.Actor == nil {
			return fmt.Errorf("node %q: each node needs a name of its own and an actor", n.ID)
		}
		names[n.ID] = true
	}
	switch {
	case len(sys.Nodes) == 0 || len(sys.Nodes) > mostNodes:
		return fmt.Errorf("a system of %d nodes: it needs 1 to %d", len(sys.Nodes), mostNodes)
	case sys.Network < Unordered || sys.Network > Ordered:
		return fmt.Errorf("%v is none of unordered, duplicating, ordered", sys.Network)
	case sys.Network == Duplicating && sys.Faults.Duplicates != 0:
		return errors.New("a duplicating network repeats messages anyway: a budget of duplicates is for the others")
	case sys.Fairness < Unfair || sys.Fairness > FairTimers:
		return fmt.Errorf("fairness %d is none of Unfair, FairDelivery, FairTimers", int(sys.Fairness))
	}
	for _, c := range sys.Clients {
		if c.ID == "" || names[c.ID] {
			return fmt.Errorf("client %q: each client needs a name of its own", c.ID)
		}
		names[c.ID] = true
		for i, call := range c.Calls {
			if _, there := endpoints[call.Node]; !there {
				return fmt.Errorf("client %s, call %d: %q is no node", c.ID, i+1, call.Node)
			}
			if call.Read == nil {
				return fmt.Errorf("client %s, call %d: nothing says how to read its answer", c.ID, i+1)
			}
		}
	}
	return sys.Faults.check()
}

func (f Faults) check() error {
	for _, n := range []int{f.Drops, f.Duplicates, f.Crashes, f.Restarts, f.Partitions, f.GiveUps} {
		if n < Unlimited {
			return fmt.Errorf("a budget of %d faults: it is a number, 0, or Unlimited", n)
		}
	}
	if f.MostDown < 0 {
		return fmt.Errorf("at most %d nodes down: it is a number, or 0 for no limit", f.MostDown)
	}
	if f.GiveUps == Unlimited || f.Duplicates == Unlimited {
		return errors.New("without a limit of duplicates or give-ups there is no end of states: give a number, or a Duplicating network")
	}
	return nil
}

func (s *systemSpace[S, M]) judged() []judged {
	all := namesOf(s.system.Properties)
	for _, p := range s.system.Promises {
		all = append(all, judged{p.Name(), HistoryKind})
	}
	return all
}

func (s *systemSpace[S, M]) figures() (reactions, locals int) {
	for _, r := range s.reacted.now() {
		reactions += r.runs
	}
	return reactions, len(s.locals.now())
}

func (s *systemSpace[S, M]) expander() expander[[]uint32] {
	return &systemExpander[S, M]{systemSpace: s}
}

// configuration is the identity of a node's Actor value; empty if it has none, such
// as one that holds functions.
func (s *systemSpace[S, M]) configuration(node int) string {
	a := any(s.system.Nodes[node].Actor)
	b, err := s.configs.Append(nil, &a)
	if err != nil {
		return ""
	}
	return string(b)
}

// apply is what becomes of a node by a reaction, and what it sends.
func (s *systemSpace[S, M]) apply(l *local[S], input uint32, r *result[S, M]) (*local[S], []uint32, error) {
	next := &local[S]{node: l.node, state: r.state, written: string(r.written), durable: l.durable}
	if input != restartInput {
		next.timers = l.timers
	}
	if input >= timerInput && input != restartInput {
		next.unset(s.timers.at(input - timerInput))
	}
	var sends []uint32
	for _, e := range r.effects {
		switch e.kind {
		case persist:
			// Without crashes, nobody ever reads it.
			if s.system.Faults.Crashes == 0 {
				continue
			}
			next.durable = append(slices.Clip(next.durable), e.body)
		case setTimer:
			next.set(e.timer)
		case cancelTimer:
			next.unset(e.timer)
		default:
			m, err := s.addressed(l.node, e)
			if err != nil {
				return nil, nil, err
			}
			sends = append(sends, m)
		}
	}
	return next, sends, nil
}

// addressed is the number of a message that a node sends.
func (s *systemSpace[S, M]) addressed(from int, e effect[M]) (uint32, error) {
	if e.kind == send {
		to, there := s.endpoints[e.to]
		if !there {
			to = nowhere
		}
		return s.addMessage(&message[M]{from: from, to: to, toName: e.to, content: e.message})
	}
	client, _, ok := s.script.made(e.request)
	if !ok {
		return 0, fmt.Errorf("it replies to request %d, which no client makes", e.request)
	}
	return s.addMessage(&message[M]{from: from, to: len(s.ids) + client, kind: replyMessage, number: e.request, body: e.body})
}

func (s *systemSpace[S, M]) addLocal(l *local[S]) (uint32, error) {
	bytes := l.append(nil)
	return s.locals.number(bytes, func() *local[S] {
		l.fingerprint = componentFingerprint(localKind, bytes)
		for _, t := range l.timers {
			l.timerInputs = append(l.timerInputs, s.timerInput(t))
		}
		return l
	}), nil
}

func (s *systemSpace[S, M]) timerInput(name string) uint32 {
	return timerInput + s.timers.number([]byte(name), func() string { return name })
}

func (s *systemSpace[S, M]) addMessage(m *message[M]) (uint32, error) {
	content := m.body
	if m.kind == peerMessage {
		var err error
		if content, err = s.contents.Append(nil, m.content); err != nil {
			return 0, fmt.Errorf("it sends a message that cannot be told from others: %w", err)
		}
	}
	bytes := m.append(nil, content)
	if n, known := s.messages.known(bytes); known {
		return n, nil
	}
	if err := s.travels(m); err != nil {
		return 0, err
	}
	return s.messages.number(bytes, func() *message[M] {
		m.fingerprint = componentFingerprint(messageKind, bytes)
		m.asLast = componentFingerprint(lastKind, bytes)
		m.pair = uint32(m.from)<<16 | uint32(uint16(m.to))
		return m
	}), nil
}

// travels says that a message is the same after its way between processes, where it
// is JSON. Interfaces, which cannot be read back, are for explorations only.
func (s *systemSpace[S, M]) travels(m *message[M]) error {
	if m.kind != peerMessage || reflect.TypeFor[M]().Kind() == reflect.Interface {
		return nil
	}
	arrived := new(M)
	text, err := json.Marshal(m.content)
	if err == nil {
		err = json.Unmarshal(text, arrived)
	}
	if err != nil {
		return fmt.Errorf("it sends %s, which cannot travel as JSON: %w", identity.Text(*m.content), err)
	}
	lost := slices.DeleteFunc(identity.Differences(m.content, arrived), func(d identity.Difference) bool { return d.Empty })
	if len(lost) > 0 {
		return fmt.Errorf("it sends %s, which is not the same after a way between processes, as JSON: %s", identity.Text(*m.content), differenceText(lost))
	}
	return nil
}

func (s *systemSpace[S, M]) addEnvironment(v environment) uint32 {
	bytes := v.append(nil)
	return s.environments.number(bytes, func() *numberedEnvironment {
		return &numberedEnvironment{v, componentFingerprint(environmentKind, bytes)}
	})
}

// addConversation numbers a conversation, and judges what clients saw if it is new.
func (s *systemSpace[S, M]) addConversation(c conversation) (uint32, error) {
	bytes := c.append(nil)
	if n, known := s.conversations.known(bytes); known {
		return n, nil
	}
	c.fingerprint = componentFingerprint(conversationKind, bytes)
	if err := s.judgePast(&c); err != nil {
		return 0, err
	}
	return s.conversations.number(bytes, func() *conversation { return &c }), nil
}

func (s *systemSpace[S, M]) judgePast(c *conversation) error {
	if !s.script.judged {
		return nil
	}
	h := c.past.history(s.script.clients)
	for _, p := range s.system.Promises {
		v, err := p.judge(h)
		if err != nil {
			return fmt.Errorf("promise %q: %w", p.Name(), err)
		}
		c.broken = append(c.broken, v == checkers.Invalid)
		c.undecided = append(c.undecided, v == checkers.Unknown)
	}
	return nil
}

// hearing is what becomes of clients by a message, or by one of them giving up.
type hearing struct {
	idle                 bool
	next                 uint32
	sends                []uint32
	nextDelta, sendDelta uint64
	err                  error
}

// giveUpInput plus its number is that a client gives up.
const giveUpInput = timerInput

// hear is what clients do about an input.
func (s *systemSpace[S, M]) hear(number, input uint32) *hearing {
	c := s.conversations.at(number)
	client, next := int(input-giveUpInput), conversation{}
	if input >= giveUpInput {
		next = s.script.giveUp(*c, client)
	} else {
		m := s.messages.at(input)
		client = m.to - len(s.ids)
		_, call, _ := s.script.made(m.number)
		if !s.script.waits(*c, client) || c.clients[client].call != call {
			return &hearing{idle: true}
		}
		a, err := s.read(client, call, m.body)
		if err != nil {
			return &hearing{err: err}
		}
		next = s.script.hear(*c, client, a)
	}
	return s.heardBy(c, next, client)
}

func (s *systemSpace[S, M]) heardBy(c *conversation, next conversation, client int) *hearing {
	h := &hearing{}
	if h.next, h.err = s.addConversation(next); h.err != nil {
		return h
	}
	h.nextDelta = s.conversations.at(h.next).fingerprint - c.fingerprint
	if next.clients[client].call != c.clients[client].call && s.script.waits(next, client) {
		m, err := s.request(next, client)
		h.sends, h.sendDelta, h.err = []uint32{m}, s.messages.at(m).fingerprint, err
	}
	return h
}

func (s *systemSpace[S, M]) read(client, call int, body []byte) (a Answer, err error) {
	c := s.script.clients[client]
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("client %s cannot read the answer %q to its call %d: it panics: %v", c.ID, body, call+1, p)
		}
	}()
	if a, err = c.Calls[call].Read(slices.Clone(body)); err != nil {
		err = fmt.Errorf("client %s cannot read the answer %q to its call %d: %w", c.ID, body, call+1, err)
	}
	return a, err
}

// request is the request that a client waits for, as a message.
func (s *systemSpace[S, M]) request(c conversation, client int) (uint32, error) {
	k := c.clients[client].call
	call := s.script.clients[client].Calls[k]
	return s.addMessage(&message[M]{
		from: len(s.ids) + client, to: s.endpoints[call.Node], kind: requestMessage, number: s.script.request(client, k), body: call.Body,
	})
}
