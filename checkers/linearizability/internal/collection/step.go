package collection

import "github.com/assaykit/assay/checkers/linearizability/object"

// Contents are the states of a collection, the empty one of which is Nothing.
type Contents interface {
	// Add is the state with one more value.
	Add(s object.State, value int32) object.State
	// First is the value that is to be removed next from a state that is not
	// Nothing.
	First(s object.State) int32
	// Rest is what is left without it.
	Rest(s object.State) object.State
}

// Nothing is the state of an empty collection.
const Nothing object.State = 0

// Step is the specification of all collections. A removal of unknown outcome takes
// what there is to take.
func Step(c Contents, s object.State, class int32) (next object.State, ok bool) {
	value, removed, about := Value(class)
	switch {
	case about && !removed:
		return c.Add(s, value), true
	case class == Empty || s == Nothing:
		return s, !about && s == Nothing
	case about && c.First(s) != value:
		return s, false
	}
	return c.Rest(s), true
}
