// Package retryqueue is a first-in, first-out queue at one node, which the others hand
// requests to, over a network that loses messages. So they repeat what was not
// answered: every request reaches the queue at least once.
//
// At least once is not once. A send whose answer was lost is in the queue already when
// it is repeated, and a receive has removed a message that nobody got. The queue
// therefore remembers what it has answered, and answers a repeated request again
// instead of doing it again. Without that memory the exploration needs a single
// repetition to show a message that comes twice, or never.
package retryqueue

import (
	"slices"
	"time"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/call"
)

// Actor is the protocol with its configuration. The zero value is correct.
type Actor struct {
	// Repeat is after what time a request is sent again that was not answered; 0 is
	// 200 ms.
	Repeat time.Duration
	// Attempts is how often it is sent at most; 0 is 5. After that its client gets no
	// answer.
	Attempts int
	// Repeats is the mistake of doing again what is asked again.
	Repeats bool
}

// State is one node.
type State struct {
	// Messages are those in the queue, and Done the answers that were given, by
	// request: that is all of the keeper.
	Messages []int                  `json:"messages,omitempty"`
	Done     map[uint64]call.Answer `json:"done,omitempty"`
	// Asked are the requests that other nodes wait for.
	Asked []Asked `json:"asked,omitempty"`
}

// Asked is a request that was sent to the keeper and not answered.
type Asked struct {
	Request  uint64 `json:"request"`
	Body     []byte `json:"body"`
	Attempts int    `json:"attempts"`
}

// Message asks the keeper, or answers.
type Message struct {
	Request uint64       `json:"request"`
	Body    []byte       `json:"body,omitempty"`
	Answer  *call.Answer `json:"answer,omitempty"`
}

// repeatTimer sends again what was not answered.
const repeatTimer = "repeat"

var _ actor.Actor[State, Message] = Actor{}

// node is one reaction of one node.
type node struct {
	actor.Context[Message]
	*State
	config Actor
}

// Request implements actor.Actor.
func (a Actor) Request(c actor.Context[Message], s *State, request uint64, body []byte) {
	n := node{c, s, a}
	if n.keeper() == n.Self() {
		n.Reply(request, n.once(request, body).Body())
		return
	}
	if len(n.Asked) == 0 {
		n.SetTimer(repeatTimer, a.repeat())
	}
	n.Asked = append(n.Asked, Asked{Request: request, Body: body, Attempts: 1})
	n.Send(n.keeper(), Message{Request: request, Body: body})
}

// Receive implements actor.Actor.
func (a Actor) Receive(c actor.Context[Message], s *State, from actor.ID, m Message) {
	n := node{c, s, a}
	if m.Answer != nil {
		n.answered(m.Request, *m.Answer)
		return
	}
	answer := n.once(m.Request, m.Body)
	n.Send(from, Message{Request: m.Request, Answer: &answer})
}

// once does what is asked, unless it was done: the number of a request is its name.
func (n node) once(request uint64, body []byte) call.Answer {
	if answer, done := n.Done[request]; done && !n.config.Repeats {
		return answer
	}
	r, err := call.Parse(body)
	if err != nil {
		return call.Refused("%v", err)
	}
	answer := n.do(r)
	if !n.config.Repeats {
		n.remember(request, answer)
	}
	n.persist(record{Request: request, Do: r})
	return answer
}

func (s *State) do(r call.Request) call.Answer {
	switch {
	case r.F == call.Send:
		s.Messages = append(s.Messages, r.Value)
		return call.Done()
	case r.F == call.Receive && len(s.Messages) == 0:
		return call.Done()
	case r.F == call.Receive:
		first := s.Messages[0]
		s.Messages = append([]int(nil), s.Messages[1:]...)
		return call.Valued(first)
	}
	return call.Unknown(r.F, "send, receive")
}

func (s *State) remember(request uint64, answer call.Answer) {
	if s.Done == nil {
		s.Done = make(map[uint64]call.Answer)
	}
	s.Done[request] = answer
}

// answered tells the client; a second answer finds nobody who waits.
func (n node) answered(request uint64, answer call.Answer) {
	place := slices.IndexFunc(n.Asked, func(a Asked) bool { return a.Request == request })
	if place < 0 {
		return
	}
	n.Asked = append(n.Asked[:place:place], n.Asked[place+1:]...)
	if len(n.Asked) == 0 {
		n.Asked = nil
		n.CancelTimer(repeatTimer)
	}
	n.Reply(request, answer.Body())
}

// Timer implements actor.Actor.
func (a Actor) Timer(c actor.Context[Message], s *State, _ string) {
	n := node{c, s, a}
	n.Asked = slices.DeleteFunc(n.Asked, func(asked Asked) bool { return asked.Attempts >= a.attempts() })
	for i := range n.Asked {
		n.Asked[i].Attempts++
		n.Send(n.keeper(), Message{Request: n.Asked[i].Request, Body: n.Asked[i].Body})
	}
	if len(n.Asked) == 0 {
		n.Asked = nil
		return
	}
	n.SetTimer(repeatTimer, a.repeat())
}

// keeper is the first of all nodes.
func (n node) keeper() actor.ID {
	keeper := n.Self()
	for _, p := range n.Peers() {
		keeper = min(keeper, p)
	}
	return keeper
}

func (a Actor) repeat() time.Duration {
	if a.Repeat > 0 {
		return a.Repeat
	}
	return 200 * time.Millisecond
}

func (a Actor) attempts() int {
	if a.Attempts > 0 {
		return a.Attempts
	}
	return 5
}
