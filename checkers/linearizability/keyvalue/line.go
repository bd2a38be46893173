package keyvalue

import (
	"cmp"
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// line is the one order that certain changes can have: that of their versions.
// Positions on it are those of versions, and -1 is the beginning. What somebody
// found was so at some of the positions, that is, after the change there and before
// the next one.
type line struct {
	store *store
	ops   []object.Op
	// versions are in order; changes are the places of those who got them, or none
	// where only a get told of a revision.
	versions []int
	changes  []int
	// next is the position of the next change of the same key, nextGone and nextThere
	// that of the first one from here on which leaves the key absent or present; each
	// the end of the line if there is none.
	next, nextGone, nextThere []int
	// ofKey are the positions of each key's changes.
	ofKey [][]int
	// latest is the place of the change that began last up to a position.
	latest []int
}

// lineOf puts changes in order. It returns two of one version, if there are any.
func lineOf(s *store, ops []object.Op) (l *line, twice []int) {
	l = &line{store: s, ops: ops}
	twice = l.gather()
	n := len(l.versions)
	l.next, l.nextGone, l.nextThere, l.latest = make([]int, n), make([]int, n), make([]int, n), make([]int, n)
	l.ofKey = make([][]int, len(s.keys))
	latest := none
	for p, i := range l.changes {
		if i != none {
			c := l.class(p)
			l.ofKey[c.key] = append(l.ofKey[c.key], p)
			if latest == none || ops[i].Start > ops[latest].Start {
				latest = i
			}
		}
		l.latest[p] = latest
	}
	for _, positions := range l.ofKey {
		l.link(positions)
	}
	return l, twice
}

// gather finds all versions and whose they are.
func (l *line) gather() (twice []int) {
	type got struct{ version, by int }
	var all []got
	for i := range l.ops {
		c := l.store.classes[l.ops[i].Class]
		if c.changes() && !l.ops[i].Maybe {
			all = append(all, got{c.version, i})
		}
		if c.revision != unknown {
			all = append(all, got{c.revision, none})
		}
	}
	slices.SortFunc(all, func(a, b got) int {
		return cmp.Or(cmp.Compare(a.version, b.version), cmp.Compare(b.by, a.by))
	})
	for n, g := range all {
		last := len(l.versions) - 1
		switch {
		case n == 0 || l.versions[last] != g.version:
			l.versions, l.changes = append(l.versions, g.version), append(l.changes, g.by)
		case g.by != none && twice == nil:
			twice = []int{g.by, l.changes[last]}
		}
	}
	return twice
}

func (l *line) link(positions []int) {
	next, gone, there := len(l.versions), len(l.versions), len(l.versions)
	for _, p := range slices.Backward(positions) {
		if l.class(p).kind == remove {
			gone = p
		} else {
			there = p
		}
		l.next[p], l.nextGone[p], l.nextThere[p] = next, gone, there
		next = p
	}
}

// class is that of the change at a position.
func (l *line) class(p int) *class { return &l.store.classes[l.ops[l.changes[p]].Class] }

// at is the position of a version, and whether it is on the line.
func (l *line) at(version int) (p int, is bool) { return slices.BinarySearch(l.versions, version) }

// owner is the position of the change that got a version, and whether there is one.
func (l *line) owner(version int) (p int, is bool) {
	p, is = l.at(version)
	return p, is && l.changes[p] != none
}

// puts says whether the change at a position puts something under a key.
func (l *line) puts(p int, key int32) bool {
	c := l.class(p)
	return c.key == key && c.kind != remove
}

// allows says whether the change at a position finds what it needs after the one
// before it on its key, which is -1 if it is the first.
func (l *line) allows(before, p int) bool {
	there := before >= 0 && l.class(before).kind != remove
	switch c := l.class(p); {
	case c.sure || c.kind == put:
		return true
	case c.kind == remove:
		return there
	case there:
		return c.expected == l.versions[before]
	default:
		return c.expected == gone
	}
}

// before is the position of the last change of a key up to a position, and its
// place among those of the key; each -1 if there is none.
func (l *line) before(key int32, p int) (at, nth int) {
	nth, is := slices.BinarySearch(l.ofKey[key], p)
	if !is {
		nth--
	}
	if nth < 0 {
		return -1, -1
	}
	return l.ofKey[key][nth], nth
}

// after is the position of a key's change after the nth one, the end of the line if
// there is none.
func (l *line) after(key int32, nth int) int {
	if nth+1 >= len(l.ofKey[key]) {
		return len(l.versions)
	}
	return l.ofKey[key][nth+1]
}

// first is the first position from one on at which what was found was so, and
// whether there is one.
func (l *line) first(c *class, from int) (p int, is bool) {
	if c.revision != unknown {
		at, _ := l.at(c.revision)
		if from > at {
			return at, false
		}
		from = at
		if p, is = l.firstOf(c, from); p != at {
			return at, false
		}
		return at, is
	}
	return l.firstOf(c, from)
}

func (l *line) firstOf(c *class, from int) (p int, is bool) {
	end := len(l.versions)
	if c.kind == found || c.kind == mismatch && c.expected != gone {
		at, owned := l.owner(max(c.version, c.expected))
		switch {
		case !owned || !l.puts(at, c.key):
			return from, c.kind == mismatch
		case c.kind == found:
			return max(at, from), from < l.next[at]
		case at <= from && from < l.next[at]:
			return l.next[at], l.next[at] < end
		}
		return from, true
	}
	last, nth := l.before(c.key, from)
	there := last >= 0 && l.class(last).kind != remove
	if there == (c.kind == mismatch) {
		return from, true
	}
	next := l.after(c.key, nth)
	if next == end {
		return end, false
	}
	if c.kind == missed {
		next = l.nextGone[next]
	} else {
		next = l.nextThere[next]
	}
	return next, next < end
}
