// Package elements judges sets element by element: whether each element was there
// and was not there when its adds and removes say so. Sets whose reads answer all
// elements at once are judged by package checkers/set.
//
// The key is the set, and the value of an operation the element, an integer or a
// string. Operations are
//
//   - add: Ok with true if that changed the set, and with false, or a Fail that is
//     history.Mismatch, if the element was there already; any other Ok leaves that
//     open;
//   - remove: likewise, where false is that the element was not there;
//   - contains: Ok with whether the element was there.
//
// Every other Fail had no effect and tells nothing. An Info add or remove may have
// had an effect at any later time, or never.
//
// What happens to one element is independent of all others, so that each is an
// object of its own (Herlihy and Wing, 1990, theorem 1): a register that holds
// whether the element is there. There is no monitor of its own: with two states,
// and with operations that say which one they need, the general engine has little
// to choose from.
package elements

import (
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Type is a set that is judged element by element.
func Type() object.Type {
	return object.Type{
		Name: "element", About: "one element of a set: add, remove, contains",
		Split: split,
		Open:  func(k history.KeyCalls) (object.Object, error) { return open(k) },
	}
}

// identity tells elements apart.
type identity struct {
	set    string
	kind   history.Kind
	number int
	text   string
}

// split gathers the calls about each element. Calls about what can be no element
// come together, for open to complain about.
func split(calls []history.Call) []history.KeyCalls {
	var elements []history.KeyCalls
	var counts []int
	of := make([]int32, len(calls)) // the element that each call is about
	places := map[identity]int32{}
	for i := range calls {
		id := identityOf(&calls[i])
		at, known := places[id]
		if !known {
			at = int32(len(elements))
			places[id] = at
			elements, counts = append(elements, history.KeyCalls{Key: name(calls[i])}), append(counts, 0)
		}
		of[i] = at
		counts[at]++
	}
	room := make([]history.Call, len(calls))
	for at, n := range counts {
		elements[at].Calls, room = room[:0:n], room[n:]
	}
	for i, at := range of {
		elements[at].Calls = append(elements[at].Calls, calls[i])
	}
	return elements
}

func identityOf(call *history.Call) identity {
	id := identity{set: call.Key, kind: call.In.Kind()}
	id.number, _ = call.In.Int()
	id.text, _ = call.In.Text()
	return id
}

func name(call history.Call) string {
	if call.Key == "" {
		return call.In.String()
	}
	return call.Key + "/" + call.In.String()
}

// What an operation did and found.
const (
	add     int32 = iota // whatever was there before
	added                // and it was not there before
	remove               // whatever was there before
	removed              // and it was there before
	present              // found it there
	absent               // did not find it there
)

// element is the history of one element.
type element struct {
	calls []history.Call
	ops   []object.Op
}

func open(k history.KeyCalls) (*element, error) {
	e := &element{calls: k.Calls}
	for i := range k.Calls {
		if err := e.add(i); err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", k.Calls[i].Invoke, k.Calls[i].F, checkers.On("set", k.Calls[i].Key), err)
		}
	}
	return e, nil
}

func (e *element) add(i int) error {
	call := &e.calls[i]
	if kind := call.In.Kind(); kind != history.KindInt && kind != history.KindString {
		return fmt.Errorf("its element is %v, which is neither an integer nor a string", call.In)
	}
	class, keep, err := classOf(call)
	if err != nil || !keep {
		return err
	}
	op := object.Op{Class: class, Start: call.Invoke, End: call.Complete, Call: i}
	if call.Type == history.Info {
		op.End, op.Maybe = object.Never, true
	}
	e.ops = append(e.ops, op)
	return nil
}

// classOf is what a call did and found, and whether it tells anything.
func classOf(call *history.Call) (class int32, keep bool, err error) {
	switch call.F {
	case "add":
		return changeOf(call, add, added, present)
	case "remove":
		return changeOf(call, remove, removed, absent)
	case "contains":
		found, told := call.Out.Bool()
		if call.Type == history.OK && !told {
			return 0, false, fmt.Errorf("it was answered %v, which is neither true nor false", call.Out)
		}
		if found {
			return present, call.Type == history.OK, nil
		}
		return absent, call.Type == history.OK, nil
	}
	return 0, false, fmt.Errorf("a set has no such operation")
}

// changeOf is which of three classes a change is: it is not known whether it found
// anything to do, it did, or it did not.
func changeOf(call *history.Call, open, changed, idle int32) (class int32, keep bool, err error) {
	found, told := call.Out.Bool()
	switch {
	case call.Type == history.Fail:
		return idle, call.Error == history.Mismatch, nil
	case call.Type == history.Info || !told:
		return open, true, nil
	case found:
		return changed, true, nil
	}
	return idle, true, nil
}

// Ops are the operations that had, or may have had, an effect, or found something.
func (e *element) Ops() []object.Op { return e.ops }

// Verb tells what an operation did.
func (e *element) Verb(op object.Op) string {
	call := &e.calls[op.Call]
	if op.Maybe || call.Type == history.Info {
		return fmt.Sprintf("tried to %s %v", call.F, call.In)
	}
	switch op.Class {
	case add, added:
		return fmt.Sprintf("added %v", call.In)
	case remove, removed:
		return fmt.Sprintf("removed %v", call.In)
	case present:
		return fmt.Sprintf("was told that %v was there", call.In)
	}
	return fmt.Sprintf("was told that %v was not there", call.In)
}

// The states of an element.
const (
	out object.State = iota
	in
)

// Initial is that the element is not there.
func (e *element) Initial() object.State { return out }

// Step adds, removes, or only looks.
func (e *element) Step(s object.State, class int32) (object.State, bool) {
	if needs, one := e.Needs(class); one && needs != s {
		return s, false
	}
	if leaves, one := e.Leaves(class); one {
		return leaves, true
	}
	return s, true
}

// Observer says that an operation only looked.
func (e *element) Observer(class int32) bool { return class == present || class == absent }

// Needs is whether the element has to be there, for classes that tell.
func (e *element) Needs(class int32) (object.State, bool) {
	switch class {
	case removed, present:
		return in, true
	case added, absent:
		return out, true
	}
	return 0, false
}

// Leaves is whether the element is there afterwards.
func (e *element) Leaves(class int32) (object.State, bool) {
	switch class {
	case add, added, present:
		return in, true
	}
	return out, true
}
