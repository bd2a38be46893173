package explore

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/assaykit/assay/harness/sim/explore/internal/identity"
)

// reaction is what a node does about an input, whenever it is in a state: computed
// once and looked up millions of times.
type reaction struct {
	branches []branch
	// runs is how many outcomes were computed for it.
	runs int
	// err says why there is no reaction.
	err error
}

// outcome is what comes of a reaction.
type outcome struct {
	next uint32
	// idle says that it changes nothing and asks for nothing.
	idle  bool
	sends []uint32
	// nextDelta and sendDelta are what happens to the fingerprint because of next, and
	// of sends if the network counts messages.
	nextDelta, sendDelta uint64
}

// branch is one outcome of a reaction; there are several if the actor chooses.
type branch struct {
	outcome
	// times is how many choices come to this.
	times   int
	choices []int
}

// Inputs are numbers of messages, or one of the following.
const (
	crashInput   uint32 = 1<<32 - 1
	restartInput uint32 = 1<<32 - 2
	// timerInput plus a number is the timer of that number.
	timerInput uint32 = 1 << 31
)

// mostChoices bounds the outcomes of one reaction.
const mostChoices = 10_000

// result is how one run of an actor's method ended.
type result[S, M any] struct {
	state   *S
	written []byte
	effects []effect[M]
	drawn   []draw
}

// react computes a reaction.
func (s *systemSpace[S, M]) react(number, input uint32) *reaction {
	l := s.locals.at(number)
	if input == crashInput {
		down := *l
		down.timers, down.down = nil, true
		next, err := s.addLocal(&down)
		return &reaction{branches: []branch{s.branch(number, next, nil, nil)}, err: err}
	}
	outcomes, err := s.outcomesOf(l, input)
	if err == nil && s.symmetry != nil && l.state != nil {
		err = s.symmetric(l, input, outcomes)
	}
	r, known := &reaction{runs: len(outcomes)}, make(map[string]int)
	for i := 0; i < len(outcomes) && err == nil; i++ {
		err = s.addBranch(r, known, number, input, outcomes[i])
	}
	if err != nil {
		r.err = s.blame(l, input, err)
	}
	return r
}

// outcomesOf runs the actor with all the choices it has.
func (s *systemSpace[S, M]) outcomesOf(l *local[S], input uint32) ([]*result[S, M], error) {
	var all []*result[S, M]
	for choices := []int{}; choices != nil; {
		if len(all) >= mostChoices {
			return nil, fmt.Errorf("it has more than %d outcomes, by what it draws with Choose", mostChoices)
		}
		r, err := s.twice(l, input, choices)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
		choices = following(r.drawn)
	}
	return all, nil
}

// blame says whose reaction to what an error is about.
func (s *systemSpace[S, M]) blame(l *local[S], input uint32, err error) error {
	text := fmt.Sprintf("node %s, when %s: %v", s.ids[l.node], s.inputText(l, input), err)
	if _, panicked := err.(panicError); panicked {
		return panicError{text}
	}
	return fmt.Errorf("the actor cannot be explored: %s", text)
}

// addBranch adds an outcome, or counts one that is known: the same next state, and
// the same messages.
func (s *systemSpace[S, M]) addBranch(r *reaction, known map[string]int, number, input uint32, res *result[S, M]) error {
	next, sends, err := s.apply(s.locals.at(number), input, res)
	if err != nil {
		return err
	}
	to, err := s.addLocal(next)
	if err != nil {
		return err
	}
	text := fmt.Sprint(to, sends)
	if i, is := known[text]; is {
		r.branches[i].times++
		return nil
	}
	known[text] = len(r.branches)
	choices := make([]int, len(res.drawn))
	for i, d := range res.drawn {
		choices[i] = d.chosen
	}
	b := s.branch(number, to, sends, choices)
	b.idle = s.idle(number, to, input, res)
	r.branches = append(r.branches, b)
	return nil
}

// idle says that a reaction is none: the state is the same, and nothing was asked
// for, but for a timer that is set again when it fires.
func (s *systemSpace[S, M]) idle(from, to, input uint32, res *result[S, M]) bool {
	switch {
	case input == restartInput || len(res.drawn) > 0:
		return false
	case input < timerInput:
		return from == to && len(res.effects) == 0
	}
	return from == to && len(res.effects) == 1 && res.effects[0].kind == setTimer
}

func (s *systemSpace[S, M]) branch(from, next uint32, sends []uint32, choices []int) branch {
	b := branch{outcome: outcome{next: next, sends: sends}, times: 1, choices: choices}
	b.nextDelta = s.locals.at(next).fingerprint - s.locals.at(from).fingerprint
	for _, m := range sends {
		b.sendDelta += s.messages.at(m).fingerprint
	}
	return b
}

// twice runs the actor twice on copies, and compares. If it asks for several things
// it runs twice more: small maps often come in the same order two times.
func (s *systemSpace[S, M]) twice(l *local[S], input uint32, choices []int) (*result[S, M], error) {
	config := s.configuration(l.node)
	first, err := s.once(l, input, choices)
	if err != nil {
		return nil, err
	}
	again := 1
	if len(first.effects) > 1 {
		again = 3
	}
	for range again {
		second, err := s.once(l, input, choices)
		if err == nil {
			err = s.same(first, second)
		}
		if err != nil {
			return nil, err
		}
	}
	return first, s.untouched(l, first, config)
}

