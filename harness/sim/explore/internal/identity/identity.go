// Package identity tells values of plain Go types apart: it writes a value as
// bytes that are equal if and only if the values are, copies it with everything
// it refers to, and says in words what it is and where two values differ. Types
// need no methods for this; those that have no identity, such as functions and
// channels, are rejected.
//
// A nil slice or map is another value than an empty one, as programs can tell them
// apart. A value is a tree: what two pointers share is written twice.
package identity

import (
	"fmt"
	"reflect"
	"sync"
	"unsafe"
)

// Of is the identity of the values of one type.
type Of[T any] struct{ plan *plan }

// New prepares a type. The error names the part of it that has no identity.
func New[T any]() (Of[T], error) {
	p, err := planOf(reflect.TypeFor[T]())
	return Of[T]{p}, err
}

// Append writes a value. The error is about values that no bytes can stand for:
// a NaN, a cycle of pointers, or an interface that holds a type without identity.
func (o Of[T]) Append(to []byte, v *T) (bytes []byte, err error) {
	defer recoverFlaw(&err)
	w := writer{to: to}
	o.plan.write(&w, unsafe.Pointer(v))
	return w.to, nil
}

// Copy makes a value that shares no memory with v. It must have been written before.
func (o Of[T]) Copy(v *T) *T {
	c := new(T)
	*c = *v
	o.plan.ownAt(unsafe.Pointer(c))
	return c
}

// Flat says that the bytes of a value in memory are its identity.
func (o Of[T]) Flat() bool { return o.plan.flat() }

// flaw is what is wrong with a type or a value. It is panicked with inside of
// this package.
type flaw struct{ text string }

func (f flaw) Error() string { return f.text }

func recoverFlaw(err *error) {
	switch p := recover().(type) {
	case nil:
	case flaw:
		*err = p
	default:
		panic(p)
	}
}

// plan is how the values of a type are written and copied.
type plan struct {
	of reflect.Type
	// raw is set if the bytes in memory say it all: no references, no padding, and
	// no floating point.
	raw bool
	// write writes the value at an address; own replaces everything that it refers
	// to by copies. Own is nil for values without references.
	write func(w *writer, at unsafe.Pointer)
	own   func(at unsafe.Pointer)
}

func (p *plan) flat() bool { return p.raw }

// mostDepth is how deeply references may be nested. It is there for cycles.
const mostDepth = 10_000

type writer struct {
	to    []byte
	depth int
}

func (w *writer) descend(t reflect.Type) {
	if w.depth++; w.depth > mostDepth {
		panic(flaw{fmt.Sprintf("a %v refers to itself, or is nested more than %d deep", t, mostDepth)})
	}
}

// plans are those made so far. They depend on nothing but their types.
var plans struct {
	sync.Mutex
	of map[reflect.Type]*plan
}

func planOf(t reflect.Type) (p *plan, err error) {
	plans.Lock()
	defer plans.Unlock()
	if plans.of == nil {
		plans.of = make(map[reflect.Type]*plan)
	}
	made := make(map[reflect.Type]*plan)
	defer recoverFlaw(&err)
	p = (&planner{made}).plan(t, t.String())
	for t, p := range made {
		plans.of[t] = p
	}
	return p, nil
}
