package collection

import "github.com/assaykit/assay/checkers/linearizability/object"

// Pile are states that are piles of values: each is a value on another pile.
type Pile struct {
	states []plate
	on     map[plate]object.State
}

type plate struct {
	below object.State
	value int32
}

// NewPile is a Pile of which only Nothing is known.
func NewPile() *Pile {
	return &Pile{states: make([]plate, 1), on: map[plate]object.State{}}
}

// Add is a pile with a value on top.
func (p *Pile) Add(s object.State, value int32) object.State {
	top := plate{s, value}
	next, known := p.on[top]
	if !known {
		next = object.State(len(p.states))
		p.on[top] = next
		p.states = append(p.states, top)
	}
	return next
}

// First is the value on top.
func (p *Pile) First(s object.State) int32 { return p.states[s].value }

// Rest is the pile below it.
func (p *Pile) Rest(s object.State) object.State { return p.states[s].below }

// bytesPerPile is what a state takes in both tables.
const bytesPerPile = 8 + 32

// Bytes is about what the states occupy.
func (p *Pile) Bytes() int { return len(p.states) * bytesPerPile }
