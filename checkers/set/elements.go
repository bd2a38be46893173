package set

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

// set is the history of one set. Calls are named by their places in it, and times
// are places in the whole history, which are exact and all different.
type set struct {
	name     string
	calls    []history.Call
	elements []element
	reads    []reading
}

// reading is a read that was answered.
type reading struct {
	call int
	// elements are the places of what it read, each once.
	elements []int32
	// from is the earliest time at which it can have taken effect.
	from int
	// newest is the element that was added last of all it read, or none.
	newest int
}

// element is what happened to one element of a set.
type element struct {
	value int
	// add is the first add that may have happened, failed one that certainly had
	// no effect, and acked the add that was acknowledged first; each none if there
	// was none.
	add, failed, acked int
	// seen is the read that has it and was done first, and lastSeen the one that
	// was done last; each none if there was none.
	seen, lastSeen int
	// missed is the first read that should have it and has not, lastMissed the
	// last, and gone the first of them after which nobody saw it again.
	missed, lastMissed, gone int
	// addAt is when add was invoked, ackedAt when acked was done, seenAt and
	// lastSeenAt when seen and lastSeen were. They count if there are such calls.
	addAt, ackedAt, seenAt, lastSeenAt int
}

func parse(k history.KeyCalls) (*set, error) {
	s := &set{name: k.Key, calls: k.Calls}
	numbers := numbering.New(k.Calls)
	for i := range k.Calls {
		call := &k.Calls[i]
		var err error
		switch call.F {
		case "add":
			err = s.addAdd(i, numbers)
		case "read":
			err = s.addRead(i, numbers)
		default:
			err = fmt.Errorf("a set has no such operation")
		}
		if err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("set", k.Key), err)
		}
	}
	for i := range s.reads {
		s.date(&s.reads[i])
	}
	return s, nil
}

func (s *set) place(value int, numbers *numbering.Numbering) int32 {
	at, isNew := numbers.Of(value)
	if isNew {
		s.elements = append(s.elements, element{value: value, add: none, failed: none, acked: none,
			seen: none, lastSeen: none, missed: none, lastMissed: none, gone: none})
	}
	return at
}

func (s *set) addAdd(i int, numbers *numbering.Numbering) error {
	call := &s.calls[i]
	value, ok := call.In.Int()
	if !ok {
		return fmt.Errorf("it adds %v, which is no integer", call.In)
	}
	e := &s.elements[s.place(value, numbers)]
	if call.Type == history.Fail {
		e.failed = i
		return nil
	}
	if e.add == none {
		e.add, e.addAt = i, call.Invoke
	}
	if call.Type == history.OK && (e.acked == none || call.Complete < e.ackedAt) {
		e.acked, e.ackedAt = i, call.Complete
	}
	return nil
}

func (s *set) addRead(i int, numbers *numbering.Numbering) error {
	call := &s.calls[i]
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
		r.elements[n] = s.place(value, numbers)
	}
	for _, at := range r.elements {
		s.elements[at].sight(i, call.Complete)
	}
	s.reads = append(s.reads, r)
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

// sound says that the element was not read before it can have been added.
func (e *element) sound() bool {
	return e.add != none && (e.seen == none || e.addAt < e.seenAt)
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

// date finds the earliest time at which a read can have taken effect: it was
// invoked, and everything it has was.
func (s *set) date(r *reading) {
	r.from = s.calls[r.call].Invoke
	for _, at := range r.elements {
		if e := &s.elements[at]; e.addAt > r.from && e.sound() {
			r.from, r.newest = e.addAt, int(at)
		}
	}
}
