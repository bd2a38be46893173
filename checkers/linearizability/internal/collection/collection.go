// Package collection is what queues, stacks and priority queues have in common:
// values are added, and one that the collection chooses is removed and returned.
// It reads their histories, brings them into normal form, and knows from when to
// when each value can have been there. Which value is removed first is not its
// business.
package collection

import (
	"fmt"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Words are the names of a collection's operations, and how to speak of them.
type Words struct {
	// Add and Remove are the F's of operations.
	Add, Remove []string
	// Name is what the collection is called. Added, Adding, Removed and Removing
	// are what an operation did or tried: "sent", "tried to send"; Taken is what
	// happened to a value that was removed.
	Name, Added, Adding, Removed, Removing, Taken string
}

// The anomalies, by the names that findings bear.
const (
	// Lost: a value that was certainly added was passed over and never returned.
	Lost = "lost"
	// Duplicated: a value was returned more often than it had been added.
	Duplicated = "duplicated"
	// Reordered: a value was returned before one that was to come first.
	Reordered = "reordered"
	// Phantom: a value was returned that nobody had added.
	Phantom = "phantom"
	// WrongEmpty: the collection was called empty, but was not.
	WrongEmpty = "wrong-empty"
)

// The classes of operations. Those on values follow, two for each.
const (
	// Blind is a removal of unknown outcome: it may have taken one value that
	// nobody saw.
	Blind int32 = iota
	// Empty is a removal that was told that there was nothing.
	Empty
	firstValue
)

func add(value int32) int32    { return firstValue + 2*value }
func remove(value int32) int32 { return firstValue + 2*value + 1 }

// Value is the value that a class is about, and whether it removed it. It is not
// ok for Blind and Empty.
func Value(class int32) (value int32, removed, ok bool) {
	return (class - firstValue) / 2, (class-firstValue)%2 == 1, class >= firstValue
}

// History is the history of one collection.
type History struct {
	Calls []history.Call
	words Words
	ops   []object.Op
	// values are what the numbers of values stand for.
	values []int
	// failed are the places of calls that would have added a value, but certainly
	// had no effect.
	failed map[int32]int
	// slots are places for byValue, one for each value, all 0 between its calls.
	slots []int32
}

// Open reads the calls of one collection. What had no effect is left out.
func Open(words Words, k history.KeyCalls) (*History, error) {
	h := &History{Calls: k.Calls, words: words, failed: map[int32]int{}}
	numbers := make(map[int]int32, len(k.Calls)/2)
	for i := range k.Calls {
		call := &k.Calls[i]
		class, err := h.parse(call, numbers)
		if err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("key", call.Key), err)
		}
		if call.Type == history.Fail {
			h.fail(class, i)
			continue
		}
		op := object.Op{Class: class, Start: call.Invoke, End: object.Never, Maybe: call.Type == history.Info, Call: i}
		if !op.Maybe {
			op.End = call.Complete
		}
		h.ops = append(h.ops, op)
	}
	h.slots = make([]int32, len(h.values))
	return h, nil
}

func (h *History) fail(class int32, call int) {
	if v, removed, ok := Value(class); ok && !removed {
		h.failed[v] = call
	}
}

func (h *History) parse(call *history.Call, numbers map[int]int32) (class int32, err error) {
	switch {
	case slices.Contains(h.words.Add, call.F):
		n, ok := call.In.Int()
		if !ok {
			return 0, fmt.Errorf("its value is %v, which is no integer", call.In)
		}
		return add(h.number(n, numbers)), nil
	case !slices.Contains(h.words.Remove, call.F):
		return 0, fmt.Errorf("a %s has no such operation", h.words.Name)
	case call.Type != history.OK:
		return Blind, nil
	case call.Out.IsNil():
		return Empty, nil
	}
	n, ok := call.Out.Int()
	if !ok {
		return 0, fmt.Errorf("it returned %v, which is neither an integer nor null", call.Out)
	}
	return remove(h.number(n, numbers)), nil
}

func (h *History) number(n int, numbers map[int]int32) int32 {
	v, known := numbers[n]
	if !known {
		v = int32(len(h.values))
		numbers[n] = v
		h.values = append(h.values, n)
	}
	return v
}

// Ops are the operations in the order of their starts.
func (h *History) Ops() []object.Op { return h.ops }

// Observer says that only who found nothing leaves everything as it was.
func (h *History) Observer(class int32) bool { return class == Empty }

// Verb tells what an operation did: "sent 17".
func (h *History) Verb(op object.Op) string {
	value, removed, about := Value(op.Class)
	switch {
	case op.Class == Empty:
		return fmt.Sprintf("was told that the %s was empty", h.words.Name)
	case !about:
		return h.words.Removing
	case removed:
		return fmt.Sprintf("%s %d", h.words.Removed, h.values[value])
	case op.Maybe || op.Inferred:
		return fmt.Sprintf("%s %d", h.words.Adding, h.values[value])
	}
	return fmt.Sprintf("%s %d", h.words.Added, h.values[value])
}

// Number is the integer that a value stands for.
func (h *History) Number(value int32) int { return h.values[value] }
