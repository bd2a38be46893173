package queue

import (
	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

// contents are the states of a queue. Each is the end of some sequence of values,
// so that one more value, or one less, is one more state of a few bytes, however
// long the queue is. States with the same values are one state.
type contents struct {
	states []state
	// links are sequences: each is one value after another sequence. links[0] is
	// the empty one.
	links []link
	// first is the state of a hash and a length that came up first; further ones
	// follow by next.
	first map[key]object.State
	// powers are those of base, for as many as a queue was long.
	powers []uint64
}

// state is the last values of a sequence.
type state struct {
	key
	sequence int32
	next     object.State
}

type key struct {
	hash   uint64
	length int32
}

// link is a sequence's last value, the sequence before that, and one farther back,
// by which any part of it is found in few steps (Myers, An Applicative
// Random-Access Stack, 1983).
type link struct{ before, jump, length, value int32 }

// base is odd, so that no value is lost from a hash.
const base = 0x9E3779B97F4A7C15

// scattered makes neighbouring values differ in all bits.
func scattered(value int32) uint64 {
	x := (uint64(value) + 1) * 0xBF58476D1CE4E5B9
	return (x ^ x>>29) * 0x94D049BB133111EB
}

const noState object.State = -1

func newContents() *contents {
	return &contents{
		states: []state{{next: noState}},
		links:  []link{{}},
		first:  map[key]object.State{{}: collection.Nothing},
		powers: []uint64{1},
	}
}

// Add is a state with a value at the tail.
func (c *contents) Add(s object.State, value int32) object.State {
	from := c.states[s]
	k := key{from.hash*base + scattered(value), from.length + 1}
	if known := c.find(k, func(t state) bool {
		last := c.links[t.sequence]
		return last.value == value && c.same(last.before, from.sequence, from.length)
	}); known != noState {
		return known
	}
	return c.number(state{key: k, sequence: c.extend(from.sequence, value)})
}

// First is the value at the head.
func (c *contents) First(s object.State) int32 {
	of := c.states[s]
	at := of.sequence
	for end := c.links[at].length - of.length + 1; c.links[at].length > end; {
		if jump := c.links[at].jump; c.links[jump].length >= end {
			at = jump
		} else {
			at = c.links[at].before
		}
	}
	return c.links[at].value
}

// Rest is a state without the value at the head.
func (c *contents) Rest(s object.State) object.State {
	from := c.states[s]
	for len(c.powers) < int(from.length) {
		c.powers = append(c.powers, c.powers[len(c.powers)-1]*base)
	}
	k := key{from.hash - scattered(c.First(s))*c.powers[from.length-1], from.length - 1}
	if known := c.find(k, func(t state) bool { return c.same(t.sequence, from.sequence, k.length) }); known != noState {
		return known
	}
	return c.number(state{key: k, sequence: from.sequence})
}

// find is the state with a key that is the wanted one; there may be others.
func (c *contents) find(k key, wanted func(state) bool) object.State {
	s, known := c.first[k]
	for known && s != noState && !wanted(c.states[s]) {
		s = c.states[s].next
	}
	if !known {
		return noState
	}
	return s
}

// same says whether the last values of two sequences are.
func (c *contents) same(a, b, length int32) bool {
	for ; a != b && length > 0; length-- {
		if c.links[a].value != c.links[b].value {
			return false
		}
		a, b = c.links[a].before, c.links[b].before
	}
	return true
}

func (c *contents) extend(sequence, value int32) int32 {
	from := c.links[sequence]
	next := link{before: sequence, jump: sequence, length: from.length + 1, value: value}
	// the lengths of jumps are those of a number system in which one more is
	// always easy
	if far := c.links[from.jump]; from.length-far.length == far.length-c.links[far.jump].length {
		next.jump = far.jump
	}
	c.links = append(c.links, next)
	return int32(len(c.links) - 1)
}

func (c *contents) number(s state) object.State {
	next := object.State(len(c.states))
	s.next = noState
	if other, known := c.first[s.key]; known {
		s.next = other
	}
	c.first[s.key] = next
	c.states = append(c.states, s)
	return next
}

// What a state and a link take.
const (
	bytesPerState = 24 + 48
	bytesPerLink  = 16
)

// Bytes is about what the states occupy.
func (c *contents) Bytes() int { return len(c.states)*bytesPerState + len(c.links)*bytesPerLink }
