// Package object says what the linearizability checker has to know of a data
// type: what an object of it answers if it is used by one client at a time, and
// whatever is known about judging its histories faster than by search. It judges
// nothing itself.
package object

import (
	"context"
	"math"

	"github.com/assaykit/assay/harness/history"
)

// Never is the end of an operation whose effect may come at any later time.
const Never = math.MaxInt

// Op is a call as a checker of one object sees it. Its times are places in the
// history, not nanoseconds: the recorder's order of lines is exact even where the
// clock stood still, and no two of them are equal, except for ends that were
// inferred.
type Op struct {
	// Class numbers what was done and what was answered. Operations of one class
	// differ in nothing but their times.
	Class      int32
	Start, End int
	// Maybe is set if nobody knows whether it happened at all; its End is Never.
	Maybe bool
	// Inferred is set if it was not acknowledged, but somebody saw its effect.
	Inferred bool
	// Call is its place among the object's calls.
	Call int
}

// Type is a data type.
type Type struct {
	// Name is how users choose it, and what one object is called in a sentence.
	Name string
	// Plural is Name with an s unless it is set.
	Plural string
	// About says in one line what an object does.
	About string
	// Whole is set if the keys of a history are parts of one object, rather than
	// objects of their own.
	Whole bool
	// Split splits calls into those of independent objects, if not by their keys.
	Split func([]history.Call) []history.KeyCalls
	// Open reads the calls of one object. An error names the call: "op 12 (read
	// of key "x"): ...".
	Open func(history.KeyCalls) (Object, error)
}

// Objects are the calls of a history, object by object. Linearizability holds for
// a history if it holds for each of its objects (Herlihy and Wing, 1990, theorem
// 1).
func (t Type) Objects(calls []history.Call) []history.KeyCalls {
	switch {
	case t.Split != nil:
		return t.Split(calls)
	case t.Whole:
		return []history.KeyCalls{{Calls: calls}}
	}
	return history.ByKey(calls)
}

// Many is what several objects of the type are called.
func (t Type) Many() string {
	if t.Plural != "" {
		return t.Plural
	}
	return t.Name + "s"
}

// State is a state of an object, numbered by its Spec.
type State int32

// Spec is a sequential specification.
type Spec interface {
	Initial() State
	// Step is the state that an operation of the class leaves behind. It is not ok
	// if the operation could not have been answered as it was in that state. An
	// operation of unknown outcome has a class that does not constrain its answer.
	Step(s State, class int32) (next State, ok bool)
	// Observer says that operations of the class leave every state as it is.
	Observer(class int32) bool
}

// Object is the history of one object. It is used by one goroutine at a time.
type Object interface {
	Spec
	// Ops are the operations in the order of their starts. What certainly had no
	// effect and tells nothing is left out, and so are observers of unknown
	// outcome. The caller does not change them.
	Ops() []Op
	// Verb tells what an operation did, after the name of its process: "read 17",
	// "tried to write 3", "was told that the queue was empty".
	Verb(op Op) string
}

// The following are implemented by objects that can do more.

// Exact is a Spec whose states are values that some classes need to find exactly,
// and that some classes leave behind whatever they found.
type Exact interface {
	// Needs is the only state in which an operation of the class can be answered
	// as it was, if there is only one.
	Needs(class int32) (State, bool)
	// Leaves is the state that an operation of the class leaves behind, if it is
	// always the same.
	Leaves(class int32) (State, bool)
}

// Normalizer is an object that can bring its operations into a normal form: fewer
// and more certain ones, which are linearizable if and only if the given ones are.
// Classes keep their meaning.
type Normalizer interface {
	Normal(ops []Op) []Op
}

// Outcome is how a decision ended; the zero value is that it did not.
type Outcome uint8

const (
	Undecided Outcome = iota
	Legal
	Illegal
	// TooBig is undecided for good: more time would not help.
	TooBig
)

// Monitor is an object that can decide about operations in normal form without a
// search, if a scan proves that they meet its preconditions; otherwise the outcome
// is Undecided. If Illegal, witness are the places in ops of a few operations
// that have no order by themselves, and without whose other operations the history
// would still be illegal: an order of all of ops would give one of these.
type Monitor interface {
	Monitor(ops []Op) (o Outcome, witness []int)
}

// Shrinker is an object that knows what may be taken away from an illegal history
// so that what is illegal afterwards was so before. Without it, only observers may
// go. going marks the operations that somebody wants to take away; Shrink clears
// marks of those that must stay and adds marks of those that must go with them.
type Shrinker interface {
	Shrink(ops []Op, going []bool)
}

// Account is a contradiction in words.
type Account struct {
	// Anomaly is its name in the field's terms: stale-read, lost, reordered.
	Anomaly string
	// Short is a clause for a verdict's reason.
	Short string
	// Text tells of operations, times, processes, of what was known before, and
	// why no order works.
	Text string
	// Culprits are the places of the operations that contradict each other.
	Culprits []int
}

// Explainer is an object that can say why a small illegal history is illegal; not
// ok if it has nothing better to say than that there is no order.
type Explainer interface {
	Explain(ops []Op) (a Account, ok bool)
}

// Fallback is an object that has another way to decide when the search has found
// no answer within its budget. It keeps to the same budget.
type Fallback interface {
	Decide(ctx context.Context, ops []Op, memory int) Outcome
}

// Sized is a Spec that tells how many bytes its states occupy, for the budget of
// memory.
type Sized interface {
	Bytes() int
}
