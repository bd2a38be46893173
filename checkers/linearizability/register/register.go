// Package register judges registers: one integer that is read, written, replaced
// and added to. It is exact in both directions, and needs no search where values
// are not written twice.
//
// Operations are
//
//   - read: Ok with an integer, or null if the register is not found, which it is
//     not before it is first written;
//   - write: of an integer;
//   - cas: of [old, new]. Ok means that it was swapped. A Fail whose Error is
//     history.Mismatch says that the register did not hold old at some moment of
//     the call;
//   - add: of an integer, Ok with what the register held before (fetch-and-add), or
//     null if it was not found, which counts as 0; or of [integer], Ok without an
//     answer. Sums wrap around at 64 bits.
//
// Every other Fail had no effect. An Info may have happened at any later time, or
// never.
//
// Where each value that was found can have been left by one operation only, all
// operations on a value stand together in every order, and so do all those on
// values that were replaced by one another: they are blocks, and whether blocks
// have an order can be seen from their first ends and last starts (Gibbons and
// Korach, Testing Shared Memories, 1997): see Monitor. Everything else is left to
// the search.
package register

import (
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Type is the data type.
func Type() object.Type {
	return object.Type{
		Name: "register", About: "an integer: read, write, cas (compare-and-set), add (fetch-and-add)",
		Open: func(k history.KeyCalls) (object.Object, error) { return open(k) },
	}
}

type kind uint8

const (
	read kind = iota
	write
	// swap is a compare-and-set that swapped, or an addition that told what there
	// was before.
	swap
	// mismatch is a compare-and-set that was answered "not equal": it observed
	// that the register did not hold a value.
	mismatch
	// add is an addition without an answer.
	add
)

// act is what operations of a class did.
type act struct {
	kind kind
	// old is what a read or a swap found, or what a mismatch did not, and new what
	// a write or a swap left behind. For an addition, new is the number of what was
	// added, as if it were a value.
	old, new object.State
}

// pure acts leave the register as it is.
func (a *act) pure() bool { return a.kind == read || a.kind == mismatch }

// found is the value that the register must have held, if there is one.
func (a *act) found() (object.State, bool) { return a.old, a.kind == read || a.kind == swap }

// left is the value that the register holds afterwards, if that is known.
func (a *act) left() (object.State, bool) { return a.new, a.kind == write || a.kind == swap }

// register is the history of one register.
type register struct {
	calls []history.Call
	ops   []object.Op
	// acts are the classes of operations, and numbers those that are not found in
	// byValue.
	acts    []act
	numbers map[act]int32
	// byValue are the classes of the read, the write and the mismatch of a value,
	// and of the first swap that left it, from 1; 0 if there is none yet.
	byValue [][4]int32
	values
	// told is how many values the history tells of.
	told int
	// adds is set if there are additions without an answer: they may leave values
	// of which nobody tells.
	adds bool
	// failed are the places of calls that would have left a value, but certainly
	// had no effect.
	failed map[object.State]int
}

// open reads the calls of one key. What had no effect and tells nothing is left
// out: failed operations other than a mismatch, and reads without an answer.
func open(k history.KeyCalls) (*register, error) {
	r := &register{calls: k.Calls, ops: make([]object.Op, 0, len(k.Calls)), acts: make([]act, 0, len(k.Calls)),
		numbers: map[act]int32{}, values: newValues(len(k.Calls)), failed: map[object.State]int{}}
	for i := range k.Calls {
		call := &k.Calls[i]
		a, keep, err := r.parse(call)
		if err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("key", call.Key), err)
		}
		switch {
		case call.Type == history.Fail && a.kind != mismatch:
			r.fail(a, i)
		case keep:
			r.keep(a, i)
		}
	}
	r.told = len(r.is)
	return r, nil
}

func (r *register) fail(a act, call int) {
	if v, known := a.left(); known {
		r.failed[v] = call
	}
}

func (r *register) keep(a act, i int) {
	call := &r.calls[i]
	op := object.Op{Class: r.class(a), Start: call.Invoke, End: object.Never, Maybe: true, Call: i}
	if call.Type != history.Info {
		op.End, op.Maybe = call.Complete, false
	}
	r.adds = r.adds || a.kind == add
	r.ops = append(r.ops, op)
}

