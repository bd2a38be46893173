package appendlist

import (
	"fmt"
	"math"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/numbering"
	"github.com/assaykit/assay/harness/history"
)

// none is no call, and never the place of what does not come.
const (
	none  = -1
	never = math.MaxInt
)

// list is the history of one list. Calls, elements and reads are named by their
// places in it, and times are places in the whole history, which are exact and all
// different.
type list struct {
	name     string
	calls    []history.Call
	elements []element
	reads    []reading
	// longest is the sound read with most elements, none if there is no sound read.
	longest int
}

// reading is a read that was answered, in the order of their invocations.
type reading struct {
	call     int
	elements []int32
	// sound reads have no element that was made up or too often.
	sound bool
	// from is the earliest time at which it can have taken effect, and newest the
	// element that was appended last of all it read, or none.
	from, newest int
	// common is how many elements it shares with the beginning of the longest read.
	common int
}

// element is what happened to one element of a list.
type element struct {
	value int
	// append is the first append that may have happened, failed one that certainly
	// had no effect, and acked the one that was acknowledged first; each none if
	// there was none. times is how many may have happened.
	append, failed, acked, times int
	// seen is the read that has it and was done first, and lastSeen the one that
	// was done last; each none if there was none.
	seen, lastSeen int
	// appendAt is when append was invoked, ackedAt when acked was done, seenAt and
	// lastSeenAt when seen and lastSeen were. They count if there are such calls.
	appendAt, ackedAt, seenAt, lastSeenAt int
	// at is its first place in the longest read, never if it is not in it.
	at int
}

func parse(k history.KeyCalls) (*list, error) {
	l := &list{name: k.Key, calls: k.Calls, longest: none}
	numbers := numbering.New(k.Calls)
	for i := range k.Calls {
		call := &k.Calls[i]
		var err error
		switch call.F {
		case "append":
			err = l.addAppend(i, numbers)
		case "read":
			err = l.addRead(i, numbers)
		default:
			err = fmt.Errorf("a list has no such operation")
		}
		if err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("list", k.Key), err)
		}
	}
	return l, nil
}

func (l *list) place(value int, numbers *numbering.Numbering) int32 {
	at, isNew := numbers.Of(value)
	if isNew {
		l.elements = append(l.elements, element{value: value, append: none, failed: none, acked: none,
			seen: none, lastSeen: none, at: never})
	}
	return at
}

func (l *list) addAppend(i int, numbers *numbering.Numbering) error {
	call := &l.calls[i]
	value, ok := call.In.Int()
	if !ok {
		return fmt.Errorf("it appends %v, which is no integer", call.In)
	}
	e := &l.elements[l.place(value, numbers)]
	if call.Type == history.Fail {
		e.failed = i
		return nil
	}
	if e.times++; e.append == none {
		e.append, e.appendAt = i, call.Invoke
	}
	if call.Type == history.OK && (e.acked == none || call.Complete < e.ackedAt) {
		e.acked, e.ackedAt = i, call.Complete
	}
	return nil
}

func (l *list) addRead(i int, numbers *numbering.Numbering) error {
	call := &l.calls[i]
	items, ok := call.Out.Items()
	if call.Type != history.OK {
		return nil
	}
	if !ok && !call.Out.IsNil() {
		return fmt.Errorf("it read %v, which is neither a list nor null", call.Out)
	}
	r := reading{call: i, elements: make([]int32, len(items)), newest: none}
	for n, item := range items {
		value, ok := item.Int()
		if !ok {
			return fmt.Errorf("it read %v, which is no integer", item)
		}
		r.elements[n] = l.place(value, numbers)
	}
	for _, at := range r.elements {
		l.elements[at].sight(i, call.Complete)
	}
	l.reads = append(l.reads, r)
	return nil
}

// sight notes that a read has the element, and when it was done.
func (e *element) sight(read, done int) {
	if e.seen == none || done < e.seenAt {
		e.seen, e.seenAt = read, done
	}
	if e.lastSeen == none || done > e.lastSeenAt {
		e.lastSeen, e.lastSeenAt = read, done
	}
}

// sound says that the element was not read before it can have been appended.
func (e *element) sound() bool {
	return e.append != none && (e.seen == none || e.appendAt < e.seenAt)
}

// known is the call after which the element is known to be there, none if there
// is no such call.
func (e *element) known() int {
	switch {
	case !e.sound():
		return none
	case e.seen == none:
		return e.acked
	case e.acked == none || e.seenAt < e.ackedAt:
		return e.seen
	}
	return e.acked
}

// knownAt is when that call was done.
func (e *element) knownAt() int {
	switch e.known() {
	case none:
		return never
	case e.acked:
		return e.ackedAt
	}
	return e.seenAt
}

// repeated says that an element may have been appended more than once, and which.
func (l *list) repeated() (*element, bool) {
	for i := range l.elements {
		if l.elements[i].times > 1 {
			return &l.elements[i], true
		}
	}
	return nil, false
}

func (l *list) invoked(read int) int { return l.calls[l.reads[read].call].Invoke }
