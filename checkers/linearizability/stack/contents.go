package stack

import (
	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

// contents are the states of a stack: each is a value on another state.
type contents struct {
	states []plate
	on     map[plate]object.State
}

type plate struct {
	below object.State
	value int32
}

func newContents() *contents {
	return &contents{states: make([]plate, 1), on: map[plate]object.State{}}
}

// Add is a state with a value on top.
func (c *contents) Add(s object.State, value int32) object.State {
	p := plate{s, value}
	next, known := c.on[p]
	if !known {
		next = object.State(len(c.states))
		c.on[p] = next
		c.states = append(c.states, p)
	}
	return next
}

// First is the value on top.
func (c *contents) First(s object.State) int32 { return c.states[s].value }

// Rest is the state below it.
func (c *contents) Rest(s object.State) object.State { return c.states[s].below }

var _ collection.Contents = (*contents)(nil)

// bytesPerState is what a state takes in both tables.
const bytesPerState = 8 + 32

// Bytes is about what the states occupy.
func (c *contents) Bytes() int { return len(c.states) * bytesPerState }