// parse reads one call, and says whether it matters.
func (r *register) parse(call *history.Call) (a act, keep bool, err error) {
	switch call.F {
	case "read":
		return r.parseRead(call)
	case "write":
		n, ok := call.In.Int()
		if !ok {
			return a, false, fmt.Errorf("it writes %v, which is no integer", call.In)
		}
		return act{kind: write, new: r.number(n)}, true, nil
	case "cas":
		return r.parseCompareAndSet(call)
	case "add":
		return r.parseAdd(call)
	}
	return a, false, fmt.Errorf("a register has no such operation")
}

func (r *register) parseRead(call *history.Call) (a act, keep bool, err error) {
	if call.Type != history.OK {
		return act{kind: read}, false, nil
	}
	old, ok := r.answer(call.Out)
	if !ok {
		return a, false, fmt.Errorf("it read %v, which is neither an integer nor null", call.Out)
	}
	return act{kind: read, old: old}, true, nil
}

// parseCompareAndSet reads [old, new]. Where both are the same, nothing is
// changed: it was a read, or, with an unknown outcome, nothing at all.
func (r *register) parseCompareAndSet(call *history.Call) (a act, keep bool, err error) {
	items, _ := call.In.Items()
	if len(items) != 2 {
		return a, false, fmt.Errorf("its argument is %v, not [old new]", call.In)
	}
	before, ok1 := items[0].Int()
	after, ok2 := items[1].Int()
	if !ok1 || !ok2 {
		return a, false, fmt.Errorf("its argument is %v, not two integers", call.In)
	}
	old, new := r.number(before), r.number(after)
	switch {
	case call.Type == history.Fail && call.Error == history.Mismatch:
		return act{kind: mismatch, old: old}, true, nil
	case old == new:
		return act{kind: read, old: old}, call.Type == history.OK, nil
	}
	return act{kind: swap, old: old, new: new}, true, nil
}

// parseAdd reads n, or [n] if there is no answer. One that was answered is a swap,
// for the answer says what it left behind; or a read, if nothing was added.
func (r *register) parseAdd(call *history.Call) (a act, keep bool, err error) {
	n, tells := call.In.Int()
	if items, _ := call.In.Items(); len(items) == 1 && !tells {
		n, tells = items[0].Int()
		if !tells {
			return a, false, fmt.Errorf("it adds %v, which is no integer", items[0])
		}
		return act{kind: add, new: r.number(n)}, true, nil
	}
	if !tells {
		return a, false, fmt.Errorf("it adds %v, which is neither an integer nor [integer]", call.In)
	}
	if call.Type != history.OK {
		return act{kind: add, new: r.number(n)}, true, nil
	}
	old, ok := r.answer(call.Out)
	if !ok {
		return a, false, fmt.Errorf("it found %v, which is neither an integer nor null", call.Out)
	}
	if new := r.sum(old, n); new != old {
		return act{kind: swap, old: old, new: new}, true, nil
	}
	return act{kind: read, old: old}, true, nil
}

// answer is the value that a call found.
func (r *register) answer(out history.Value) (v object.State, ok bool) {
	if out.IsNil() {
		return notFound, true
	}
	n, ok := out.Int()
	if !ok {
		return 0, false
	}
	return r.number(n), true
}

// sum is a value with a number added.
func (r *register) sum(v object.State, by int) object.State {
	if v == notFound {
		return r.number(by)
	}
	return r.number(r.is[v] + by)
}

// class is the number of an act.
func (r *register) class(a act) int32 {
	if a.kind == add {
		return r.rareClass(a)
	}
	v := a.new
	if a.pure() {
		v = a.old
	}
	for int(v) >= len(r.byValue) {
		r.byValue = append(r.byValue, [4]int32{})
	}
	class := &r.byValue[v][a.kind]
	if *class == 0 {
		*class = r.newClass(a) + 1
	}
	if r.acts[*class-1] != a { // another swap to the same value
		return r.rareClass(a)
	}
	return *class - 1
}

func (r *register) rareClass(a act) int32 {
	n, known := r.numbers[a]
	if !known {
		n = r.newClass(a)
		r.numbers[a] = n
	}
	return n
}

func (r *register) newClass(a act) int32 {
	r.acts = append(r.acts, a)
	return int32(len(r.acts) - 1)
}

func (r *register) act(op *object.Op) *act { return &r.acts[op.Class] }

// Ops are the operations that may have had an effect, or observed something.
func (r *register) Ops() []object.Op { return r.ops }
