package keyvalue

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// The state of a map is written as text for object.Machine. Most of it is about
// versions that nobody knows: what is known of such a version is between which
// others it is, and which ones it is not. Between any two versions there is room.

// state is what a map holds.
type state struct {
	// last is the greatest version that is known so far, and later how many changes
	// came after it whose versions are not known.
	last, later int
	// entries are in the order in which they were put.
	entries []entry
}

type entry struct {
	key, value int32
	// version is unknown or known; if unknown, it is between low and high, both
	// excluded, and none of not.
	version, low, high int
	not                []int
	// later is which of the state's later changes put it, 0 if none of these.
	later int
}

func (s *state) String() string {
	var b strings.Builder
	fmt.Fprint(&b, s.last, s.later)
	for _, e := range s.entries {
		fmt.Fprint(&b, "\n", e.key, " ", e.value, " ", e.version, " ", e.low, " ", e.high, " ", e.later, " ", len(e.not))
		for _, n := range e.not {
			fmt.Fprint(&b, " ", n)
		}
	}
	return b.String()
}

func parseState(text string) *state {
	s := &state{}
	lines := strings.Split(text, "\n")
	fmt.Sscan(lines[0], &s.last, &s.later)
	for _, line := range lines[1:] {
		var e entry
		n := 0
		r := strings.NewReader(line)
		fmt.Fscan(r, &e.key, &e.value, &e.version, &e.low, &e.high, &e.later, &n)
		e.not = make([]int, n)
		for i := range e.not {
			fmt.Fscan(r, &e.not[i])
		}
		s.entries = append(s.entries, e)
	}
	return s
}

// observes says that operations of a class leave every state as it is: those that
// tell nothing new of a version that nobody knows.
func (s *store) observes(n int32) bool {
	c := &s.classes[n]
	switch {
	case c.changes() || c.revision != unknown && !s.owned[c.revision]:
		return false
	case c.kind == found:
		return s.owned[c.version]
	case c.kind == mismatch:
		return c.expected == gone || s.owned[c.expected] || !s.found(c.expected)
	}
	return true
}

// found says that somebody found a version or replaced it.
func (s *store) found(version int) bool { return s.told[version] }

// step is the specification.
func (s *store) step(text string, n int32) (string, bool) {
	c, now := &s.classes[n], parseState(text)
	if !s.possible(now, c) || c.revision != unknown && !now.reach(c.revision, s.owned[c.revision]) {
		return "", false
	}
	if s.observes(n) {
		return text, true
	}
	return now.String(), true
}

func (s *store) possible(now *state, c *class) bool {
	switch at := now.find(c.key); c.kind {
	case put:
		return now.put(c)
	case putIf:
		return (c.sure || now.has(at, c.expected, s.owned)) && now.put(c)
	case remove:
		return now.remove(at, c)
	case found:
		return at >= 0 && now.entries[at].value == c.value && now.has(at, c.version, s.owned)
	case missed:
		return at < 0
	default:
		return s.hasNot(now, at, c.expected)
	}
}

// find is the place of a key's entry, negative if there is none.
func (s *state) find(key int32) int {
	return slices.IndexFunc(s.entries, func(e entry) bool { return e.key == key })
}

// has says whether an entry has a version, which it has from then on. An
// acknowledged change has got a version that is known, and nobody else has it.
func (s *state) has(at, version int, owned map[int]bool) bool {
	if at < 0 || version == gone {
		return at < 0 && version == gone
	}
	e := &s.entries[at]
	if e.version != unknown {
		return e.version == version
	}
	if owned[version] || version <= e.low || version >= e.high || slices.Contains(e.not, version) {
		return false
	}
	s.learn(at, version)
	return true
}

// learn takes into account that an entry has a version that nobody knew.
func (s *state) learn(at, version int) {
	this := s.entries[at]
	s.entries[at] = entry{key: this.key, value: this.value, version: version}
	for i := range s.entries {
		switch e := &s.entries[i]; {
		case e.version != unknown:
		case i < at:
			e.high, e.later = min(e.high, version), 0
		default:
			e.low, e.later = max(e.low, version), max(0, e.later-this.later)
		}
	}
	if version > s.last {
		s.last, s.later = version, s.later-this.later
	}
}

// hasNot says whether an entry has another version than that, which it has not from
// then on.
func (s *store) hasNot(now *state, at, version int) bool {
	if at < 0 || version == gone {
		return at >= 0 || version != gone
	}
	e := &now.entries[at]
	if e.version != unknown || s.owned[version] || !s.found(version) {
		return e.version != version
	}
	if place, is := slices.BinarySearch(e.not, version); !is {
		e.not = slices.Insert(e.not, place, version)
	}
	return true
}

// put replaces a key's entry, if the version is greater than all before.
func (s *state) put(c *class) bool {
	s.entries = slices.DeleteFunc(s.entries, func(e entry) bool { return e.key == c.key })
	if !s.grow(c.version) {
		return false
	}
	e := entry{key: c.key, value: c.value, version: c.version}
	if c.version == unknown {
		e.low, e.high, e.later = s.last, math.MaxInt, s.later
	}
	s.entries = append(s.entries, e)
	return true
}

// remove takes away an entry. If that may not have happened, there need not be one.
func (s *state) remove(at int, c *class) bool {
	switch {
	case at >= 0:
		s.entries = slices.Delete(s.entries, at, at+1)
	case !c.sure:
		return c.version == unknown
	}
	return s.grow(c.version)
}

// grow takes a new version into account.
func (s *state) grow(version int) bool {
	switch {
	case version == unknown:
		s.later++
		return true
	case version <= s.last:
		return false
	}
	s.below(version)
	s.last = version
	return true
}

// below says that all versions so far are smaller than one, which is known.
func (s *state) below(version int) {
	s.later = 0
	for i := range s.entries {
		if e := &s.entries[i]; e.version == unknown {
			e.high, e.later = min(e.high, version), 0
		}
	}
}

// reach says whether the whole map can have had a revision. Unless that is the
// version of an acknowledged change, others may have changed what the history does
// not know.
func (s *state) reach(revision int, owned bool) bool {
	switch {
	case owned:
		return revision == s.last && s.later == 0
	case s.later > 0 && revision <= s.last || revision < s.last:
		return false
	case revision > s.last:
		s.below(revision + 1)
		s.last = revision
	}
	return true
}