// once runs the actor on a copy of the state.
func (s *systemSpace[S, M]) once(l *local[S], input uint32, choices []int) (r *result[S, M], err error) {
	t := &turn[M]{self: s.ids[l.node], peers: s.peers[l.node], choices: choices}
	defer recoverActor(&err)
	r = &result[S, M]{}
	if input == restartInput {
		state := s.system.Nodes[l.node].Actor.Start(t, cloneRecords(l.durable))
		r.state = &state
	} else {
		r.state = s.states.Copy(l.state)
		s.run(t, l.node, r.state, input)
	}
	r.effects, r.drawn = t.effects, t.drawn
	s.seal(r.effects)
	r.written, err = s.states.Append(nil, r.state)
	return r, err
}

// run lets the actor react.
func (s *systemSpace[S, M]) run(t *turn[M], node int, state *S, input uint32) {
	a := s.system.Nodes[node].Actor
	if input >= timerInput {
		a.Timer(t, state, s.timers.at(input-timerInput))
		return
	}
	m := s.messages.at(input)
	if m.kind == requestMessage {
		a.Request(t, state, m.number, bytes.Clone(m.body))
		return
	}
	a.Receive(t, state, s.ids[m.from], *s.contents.Copy(m.content))
}

// recoverActor makes a panic of an actor an error.
func recoverActor(err *error) {
	switch p := recover().(type) {
	case nil:
	case clockError:
		*err = p
	default:
		*err = panicError{fmt.Sprintf("it panics: %v", p)}
	}
}

// seal copies what an actor asked for, which it might go on to change. A message
// that cannot be written is left for apply to reject.
func (s *systemSpace[S, M]) seal(effects []effect[M]) {
	for i := range effects {
		effects[i].body = bytes.Clone(effects[i].body)
		if m := effects[i].message; m != nil {
			if _, err := s.contents.Append(nil, m); err == nil {
				effects[i].message = s.contents.Copy(m)
			}
		}
	}
}

func cloneRecords(records [][]byte) [][]byte {
	if records == nil {
		return nil
	}
	all := make([][]byte, len(records))
	for i, r := range records {
		all[i] = bytes.Clone(r)
	}
	return all
}

// same compares two runs of the same reaction.
func (s *systemSpace[S, M]) same(first, second *result[S, M]) error {
	where := ""
	switch {
	case !bytes.Equal(first.written, second.written):
		where = "the state: " + differenceText(identity.Differences(first.state, second.state))
	case !slices.Equal(first.drawn, second.drawn):
		where = fmt.Sprintf("the numbers it draws with Choose: %v and %v", first.drawn, second.drawn)
	default:
		where = s.differentEffect(first.effects, second.effects)
	}
	if where == "" {
		return nil
	}
	return fmt.Errorf("nondeterministic: two reactions to the same input in the same state differ in %s. A reaction must depend on nothing else: not on the order of a map, a random source, the time, or anything outside of the state", where)
}

func differenceText(all []identity.Difference) string {
	const most = 3
	text := ""
	for i, d := range all {
		if i == most {
			return text + " and more"
		}
		if i > 0 {
			text += ", "
		}
		text += d.String()
	}
	return text
}

func (s *systemSpace[S, M]) differentEffect(first, second []effect[M]) string {
	for i := range max(len(first), len(second)) {
		switch {
		case i >= len(first):
			return "what it asks for: only once it asks to " + s.effectText(second[i])
		case i >= len(second):
			return "what it asks for: only once it asks to " + s.effectText(first[i])
		case !s.equalEffects(first[i], second[i]):
			return fmt.Sprintf("what it asks for, and in which order: to %s, and to %s", s.effectText(first[i]), s.effectText(second[i]))
		}
	}
	return ""
}

func (s *systemSpace[S, M]) equalEffects(x, y effect[M]) bool {
	if x.kind != y.kind || x.to != y.to || x.request != y.request || x.timer != y.timer || !bytes.Equal(x.body, y.body) {
		return false
	}
	return x.message == nil || s.contentText(x.message) == s.contentText(y.message)
}

// contentText is the identity of a message's content.
func (s *systemSpace[S, M]) contentText(m *M) string {
	b, err := s.contents.Append(nil, m)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (s *systemSpace[S, M]) effectText(e effect[M]) string {
	switch e.kind {
	case send:
		return fmt.Sprintf("send %s to %s", identity.Text(*e.message), e.to)
	case reply:
		return fmt.Sprintf("reply %s to request %d", e.body, e.request)
	case persist:
		return fmt.Sprintf("persist %q", e.body)
	case setTimer:
		return "set timer " + e.timer
	}
	return "cancel timer " + e.timer
}

// untouched says that a reaction has left alone what it must not change: the state
// that was copied for it, its actor's configuration, and, in its second run, the
// outcome of the first.
func (s *systemSpace[S, M]) untouched(l *local[S], first *result[S, M], config string) error {
	const advice = ": something outside of the state refers to it, and what a node does must change its own state alone"
	if l.state != nil {
		if now, err := s.states.Append(nil, l.state); err != nil || string(now) != l.written {
			return fmt.Errorf("aliasing: the reaction changed the state that it had before%s", advice)
		}
	}
	if now, err := s.states.Append(nil, first.state); err != nil || !bytes.Equal(now, first.written) {
		return fmt.Errorf("aliasing: the same reaction to another copy of the state changed this one too%s", advice)
	}
	if s.configuration(l.node) != config {
		return fmt.Errorf("aliasing: the reaction changed the Actor value itself, which is the node's configuration: keep what changes in the state")
	}
	return nil
}
