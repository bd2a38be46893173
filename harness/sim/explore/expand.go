package explore

import (
	"iter"
	"math/bits"
	"slices"

	"github.com/assaykit/assay/harness/actor"
)

// systemExpander is one goroutine's way into a System. A state is the numbers of
// its components: the nodes' locals, the conversation, the environment, one more
// than the message that was delivered last (on a Duplicating network; 0 otherwise),
// and the messages on the network. These are in the order of their numbers, and on
// an Ordered network in that of their pairs and, of one pair, in the order in which
// they were sent.
type systemExpander[S, M any] struct {
	*systemSpace[S, M]
	// seen are the tables as far as this goroutine knows them.
	seenLocals        []*local[S]
	seenMessages      []*message[M]
	seenConversations []*conversation
	seenEnvironments  []*numberedEnvironment

	reactions memo[ready]
	hearings  memo[*hearing]
	images    memo[image]
	arena     []uint32
	scratch   []uint32

	// state is the one that is expanded, with its fingerprint.
	state       []uint32
	fingerprint uint64
	out         *out[[]uint32]
	cut         uint64
}

// The places behind the nodes.
func (s *systemSpace[S, M]) conversationAt() int        { return len(s.ids) }
func (s *systemSpace[S, M]) environmentAt() int         { return len(s.ids) + 1 }
func (s *systemSpace[S, M]) lastAt() int                { return len(s.ids) + 2 }
func (s *systemSpace[S, M]) network(state []uint32) int { return len(s.ids) + 3 }
func (s *systemSpace[S, M]) nodeNumber(id actor.ID) int { return s.endpoints[id] }

func (e *systemExpander[S, M]) local(n uint32) *local[S] {
	if int(n) >= len(e.seenLocals) {
		e.look()
	}
	return e.seenLocals[n]
}

func (e *systemExpander[S, M]) message(n uint32) *message[M] {
	if int(n) >= len(e.seenMessages) {
		e.look()
	}
	return e.seenMessages[n]
}

func (e *systemExpander[S, M]) conversation(state []uint32) *conversation {
	n := state[e.conversationAt()]
	if int(n) >= len(e.seenConversations) {
		e.look()
	}
	return e.seenConversations[n]
}

func (e *systemExpander[S, M]) environment(n uint32) *numberedEnvironment {
	if int(n) >= len(e.seenEnvironments) {
		e.look()
	}
	return e.seenEnvironments[n]
}

// look takes over what others have added to the tables.
func (e *systemExpander[S, M]) look() {
	e.seenLocals, e.seenMessages = e.locals.now(), e.messages.now()
	e.seenConversations, e.seenEnvironments = e.conversations.now(), e.environments.now()
}

// ready is a reaction at hand. Nearly all have one outcome, which is found beside
// their key. What has several, or failed, is told by the whole reaction.
type ready struct {
	outcome
	whole *reaction
}

// reaction is what a node does, until the next one is asked for.
func (e *systemExpander[S, M]) reaction(local, input uint32) *ready {
	key := memoKey(local, input)
	if r := e.reactions.get(key); r != nil {
		return r
	}
	whole := e.sharedReaction(key, local, input)
	if whole.err == nil && len(whole.branches) == 1 && whole.branches[0].times == 1 {
		return e.reactions.put(key, ready{outcome: whole.branches[0].outcome})
	}
	return e.reactions.put(key, ready{whole: whole})
}

// err says why there is no reaction.
func (r *ready) err() error {
	if r.whole == nil {
		return nil
	}
	return r.whole.err
}

// branches are the outcomes of a reaction, and how many choices come to each.
func (r *ready) branches() iter.Seq2[int, branch] {
	return func(yield func(int, branch) bool) {
		if r.whole == nil {
			yield(0, branch{outcome: r.outcome, times: 1})
			return
		}
		for i, b := range r.whole.branches {
			if !yield(i, b) {
				return
			}
		}
	}
}

func (e *systemExpander[S, M]) sharedReaction(key uint64, local, input uint32) *reaction {
	r := e.reacted.get(key)
	if r == nil && e.reacted.early() {
		e.reacted.alone.Lock()
		defer e.reacted.alone.Unlock()
		r = e.reacted.get(key)
	}
	if r == nil {
		r = e.reacted.keep(key, e.react(local, input))
	}
	return r
}

// hearing is what clients do.
func (e *systemExpander[S, M]) hearing(conversation, input uint32) *hearing {
	key := memoKey(conversation, input)
	if h := e.hearings.get(key); h != nil {
		return *h
	}
	return *e.hearings.put(key, e.sharedHearing(key, conversation, input))
}

