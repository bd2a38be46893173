package keyvalue

import (
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Strings are keys that hold strings, which are empty at first, without versions.
// Operations are
//
//   - put: of a string;
//   - append: of a string to what is there;
//   - get: Ok with the string; null is the empty one.
//
// A Fail had no effect, and an Info put or append may have had one at any later
// time, or never. There is no monitor: the general engine decides.
func Strings() object.Type {
	return object.Type{
		Name: "string-map", About: "a key that holds a string: put, append, get",
		Open: func(k history.KeyCalls) (object.Object, error) { return openText(k) },
	}
}

// text is the history of one string. Its states are the strings that it can hold,
// which are numbered as they come up.
type text struct {
	calls   []history.Call
	ops     []object.Op
	classes []edit
	numbers map[string]object.State
	states  []string
	bytes   int
}

// edit is what an operation did, with which string.
type edit struct {
	f    string
	text string
	// state is the number of the string that a put leaves or a get found.
	state object.State
}

var (
	_ object.Exact = (*text)(nil)
	_ object.Sized = (*text)(nil)
)

func openText(k history.KeyCalls) (*text, error) {
	t := &text{calls: k.Calls, numbers: map[string]object.State{}}
	t.number("")
	classes := map[edit]int32{}
	for i := range k.Calls {
		if err := t.add(i, classes); err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", k.Calls[i].Invoke, k.Calls[i].F, checkers.On("key", k.Key), err)
		}
	}
	return t, nil
}

func (t *text) add(i int, classes map[edit]int32) error {
	call := &t.calls[i]
	e, err := t.read(call)
	if err != nil || call.Type == history.Fail || e.f == "get" && call.Type != history.OK {
		return err
	}
	class, known := classes[e]
	if !known {
		class = int32(len(t.classes))
		classes[e] = class
		t.classes = append(t.classes, e)
	}
	op := object.Op{Class: class, Start: call.Invoke, End: call.Complete, Call: i}
	if call.Type == history.Info {
		op.End, op.Maybe = object.Never, true
	}
	t.ops = append(t.ops, op)
	return nil
}

func (t *text) read(call *history.Call) (e edit, err error) {
	value := call.In
	switch call.F {
	case "get":
		if value = call.Out; value.IsNil() || call.Type != history.OK {
			value = history.String("")
		}
	case "put", "append":
	default:
		return e, fmt.Errorf("a string has no such operation")
	}
	s, ok := value.Text()
	if !ok {
		return e, fmt.Errorf("its value is %v, which is no string", value)
	}
	e = edit{f: call.F, text: s}
	if call.F != "append" {
		e.state = t.number(s)
	}
	return e, nil
}

// bytesPerString is what a state costs beside the string.
const bytesPerString = 64

func (t *text) number(s string) object.State {
	n, known := t.numbers[s]
	if !known {
		n = object.State(len(t.states))
		t.numbers[s] = n
		t.states = append(t.states, s)
		t.bytes += bytesPerString + len(s)
	}
	return n
}

// Bytes is about what the states occupy.
func (t *text) Bytes() int { return t.bytes }

// Ops are the operations that had, or may have had, an effect, or found something.
func (t *text) Ops() []object.Op { return t.ops }

// Verb tells what an operation did.
func (t *text) Verb(op object.Op) string {
	e := &t.classes[op.Class]
	shown := history.String(e.text).String()
	tried := t.calls[op.Call].Type == history.Info
	switch {
	case e.f == "get":
		return "found " + shown
	case tried:
		return fmt.Sprintf("tried to %s %s", e.f, shown)
	case e.f == "put":
		return "put " + shown
	}
	return "appended " + shown
}

// Initial is the empty string.
func (t *text) Initial() object.State { return 0 }

// Step replaces or lengthens the string, or finds it.
func (t *text) Step(s object.State, class int32) (object.State, bool) {
	switch e := &t.classes[class]; e.f {
	case "get":
		return s, s == e.state
	case "put":
		return e.state, true
	default:
		return t.number(t.states[s] + e.text), true
	}
}

// Observer says that an operation only found something.
func (t *text) Observer(class int32) bool { return t.classes[class].f == "get" }

// Needs is the string that a get found.
func (t *text) Needs(class int32) (object.State, bool) {
	return t.classes[class].state, t.classes[class].f == "get"
}

// Leaves is the string that is there after a put or a get.
func (t *text) Leaves(class int32) (object.State, bool) {
	return t.classes[class].state, t.classes[class].f != "append"
}
