package counter

import (
	"fmt"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

var (
	_ object.Object = (*counter)(nil)
	_ object.Exact  = (*counter)(nil)
	_ object.Sized  = (*counter)(nil)
)

// numbers are the states of a counter, numbered as they come up.
type numbers struct {
	states map[int]object.State
	values []int
}

func newNumbers() *numbers {
	n := &numbers{states: map[int]object.State{}}
	n.state(0)
	return n
}

func (n *numbers) state(value int) object.State {
	s, known := n.states[value]
	if !known {
		s = object.State(len(n.values))
		n.states[value] = s
		n.values = append(n.values, value)
	}
	return s
}

// bytesPerState is what a state costs.
const bytesPerState = 48

// Bytes is about what the states occupy.
func (n *counter) Bytes() int { return bytesPerState * len(n.numbers.values) }

// Ops are the operations that had, or may have had, an effect, or found something.
func (n *counter) Ops() []object.Op { return n.ops }

// Initial is 0.
func (n *counter) Initial() object.State { return n.numbers.state(0) }

// Step adds, and compares with what was answered.
func (n *counter) Step(s object.State, class int32) (object.State, bool) {
	c := &n.classes[class]
	sum := n.numbers.values[s] + c.delta
	if c.told() && sum != c.number {
		return s, false
	}
	return n.numbers.state(sum), true
}

// Observer says that an operation only read.
func (n *counter) Observer(class int32) bool { return n.classes[class].kind == read }

// Needs is the number before, if the one after is known.
func (n *counter) Needs(class int32) (object.State, bool) {
	c := &n.classes[class]
	if !c.told() {
		return 0, false
	}
	return n.numbers.state(c.number - c.delta), true
}

// Leaves is the number after, if it is known.
func (n *counter) Leaves(class int32) (object.State, bool) {
	c := &n.classes[class]
	if !c.told() {
		return 0, false
	}
	return n.numbers.state(c.number), true
}

// Verb tells what an operation did.
func (n *counter) Verb(op object.Op) string {
	c := &n.classes[op.Class]
	switch {
	case c.kind == read:
		return fmt.Sprintf("read %d", c.number)
	case op.Maybe:
		return fmt.Sprintf("tried to add %d", c.delta)
	case c.kind == add:
		return fmt.Sprintf("added %d", c.delta)
	}
	return fmt.Sprintf("added %d and was answered %d", c.delta, c.number)
}