func (e *systemExpander[S, M]) sharedHearing(key uint64, conversation, input uint32) *hearing {
	h := e.heard.get(key)
	if h == nil {
		h = e.heard.keep(key, e.hear(conversation, input))
	}
	return h
}

// expand reaches all successors of a state.
func (e *systemExpander[S, M]) expand(state []uint32, fingerprint uint64, o *out[[]uint32]) {
	e.state, e.fingerprint, e.out = state, fingerprint, o
	v := e.environment(state[e.environmentAt()])
	e.cut = v.side
	for at := e.network(state); at < len(state); at++ {
		if !e.shadowed(state, at) {
			e.deliver(at)
			e.spoil(at, v)
		}
	}
	for n := range e.ids {
		e.strike(n, v)
	}
	e.partition(v)
	e.giveUps(v)
}

// shadowed says that a message is the same as the one before it, or comes after
// another one of its pair.
func (e *systemExpander[S, M]) shadowed(state []uint32, at int) bool {
	if at == e.network(state) {
		return false
	}
	if e.system.Network == Ordered {
		return e.message(state[at]).pair == e.message(state[at-1]).pair
	}
	return state[at] == state[at-1]
}

// change is what a step does to a state.
type change struct {
	// node gets the local next, unless node is none.
	node int
	next uint32
	// conversation and environment are the new ones.
	conversation, environment uint32
	// removed is the place of a message that goes, or 0; last is what stands for the
	// message that was delivered last.
	removed int
	last    uint32
	sends   []uint32
	// delta is the change of the fingerprint without that of the network.
	delta uint64
	// sendDelta is the sum of the fingerprints of sends.
	sendDelta uint64
}

const none = -1

// unchanged is a change of nothing.
func (e *systemExpander[S, M]) unchanged() change {
	return change{node: none, conversation: e.state[e.conversationAt()], environment: e.state[e.environmentAt()], last: e.state[e.lastAt()]}
}

// deliver lets a message arrive.
func (e *systemExpander[S, M]) deliver(at int) {
	number := e.state[at]
	m := e.message(number)
	switch {
	case m.to == nowhere:
	case m.to >= len(e.ids):
		e.deliverToClient(at, number)
	case !e.cutOff(m):
		e.deliverToNode(at, number, m)
	}
}

// cutOff says that a partition is between two nodes.
func (e *systemExpander[S, M]) cutOff(m *message[M]) bool {
	return e.cut != 0 && m.kind == peerMessage && (e.cut>>m.from^e.cut>>m.to)&1 == 1
}

func (e *systemExpander[S, M]) deliverToNode(at int, number uint32, m *message[M]) {
	l := e.state[m.to]
	if e.crashing && e.local(l).down {
		return
	}
	a := act{kind: Deliver, what: number, due: e.deliveryDue(number)}
	r := e.reaction(l, number)
	if err := r.err(); err != nil {
		e.out.fail(a, err)
		return
	}
	if r.idle && e.system.Network != Ordered {
		return
	}
	if r.whole == nil { // nearly always, millions of times: without going through branches
		c := e.after(m.to, &r.outcome)
		e.arrive(&c, at, number)
		e.reach(&c, a, 1)
		return
	}
	for i := range r.whole.branches {
		b := &r.whole.branches[i]
		c := e.after(m.to, &b.outcome)
		a.branch = i
		e.arrive(&c, at, number)
		e.reach(&c, a, b.times)
	}
}

// after is the change by what a node does.
func (e *systemExpander[S, M]) after(node int, o *outcome) change {
	c := e.unchanged()
	c.node, c.next, c.sends, c.delta, c.sendDelta = node, o.next, o.sends, o.nextDelta, o.sendDelta
	return c
}

func (e *systemExpander[S, M]) deliverToClient(at int, number uint32) {
	a := act{kind: Deliver, what: number, due: e.deliveryDue(number)}
	h := e.hearing(e.state[e.conversationAt()], number)
	if h.err != nil {
		e.out.fail(a, h.err)
		return
	}
	c := e.unchanged()
	if h.idle {
		if e.system.Network != Ordered {
			return
		}
	} else {
		c.conversation, c.sends, c.delta, c.sendDelta = h.next, h.sends, h.nextDelta, h.sendDelta
	}
	e.arrive(&c, at, number)
	e.reach(&c, a, 1)
}

// arrive takes a message that was delivered from the network, or marks it as the
// last one.
func (e *systemExpander[S, M]) arrive(c *change, at int, number uint32) {
	if e.system.Network != Duplicating {
		c.removed = at
		return
	}
	if before := e.state[e.lastAt()]; before != 0 {
		c.delta -= e.message(before - 1).asLast
	}
	c.last = number + 1
	c.delta += e.message(number).asLast
}

