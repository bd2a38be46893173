package explore

import "fmt"

// Kind is what is asked of the states.
type Kind int

const (
	// AlwaysKind: every state satisfies it.
	AlwaysKind Kind = iota
	// SometimesKind: some state does.
	SometimesKind
	// EventuallyKind: every run comes to a state that does.
	EventuallyKind
	// HistoryKind: what clients saw keeps a promise, in every state.
	HistoryKind
)

// String is the word for people.
func (k Kind) String() string {
	switch k {
	case AlwaysKind:
		return "always"
	case SometimesKind:
		return "sometimes"
	case EventuallyKind:
		return "eventually"
	case HistoryKind:
		return "history"
	}
	return fmt.Sprintf("kind %d", int(k))
}

// Property is something to judge states by. V is the state of a Model, or the View
// of a System. What it computes depends on nothing but the state, which it does not
// change; several goroutines call it at the same time.
type Property[V any] struct {
	name  string
	kind  Kind
	holds func(V) error
}

// Always is violated by a state for which check returns an error.
func Always[V any](name string, check func(V) error) Property[V] {
	return Property[V]{name, AlwaysKind, check}
}

// Sometimes asks that a state be reachable: without it, all that is said about
// what happens always may be true of a system that does nothing.
func Sometimes[V any](name string, is func(V) bool) Property[V] {
	return Property[V]{name, SometimesKind, unless(is)}
}

// Eventually asks that every run comes to a state that satisfies it, whatever
// comes after. A run that ends before, or that goes round in a circle for ever,
// violates it. Runs that are cut off by a boundary or a limit prove nothing.
func Eventually[V any](name string, is func(V) bool) Property[V] {
	return Property[V]{name, EventuallyKind, unless(is)}
}

// errNot is what a condition that does not hold says.
var errNot = fmt.Errorf("it is not")

func unless[V any](is func(V) bool) func(V) error {
	return func(v V) error {
		if is(v) {
			return nil
		}
		return errNot
	}
}

// judge asks a property about a state. A panic of the property is its error.
func (p Property[V]) judge(v V) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the property %q panicked: %v", p.name, r)
		}
	}()
	return p.holds(v)
}
