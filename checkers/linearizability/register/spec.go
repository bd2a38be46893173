package register

import (
	"fmt"

	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

const (
	// notFound is what a register holds before the first write.
	notFound object.State = 0
	// unnamed stands for any value that nobody asks about: see merge.
	unnamed object.State = 1
)

// values are numbered, so that tables replace maps. Integers between 0 and the
// number of operations, which most are, are looked up without a map too.
type values struct {
	// is the integer that a number stands for.
	is    []int
	small []object.State
	large map[int]object.State
}

func newValues(operations int) values {
	return values{is: make([]int, 2, 2+operations/2), small: make([]object.State, 0, operations), large: map[int]object.State{}}
}

func (v *values) number(n int) object.State {
	if n >= 0 && n < 2*len(v.is)+1024 {
		return v.numberSmall(n)
	}
	number, known := v.large[n]
	if !known {
		number = v.add(n)
		v.large[n] = number
	}
	return number
}

func (v *values) numberSmall(n int) object.State {
	if number, known := v.large[n]; known {
		return number
	}
	for n >= len(v.small) {
		v.small = append(v.small, notFound)
	}
	if v.small[n] == notFound {
		v.small[n] = v.add(n)
	}
	return v.small[n]
}

func (v *values) add(n int) object.State {
	v.is = append(v.is, n)
	return object.State(len(v.is) - 1)
}

// name is a value for people.
func (v *values) name(s object.State) string {
	switch s {
	case notFound:
		return "not found"
	case unnamed:
		return "a value that nobody found"
	}
	return fmt.Sprint(v.is[s])
}

// Initial is the state of a register that is not found.
func (r *register) Initial() object.State { return notFound }

// Step is the sequential specification.
func (r *register) Step(s object.State, class int32) (object.State, bool) {
	switch a := &r.acts[class]; a.kind {
	case read:
		return s, s == a.old
	case mismatch:
		return s, s != a.old
	case swap:
		return a.new, s == a.old
	case add:
		return r.sum(s, r.is[a.new]), true
	default:
		return a.new, true
	}
}

// Observer says that operations of the class leave every value as it is.
func (r *register) Observer(class int32) bool { return r.acts[class].pure() }

// Needs is the only value in which operations of the class could be answered as
// they were.
func (r *register) Needs(class int32) (object.State, bool) { return r.acts[class].found() }

// Leaves is the value that operations of the class leave behind.
func (r *register) Leaves(class int32) (object.State, bool) { return r.acts[class].left() }

// Refuses is the only value in which operations of the class could not be answered
// as they were.
func (r *register) Refuses(class int32) (object.State, bool) {
	return r.acts[class].old, r.acts[class].kind == mismatch
}

// Bytes is about what the values occupy that are not in the history, but sums that
// a search came upon.
func (r *register) Bytes() int {
	const perValue = 50
	return perValue * (len(r.is) - r.told)
}

// Verb tells what an operation did.
func (r *register) Verb(op object.Op) string {
	a, call := r.act(&op), &r.calls[op.Call]
	tried := call.Type == history.Info
	switch {
	case call.F == "add":
		return r.verbOfAdd(call, tried)
	case a.kind == read && a.old == notFound:
		return "found nothing"
	case a.kind == read:
		return "read " + r.name(a.old)
	case a.kind == mismatch:
		return "was told that the register did not hold " + r.name(a.old)
	case a.kind == write && tried:
		return fmt.Sprintf("tried to write %v", call.In)
	case a.kind == write:
		return fmt.Sprintf("wrote %v", call.In)
	case tried:
		return fmt.Sprintf("tried to replace %s by %s", r.name(a.old), r.name(a.new))
	}
	return fmt.Sprintf("replaced %s by %s", r.name(a.old), r.name(a.new))
}

func (r *register) verbOfAdd(call *history.Call, tried bool) string {
	n := call.In
	if items, is := n.Items(); is {
		n = items[0]
	}
	_, tells := call.In.Int()
	switch {
	case tried:
		return fmt.Sprintf("tried to add %v", n)
	case tells && call.Out.IsNil():
		return fmt.Sprintf("added %v and found nothing there before", n)
	case tells:
		return fmt.Sprintf("added %v to %v", n, call.Out)
	}
	return fmt.Sprintf("added %v", n)
}