// allowed says that a budget is not used up.
func allowed(budget, used int) bool { return budget == Unlimited || used < budget }

// spend is the change with another environment.
func (e *systemExpander[S, M]) spend(c *change, v *numberedEnvironment, how func(*environment)) {
	next := v.environment
	how(&next)
	if next == v.environment {
		return
	}
	c.environment = e.addEnvironment(next)
	c.delta += e.environment(c.environment).fingerprint - v.fingerprint
}

// use counts against a budget, if it has a limit.
func use(budget int, used *int) {
	if budget != Unlimited {
		*used++
	}
}

// spoil loses or repeats a message.
func (e *systemExpander[S, M]) spoil(at int, v *numberedEnvironment) {
	f := e.system.Faults
	number := e.state[at]
	if e.system.Lossy || allowed(f.Drops, v.drops) {
		c := e.unchanged()
		c.removed = at
		if !e.system.Lossy {
			e.spend(&c, v, func(v *environment) { use(f.Drops, &v.drops) })
		}
		e.reach(&c, act{kind: Drop, what: number, fault: true}, 1)
	}
	if e.system.Network != Duplicating && allowed(f.Duplicates, v.duplicates) {
		c := e.unchanged()
		c.sends, c.sendDelta = []uint32{number}, e.message(number).fingerprint
		e.spend(&c, v, func(v *environment) { use(f.Duplicates, &v.duplicates) })
		e.reach(&c, act{kind: Duplicate, what: number, fault: true}, 1)
	}
}

// strike lets the timers of a node fire, and crashes or restarts it.
func (e *systemExpander[S, M]) strike(n int, v *numberedEnvironment) {
	l := e.local(e.state[n])
	f := e.system.Faults
	switch {
	case l.down && allowed(f.Restarts, v.restarts):
		e.strikeNode(n, restartInput, act{kind: Restart, what: uint32(n), fault: true}, v, func(v *environment) { use(f.Restarts, &v.restarts) })
	case l.down:
		return
	}
	if !l.down && allowed(f.Crashes, v.crashes) && (f.MostDown == 0 || e.down() < f.MostDown) {
		e.strikeNode(n, crashInput, act{kind: Crash, what: uint32(n), fault: true}, v, func(v *environment) { use(f.Crashes, &v.crashes) })
	}
	if budget := e.timeouts(); allowed(budget, v.timeouts) {
		for _, input := range l.timerInputs {
			a := act{kind: Timeout, what: uint32(n)<<16 | input&0xffff, due: e.timerDue(n, input)}
			e.strikeNode(n, input, a, v, func(v *environment) { use(budget, &v.timeouts) })
		}
	}
}

func (s *systemSpace[S, M]) timeouts() int {
	switch s.system.Timeouts {
	case 0:
		return Unlimited
	case Never:
		return 0
	}
	return s.system.Timeouts
}

func (e *systemExpander[S, M]) down() int {
	down := 0
	for n := range e.ids {
		if e.local(e.state[n]).down {
			down++
		}
	}
	return down
}

// strikeNode lets a node react to something else than a message.
func (e *systemExpander[S, M]) strikeNode(n int, input uint32, a act, v *numberedEnvironment, spend func(*environment)) {
	r := e.reaction(e.state[n], input)
	if err := r.err(); err != nil {
		e.out.fail(a, err)
		return
	}
	if r.idle {
		return
	}
	for i, b := range r.branches() {
		c := e.after(n, &b.outcome)
		e.spend(&c, v, spend)
		a.branch = i
		e.reach(&c, a, b.times)
	}
}

// partition cuts the network in two, or heals it.
func (e *systemExpander[S, M]) partition(v *numberedEnvironment) {
	budget := e.system.Faults.Partitions
	if v.side != 0 {
		c := e.unchanged()
		e.spend(&c, v, func(v *environment) { v.side = 0 })
		e.reach(&c, act{kind: Heal, fault: true}, 1)
		return
	}
	if !allowed(budget, v.partitions) {
		return
	}
	for side := uint64(2); bits.Len64(side) <= len(e.ids); side += 2 {
		c := e.unchanged()
		e.spend(&c, v, func(v *environment) { v.side = side; use(budget, &v.partitions) })
		e.reach(&c, act{kind: Cut, what: uint32(side), fault: true}, 1)
	}
}

