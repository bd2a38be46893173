// Package transaction is the value that a transaction has in a history: its
// micro-operations in order, each [f key value], as Jepsen and Elle write them.
// It says nothing of what a transaction promises.
package transaction

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/assaykit/assay/harness/history"
)

// F is the name of a transaction's operation in a history.
const F = "txn"

// Kind is what a micro-operation does.
type Kind uint8

const (
	// Read reads a register, or a list as a whole.
	Read Kind = iota
	// Write sets a register.
	Write
	// Append puts an element at the end of a list.
	Append
)

var names = [...]string{Read: "r", Write: "w", Append: "append"}

func (k Kind) String() string { return names[k] }

// Op is a micro-operation.
type Op struct {
	Kind Kind
	Key  string
	// Value is what a Write or Append puts, and what the Read of a register found.
	Value int
	// Found says that the Read of a register or list found anything; a list that
	// was found may still be empty.
	Found bool
	// List is what the Read of a list found, the oldest element first.
	List []int
}

// Value is the operations as a history holds them: [["r" key found-or-null]
// ["w" key value] ["append" key value]]. lists says that reads are of lists.
func Value(ops []Op, lists bool) history.Value {
	items := make([]history.Value, len(ops))
	for i, op := range ops {
		items[i] = history.List(history.String(op.Kind.String()), history.String(op.Key), op.value(lists))
	}
	return history.List(items...)
}

func (op Op) value(lists bool) history.Value {
	switch {
	case op.Kind != Read:
		return history.Int(op.Value)
	case !op.Found:
		return history.Value{}
	case lists:
		return history.Ints(op.List...)
	}
	return history.Int(op.Value)
}

// Parse reads what Value wrote, and what other tools did: keys may be integers.
// The error says which micro-operation is none.
func Parse(v history.Value) ([]Op, error) {
	items, ok := v.Items()
	if !ok && !v.IsNil() {
		return nil, fmt.Errorf("%v is no list of micro-operations [f key value]", v)
	}
	ops := make([]Op, len(items))
	for i, item := range items {
		op, err := parse(item)
		if err != nil {
			return nil, fmt.Errorf("micro-operation %d: %w", i+1, err)
		}
		ops[i] = op
	}
	return ops, nil
}

func parse(v history.Value) (op Op, err error) {
	parts, _ := v.Items()
	if len(parts) != 3 {
		return op, fmt.Errorf("%v is not of the form [f key value]", v)
	}
	if op.Kind, err = kind(parts[0]); err != nil {
		return op, err
	}
	if op.Key, err = key(parts[1]); err != nil {
		return op, err
	}
	number, isNumber := parts[2].Int()
	list, isList := parts[2].Items()
	switch {
	case isNumber:
		op.Value, op.Found = number, op.Kind == Read
	case op.Kind == Read && parts[2].IsNil():
	case op.Kind == Read && isList:
		op.Found = true
		op.List, err = integers(list)
	default:
		err = fmt.Errorf("%v: the value %v is none for %s", v, parts[2], op.Kind)
	}
	return op, err
}

func kind(v history.Value) (Kind, error) {
	text, _ := v.Text()
	for k, name := range names {
		if text == name {
			return Kind(k), nil
		}
	}
	return 0, fmt.Errorf("no micro-operation %v: there are r, w, append", v)
}

func key(v history.Value) (string, error) {
	if text, ok := v.Text(); ok {
		return text, nil
	}
	if n, ok := v.Int(); ok {
		return strconv.Itoa(n), nil
	}
	return "", fmt.Errorf("the key %v is neither a string nor an integer", v)
}

func integers(items []history.Value) ([]int, error) {
	list := make([]int, len(items))
	for i, item := range items {
		n, ok := item.Int()
		if !ok {
			return nil, fmt.Errorf("the element %v is no integer", item)
		}
		list[i] = n
	}
	return list, nil
}

// ReadOnly says whether the operations change nothing.
func ReadOnly(ops []Op) bool {
	return !slices.ContainsFunc(ops, func(op Op) bool { return op.Kind != Read })
}

// Of is what a call did: the operations that it was answered with, if it is certain, and
// otherwise those that it was invoked with. The error says so if the former are not the
// latter, but for what reads found: then nobody knows what it did.
func Of(call history.Call) ([]Op, error) {
	asked, err := Parse(call.In)
	if err != nil || call.Type != history.OK {
		return asked, err
	}
	done, err := Parse(call.Out)
	if err == nil && !slices.EqualFunc(asked, done, alike) {
		err = fmt.Errorf("%v was answered with %v: nobody knows what it did", call.In, call.Out)
	}
	return done, err
}

// alike says that both are the same read, whatever it found, or the same write.
func alike(asked, done Op) bool {
	return asked.Kind == done.Kind && asked.Key == done.Key && (asked.Kind == Read || asked.Value == done.Value)
}
