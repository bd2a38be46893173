package object

// Machine is a Spec made of a function on states that are written as strings. Each
// state is stored once, and each step is computed once.
type Machine struct {
	step     func(state string, class int32) (next string, ok bool)
	observer func(class int32) bool
	numbers  map[string]State
	states   []string
	steps    map[transition]State
	bytes    int
}

type transition struct {
	from  State
	class int32
}

// refused is the result of a step that is not possible.
const refused State = -1

// NewMachine is a machine with an initial state. Equal states have to be written
// as equal strings.
func NewMachine(initial string, step func(state string, class int32) (next string, ok bool), observer func(class int32) bool) *Machine {
	m := &Machine{step: step, observer: observer, numbers: map[string]State{}, steps: map[transition]State{}}
	m.number(initial)
	return m
}

// Initial is the state that the machine was made with.
func (m *Machine) Initial() State { return 0 }

// Observer says that operations of the class leave every state as it is.
func (m *Machine) Observer(class int32) bool { return m.observer(class) }

// Step takes a step, or remembers it.
func (m *Machine) Step(s State, class int32) (State, bool) {
	t := transition{s, class}
	next, known := m.steps[t]
	if !known {
		next = refused
		if state, ok := m.step(m.states[s], class); ok {
			next = m.number(state)
		}
		m.steps[t] = next
		m.bytes += bytesPerStep
	}
	return next, next != refused
}

func (m *Machine) number(state string) State {
	s, known := m.numbers[state]
	if !known {
		s = State(len(m.states))
		m.numbers[state] = s
		m.states = append(m.states, state)
		m.bytes += bytesPerState + len(state)
	}
	return s
}

// What a step and a state cost in the tables, beside the text.
const (
	bytesPerStep  = 40
	bytesPerState = 64
)

// Bytes is about what the tables occupy.
func (m *Machine) Bytes() int { return m.bytes }

// State is the text of a state, for people.
func (m *Machine) State(s State) string { return m.states[s] }
