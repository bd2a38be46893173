package explore

import (
	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// space is what a search walks through. V is how it stores a state.
type space[V any] interface {
	// expander is one goroutine's way into the space.
	expander() expander[V]
	// judged are the properties that states are judged by.
	judged() []judged
	// lanes are the names of all that take part.
	lanes() (nodes, clients []string)
	// figures are those that only the space knows.
	figures() (reactions, locals int)
}

// judged is a property as the search sees it.
type judged struct {
	name string
	kind Kind
}

// expander knows the states of a space.
type expander[V any] interface {
	// initial reaches all initial states.
	initial(o *out[V])
	// expand reaches all successors of a state.
	expand(v V, fingerprint uint64, o *out[V])
	// judge tells of what a state violates, or shows to be possible.
	judge(v V, o *out[V])
	// holds asks one property about a state.
	holds(property int, v V) error
	// identity appends what tells a state from all others.
	identity(to []byte, v V) []byte
	// describe tells of the step from one state to another.
	describe(from V, a act, to V) Step
	// attempt tells of a step that came to no state.
	attempt(from V, a act) Step
	// start tells of an initial state.
	start(v V) Step
	// explain gives a violated property of histories its verdict.
	explain(property int, h *history.History) *checkers.Verdict
	// due are the steps that weak fairness promises in a state: what does not stay
	// possible for ever without being done. Each has a number of its own.
	due(v V) []uint64
}

// act numbers a step among those of a state, and says whether it is a fault, which
// never has to happen.
type act struct {
	fault bool
	// due is the number by which weak fairness knows the step; 0 if it does not.
	due    uint64
	kind   Action
	what   uint32
	branch int
}
