package explore

import (
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/actor"
)

// turn is one reaction of an actor while it goes on: the actor.Context that
// collects what the actor asks for.
type turn[M any] struct {
	self  actor.ID
	peers []actor.ID
	// choices are what Choose is to answer; beyond them it answers 0. Drawn is what
	// it answered, and among how many.
	choices []int
	drawn   []draw
	effects []effect[M]
}

type draw struct{ chosen, among int }

type effectKind uint8

const (
	send effectKind = iota
	reply
	persist
	setTimer
	cancelTimer
)

// effect is one thing that an actor asked for.
type effect[M any] struct {
	kind    effectKind
	to      actor.ID
	message *M
	request uint64
	body    []byte
	timer   string
}

var _ actor.Context[int] = (*turn[int])(nil)

func (t *turn[M]) Self() actor.ID { return t.self }

// Peers is a copy, so that no actor can change it for others.
func (t *turn[M]) Peers() []actor.ID { return append([]actor.ID(nil), t.peers...) }

func (t *turn[M]) Send(to actor.ID, m M) {
	t.effects = append(t.effects, effect[M]{kind: send, to: to, message: &m})
}

func (t *turn[M]) Reply(request uint64, body []byte) {
	t.effects = append(t.effects, effect[M]{kind: reply, request: request, body: body})
}

func (t *turn[M]) Persist(record []byte) {
	t.effects = append(t.effects, effect[M]{kind: persist, body: record})
}

func (t *turn[M]) SetTimer(name string, _ time.Duration) {
	t.effects = append(t.effects, effect[M]{kind: setTimer, timer: name})
}

func (t *turn[M]) CancelTimer(name string) {
	t.effects = append(t.effects, effect[M]{kind: cancelTimer, timer: name})
}

// Choose follows the choices that were given to it.
func (t *turn[M]) Choose(n int) int {
	if n <= 0 {
		panic(fmt.Sprintf("Choose(%d): there is nothing to choose from", n))
	}
	chosen := 0
	if at := len(t.drawn); at < len(t.choices) {
		chosen = min(t.choices[at], n-1)
	}
	t.drawn = append(t.drawn, draw{chosen, n})
	return chosen
}

// clockError is panicked with by an actor that asks for the time.
type clockError string

func (t *turn[M]) Now() time.Duration       { panic(clockError("Now")) }
func (t *turn[M]) WallClock() time.Duration { panic(clockError("WallClock")) }

func (c clockError) Error() string {
	return string(c) + "() is asked for the time, which has no meaning where all orders of events are explored: set a timer, or count events"
}

// following are the choices that come after those that were drawn, like the next
// number of a counter whose digits have different bases; nil if they were the last.
func following(drawn []draw) []int {
	for at := len(drawn) - 1; at >= 0; at-- {
		if drawn[at].chosen+1 < drawn[at].among {
			next := make([]int, at+1)
			for i := range at {
				next[i] = drawn[i].chosen
			}
			next[at] = drawn[at].chosen + 1
			return next
		}
	}
	return nil
}
