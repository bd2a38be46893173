package lock

import (
	"slices"
	"strconv"
	"strings"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// mutex is the history of a lock with one permit. Its states are its owners.
type mutex struct{ *lock }

var (
	_ object.Object = (*mutex)(nil)
	_ object.Exact  = (*mutex)(nil)
)

// free is the state of a mutex that nobody holds.
const free object.State = 0

func heldBy(class int32) object.State { return object.State(ownerOf(class)) + 1 }

// Initial is that nobody holds it.
func (m *mutex) Initial() object.State { return free }

// Step takes or gives back the mutex.
func (m *mutex) Step(s object.State, class int32) (object.State, bool) {
	needs, _ := m.Needs(class)
	leaves, _ := m.Leaves(class)
	return leaves, s == needs
}

// Observer is false: everything changes who holds it.
func (m *mutex) Observer(int32) bool { return false }

// Needs is that nobody holds it, or the one who gives it back.
func (m *mutex) Needs(class int32) (object.State, bool) {
	if class%kinds == acquire {
		return free, true
	}
	return heldBy(class), true
}

// Leaves is the opposite.
func (m *mutex) Leaves(class int32) (object.State, bool) {
	if class%kinds == acquire {
		return heldBy(class), true
	}
	return free, true
}

// semaphore is the history of a lock with several permits.
type semaphore struct {
	*lock
	*object.Machine
}

var _ object.Object = (*semaphore)(nil)

// newPermits are the states of a semaphore: who has a permit, in order, and as
// often as he has one.
func newPermits(most int) *object.Machine {
	return object.NewMachine("", func(state string, class int32) (string, bool) {
		holders := strings.Fields(state)
		who := strconv.Itoa(int(ownerOf(class)))
		at, holds := slices.BinarySearch(holders, who)
		switch {
		case class%kinds == acquire && len(holders) < most:
			return strings.Join(slices.Insert(holders, at, who), " "), true
		case class%kinds == release && holds:
			return strings.Join(slices.Delete(holders, at, at+1), " "), true
		}
		return "", false
	}, func(int32) bool { return false })
}