// giveUps lets clients stop waiting.
func (e *systemExpander[S, M]) giveUps(v *numberedEnvironment) {
	budget := e.system.Faults.GiveUps
	if !allowed(budget, v.giveUps) {
		return
	}
	for client := range e.script.clients {
		if !e.script.waits(*e.conversation(e.state), client) {
			continue
		}
		a := act{kind: GiveUp, what: uint32(client), fault: true}
		h := e.hearing(e.state[e.conversationAt()], giveUpInput+uint32(client))
		if h.err != nil {
			e.out.fail(a, h.err)
			continue
		}
		c := e.unchanged()
		c.conversation, c.sends, c.delta, c.sendDelta = h.next, h.sends, h.nextDelta, h.sendDelta
		e.spend(&c, v, func(v *environment) { use(budget, &v.giveUps) })
		e.reach(&c, a, 1)
	}
}

// reach hands over a successor. On an Unordered network its fingerprint is known
// before the state is made, which most often has been seen.
func (e *systemExpander[S, M]) reach(c *change, a act, times int) {
	if e.system.Network == Unordered && e.system.Boundary == nil && e.symmetry == nil {
		f := e.fingerprint + c.delta + c.sendDelta
		if c.removed != 0 {
			f -= e.message(e.state[c.removed]).fingerprint
		}
		if e.out.reach(f, a, times) {
			e.out.keep(f, e.store(e.make(c)))
		}
		return
	}
	next := e.make(c)
	if e.system.Boundary != nil && !e.system.Boundary(View[S, M]{e, next}) {
		e.out.bounded = true
		return
	}
	f := e.fingerprintOf(next)
	if e.out.reach(f, a, times) {
		e.out.keep(f, e.store(next))
	}
}

// make makes a successor, which is valid until the next one is made.
func (e *systemExpander[S, M]) make(c *change) []uint32 {
	s := e.scratch[:0]
	if c.removed != 0 {
		s = append(append(s, e.state[:c.removed]...), e.state[c.removed+1:]...)
	} else {
		s = append(s, e.state...)
	}
	if c.node != none {
		s[c.node] = c.next
	}
	s[e.conversationAt()], s[e.environmentAt()], s[e.lastAt()] = c.conversation, c.environment, c.last
	for _, m := range c.sends {
		s = e.send(s, m)
	}
	e.scratch = s
	return s
}

// send puts a message on the network.
func (e *systemExpander[S, M]) send(state []uint32, number uint32) []uint32 {
	start := e.network(state)
	net := state[start:]
	at := 0
	switch e.system.Network {
	case Ordered:
		pair := e.message(number).pair
		for at < len(net) && e.message(net[at]).pair <= pair {
			at++
		}
	default:
		for at < len(net) && net[at] < number {
			at++
		}
		if e.system.Network == Duplicating && at < len(net) && net[at] == number {
			return state
		}
	}
	return slices.Insert(state, start+at, number)
}

// arenaSize is how many numbers are allocated at a time.
const arenaSize = 1 << 15

// store copies a state to where it can stay.
func (e *systemExpander[S, M]) store(s []uint32) []uint32 {
	if len(e.arena)+len(s) > cap(e.arena) {
		e.arena = make([]uint32, 0, max(arenaSize, len(s)))
	}
	start := len(e.arena)
	e.arena = append(e.arena, s...)
	return e.arena[start:len(e.arena):len(e.arena)]
}

// fingerprintOf is the fingerprint of a state, or of its orbit, from scratch.
func (e *systemExpander[S, M]) fingerprintOf(s []uint32) uint64 {
	if e.symmetry != nil {
		return e.smallestFingerprint(s)
	}
	return e.plainFingerprint(s)
}

func (e *systemExpander[S, M]) plainFingerprint(s []uint32) uint64 {
	f := e.environment(s[e.environmentAt()]).fingerprint + e.conversation(s).fingerprint
	for n := range e.ids {
		f += e.local(s[n]).fingerprint
	}
	if last := s[e.lastAt()]; last != 0 {
		f += e.message(last - 1).asLast
	}
	return f + e.networkFingerprint(s, func(n uint32) uint64 { return e.message(n).fingerprint })
}

// networkFingerprint is the sum of those of messages, or of flows: the messages of
// one pair in their order.
func (e *systemExpander[S, M]) networkFingerprint(s []uint32, of func(message uint32) uint64) uint64 {
	var sum, flow uint64
	for at := e.network(s); at < len(s); at++ {
		f := of(s[at])
		if e.system.Network != Ordered {
			sum += f
			continue
		}
		if !e.shadowed(s, at) {
			sum += flow
			flow = 0
		}
		flow = mix(flow^f, 0xd6e8feb86659fd93) | 1
	}
	return sum + flow
}
