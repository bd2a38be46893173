package set

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/assaykit/assay/checkers"
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
}

func parse(k history.KeyCalls) (*set, error) {
	s := &set{name: k.Key, calls: k.Calls}
	places := map[int]int32{}
	for i := range k.Calls {
		call := &k.Calls[i]
		var err error
		switch call.F {
		case "add":
			err = s.addAdd(i, places)
		case "read":
			err = s.addRead(i, places)
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

func (s *set) place(value int, places map[int]int32) int32 {
	at, known := places[value]
	if !known {
		at = int32(len(s.elements))
		places[value] = at
		s.elements = append(s.elements, element{value: value, add: none, failed: none, acked: none,
			seen: none, lastSeen: none, missed: none, lastMissed: none, gone: none})
	}
	return at
}

func (s *set) addAdd(i int, places map[int]int32) error {
	call := &s.calls[i]
	value, ok := call.In.Int()
	if !ok {
		return fmt.Errorf("it adds %v, which is no integer", call.In)
	}
	e := &s.elements[s.place(value, places)]
	if call.Type == history.Fail {
		e.failed = i
		return nil
	}
	if e.add == none {
		e.add = i
	}
	if call.Type == history.OK && (e.acked == none || call.Complete < s.calls[e.acked].Complete) {
		e.acked = i
	}
	return nil
}

func (s *set) addRead(i int, places map[int]int32) error {
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
		r.elements[n] = s.place(value, places)
	}
	for _, at := range r.elements {
		s.elements[at].sight(s, i)
	}
	s.reads = append(s.reads, r)
	return nil
}

// sight notes that a read has the element.
func (e *element) sight(s *set, read int) {
	if e.seen == none || s.calls[read].Complete < s.calls[e.seen].Complete {
		e.seen = read
	}
	if e.lastSeen == none || s.calls[read].Complete > s.calls[e.lastSeen].Complete {
		e.lastSeen = read
	}
}

// sound says that the element was not read before it can have been added.
func (s *set) sound(e *element) bool {
	return e.add != none && (e.seen == none || s.calls[e.add].Invoke < s.calls[e.seen].Complete)
}

// known is the call after which the element is known to be there, none if there
// is no such call.
func (s *set) known(e *element) int {
	switch {
	case !s.sound(e):
		return none
	case e.seen == none:
		return e.acked
	case e.acked == none || s.calls[e.seen].Complete < s.calls[e.acked].Complete:
		return e.seen
	}
	return e.acked
}

// knownAt is when that call was done.
func (s *set) knownAt(e *element) int {
	if call := s.known(e); call != none {
		return s.calls[call].Complete
	}
	return never
}

// date finds the earliest time at which a read can have taken effect: it was
// invoked, and everything it has was.
func (s *set) date(r *reading) {
	r.from = s.calls[r.call].Invoke
	for _, at := range r.elements {
		if e := &s.elements[at]; s.sound(e) && s.calls[e.add].Invoke > r.from {
			r.from, r.newest = s.calls[e.add].Invoke, int(at)
		}
	}
}

// byKnown are the elements that are known at some time, in order of these times.
func (s *set) byKnown() []int32 {
	var known []int32
	for at := range s.elements {
		if s.known(&s.elements[at]) != none {
			known = append(known, int32(at))
		}
	}
	slices.SortFunc(known, func(a, b int32) int {
		return cmp.Compare(s.knownAt(&s.elements[a]), s.knownAt(&s.elements[b]))
	})
	return known
}
