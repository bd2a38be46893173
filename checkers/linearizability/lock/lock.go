// Package lock judges mutexes and semaphores: no more owners at a time than there
// are permits, and nobody gives back what he does not have. It is exact in both
// directions, and needs no search where owners do one thing at a time. It says
// nothing of locks that end by themselves: see package lease.
//
// Operations are
//
//   - acquire: Ok once the owner holds the lock, or one more permit; whatever else
//     is answered is not looked at;
//   - release: Ok once it does not any more.
//
// The argument of both is the owner, a string or an integer; null is the process
// itself. A Fail had no effect and tells nothing: a lock may refuse although it is free.
// But an owner whose release is refused with history.Mismatch has been told that he does
// not hold the lock, and does not from then on. An Info acquire may hold the lock from
// any later time on, or never; an Info release may have given it back at any later time,
// or never. A release that is acknowledged although its owner held nothing is a
// violation. Locks are not re-entrant: a second permit for one owner is a permit.
package lock

import (
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Mutex is a lock that one owner can hold at a time.
func Mutex() object.Type {
	return object.Type{
		Name: "mutex", Plural: "mutexes", About: "a lock that one owner holds at a time: acquire, release",
		Open: func(k history.KeyCalls) (object.Object, error) {
			l, err := open(k, "mutex", 1)
			if err != nil {
				return nil, err
			}
			return &mutex{lock: l}, nil
		},
	}
}

// Semaphore has so many permits. An owner can have several of them.
func Semaphore(permits int) object.Type {
	return object.Type{
		Name: "semaphore", About: fmt.Sprintf("%s to be held at a time: acquire, release", checkers.Count(permits, "permit")),
		Open: func(k history.KeyCalls) (object.Object, error) {
			l, err := open(k, "semaphore", permits)
			if err != nil {
				return nil, err
			}
			return &semaphore{lock: l, Machine: newPermits(permits)}, nil
		},
	}
}

// lock is the history of one lock.
type lock struct {
	permits int
	calls   []history.Call
	ops     []object.Op
	owners  []owner
	// standings are how the owners stand while the history is read.
	standings []standing
}

// standing is what an owner certainly holds, as long as he does one thing at a time and
// all of it is known.
type standing struct {
	open, busyUntil int
	unsure          bool
}

// owner is who holds a lock: the one that a call names, or its process.
type owner struct {
	named   history.Kind // null for a process
	process int
	text    string
}

// Each owner has two classes of operations.
const (
	acquire int32 = iota
	release
	kinds
)

func ownerOf(class int32) int32    { return class / kinds }
func acquires(op *object.Op) bool  { return op.Class%kinds == acquire }
func classOf(owner, f int32) int32 { return owner*kinds + f }

func open(k history.KeyCalls, kind string, permits int) (*lock, error) {
	l := &lock{permits: permits, calls: k.Calls}
	numbers := map[owner]int32{}
	for i := range k.Calls {
		if err := l.add(i, numbers); err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", k.Calls[i].Invoke, k.Calls[i].F, checkers.On(kind, k.Key), err)
		}
	}
	return l, nil
}

func (l *lock) add(i int, numbers map[owner]int32) error {
	call := &l.calls[i]
	f := acquire
	switch call.F {
	case "acquire":
	case "release":
		f = release
	default:
		return fmt.Errorf("a lock has no such operation")
	}
	who, err := ownerIn(call)
	if err != nil || call.Type == history.Fail && !refused(call, f) {
		return err
	}
	number, known := numbers[who]
	if !known {
		number = int32(len(l.owners))
		numbers[who] = number
		l.owners, l.standings = append(l.owners, who), append(l.standings, standing{})
	}
	op := object.Op{Class: classOf(number, f), Start: call.Invoke, End: object.Never, Maybe: true, Call: i}
	if l.standings[number].certain(call, f) {
		op.End, op.Maybe = call.Complete, false
	}
	l.ops = append(l.ops, op)
	return nil
}

// certain says whether a call certainly had its effect. A release that was refused has
// one if its owner held something: whenever he lost it, he knows of it by now, and holds
// it no longer.
func (s *standing) certain(call *history.Call, f int32) bool {
	s.unsure = s.unsure || call.Type == history.Info || call.Invoke < s.busyUntil
	s.busyUntil = max(s.busyUntil, call.Complete)
	switch {
	case call.Type == history.Info:
		return false
	case f == acquire:
		s.open++
		return true
	case call.Type == history.OK:
		s.open = max(0, s.open-1)
		return true
	case s.unsure || s.open == 0:
		return false
	}
	s.open--
	return true
}

// refused says that the system told somebody who released a lock that he does not hold
// it.
func refused(call *history.Call, f int32) bool {
	return f == release && call.Error == history.Mismatch
}

func ownerIn(call *history.Call) (owner, error) {
	switch call.In.Kind() {
	case history.KindNil:
		return owner{process: call.Process}, nil
	case history.KindInt, history.KindString:
		return owner{named: call.In.Kind(), text: call.In.String()}, nil
	}
	return owner{}, fmt.Errorf("its owner is %v, which is neither a string nor an integer nor null", call.In)
}

// Ops are the operations that may have had an effect.
func (l *lock) Ops() []object.Op { return l.ops }

// Verb tells what an operation did.
func (l *lock) Verb(op object.Op) string {
	what, verb := "the lock", "acquired"
	if l.permits != 1 {
		what = "a permit"
	}
	if !acquires(&op) {
		verb = "released"
	}
	if l.calls[op.Call].Type != history.OK {
		verb = map[string]string{"acquired": "tried to acquire", "released": "tried to release"}[verb]
	}
	if who := l.owners[ownerOf(op.Class)]; who.named != history.KindNil {
		what += " as " + who.text
	}
	return verb + " " + what
}
