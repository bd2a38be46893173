// Package keyvalue judges maps whose answers tell versions, such as etcd's
// revisions, and maps of strings that can be appended to.
//
// Of maps with versions the operations are
//
//   - put: any value; Ok with the version that it has got, a positive integer;
//   - put-if: [expected value], where expected is the version that the key has to
//     have, 0 if it has to be absent; Ok with the new version; a Fail that is
//     history.Mismatch found another version;
//   - get: Ok with [value version], or null if there was none; a third item is the
//     revision of the whole map at that moment, as in [value version revision] and
//     [null 0 revision];
//   - delete: Ok with the version that the deletion has got, or null if there was
//     nothing to delete.
//
// Every other Fail had no effect and tells nothing. An Info put, put-if or delete
// may have had an effect at any later time, or never, and nobody knows its version
// unless somebody found its value.
//
// Versions grow with every change: of a key (Versions), or of the whole map
// (Revisions), which is then one object. They need not be consecutive: others may
// have changed what the history does not know. That gives all acknowledged changes
// one order, so that a single sweep decides unless it is open which of several
// operations of unknown outcome left a value that was found, or whether one made a
// key come or go that nobody looked at in between. Then the general engine decides,
// which of a whole map with many keys may be too much: the verdict is unknown.
package keyvalue

import (
	"encoding/json"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// Versions are keys each of which has versions of its own.
func Versions() object.Type {
	return object.Type{
		Name: "versioned-key", About: "a key whose versions grow: put, put-if, get, delete",
		Open: func(k history.KeyCalls) (object.Object, error) { return open(k) },
	}
}

// Revisions is a map with one revision for all keys.
func Revisions() object.Type {
	return object.Type{
		Name: "versioned-map", Whole: true,
		About: "a map whose revision grows with every change: put, put-if, get, delete",
		Open:  func(k history.KeyCalls) (object.Object, error) { return open(k) },
	}
}

type kind uint8

const (
	put kind = iota
	putIf
	remove
	// found is a get of a value, and missed one of nothing, or a delete of nothing.
	found
	missed
	// mismatch is a put-if that found another version.
	mismatch
)

// class is what an operation did and what it was answered.
type class struct {
	kind       kind
	key, value int32
	// version is what a change has got, or what was found, unknown if nobody knows.
	version int
	// expected is the version that a put-if asked for.
	expected int
	// revision is that of the whole map, as told by a get, or unknown.
	revision int
	// sure is set if what a put-if or a deletion needs to find was there, as the
	// versions say, so that it need not be asked for any more.
	sure bool
}

const (
	unknown = 0
	// gone is the version that a put-if asks for where the key has to be absent.
	gone = 0
)

// changes says that operations of the class change the map.
func (c *class) changes() bool { return c.kind <= remove }

// store is the history of a map.
type store struct {
	*object.Machine
	calls   []history.Call
	ops     []object.Op
	classes []class
	keys    []string
	values  []history.Value
	// owned are the versions of acknowledged changes, and told those that were found
	// or replaced.
	owned, told map[int]bool
	// inferred are the classes of changes whose versions were found out.
	inferred map[class]int32
}

var _ object.Object = (*store)(nil)

// reader turns calls into classes.
type reader struct {
	*store
	classOf map[class]int32
	keyOf   map[string]int32
	intOf   map[int]int32
	textOf  map[string]int32
}

func open(k history.KeyCalls) (*store, error) {
	s := &store{calls: k.Calls, owned: map[int]bool{}, told: map[int]bool{}, inferred: map[class]int32{}}
	r := &reader{s, map[class]int32{}, map[string]int32{}, map[int]int32{}, map[string]int32{}}
	for i := range k.Calls {
		if err := r.add(i); err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", k.Calls[i].Invoke, k.Calls[i].F, checkers.On("key", k.Calls[i].Key), err)
		}
	}
	s.Machine = object.NewMachine((&state{}).String(), s.step, s.observes)
	return s, nil
}

func (r *reader) add(i int) error {
	call := &r.calls[i]
	c, keep, err := r.read(call)
	if err != nil || !keep {
		return err
	}
	op := object.Op{Class: r.number(c), Start: call.Invoke, End: call.Complete, Call: i}
	if call.Type == history.Info {
		op.End, op.Maybe = object.Never, true
	}
	r.ops = append(r.ops, op)
	return nil
}

// number is the number of a class. Acknowledged changes have versions that nobody
// else has, or should have, so that it is not worthwhile to look for another one.
func (r *reader) number(c class) int32 {
	n, known := r.classOf[c]
	if known {
		return n
	}
	n = r.enter(c)
	switch {
	case !c.changes() || c.version == unknown:
		r.classOf[c] = n
	default:
		r.owned[c.version] = true
	}
	switch {
	case c.kind == found:
		r.told[c.version] = true
	case c.kind == putIf:
		r.told[c.expected] = true
	}
	return n
}

// enter makes a class. After those that need to find something comes the same one
// without the need.
func (s *store) enter(c class) int32 {
	n := int32(len(s.classes))
	s.classes = append(s.classes, c)
	if c.needs() {
		c.sure = true
		s.classes = append(s.classes, c)
	}
	return n
}

// needs says that a change with a version needs to find something.
func (c *class) needs() bool {
	return (c.kind == putIf || c.kind == remove) && c.version != unknown && !c.sure
}

func (r *reader) read(call *history.Call) (c class, keep bool, err error) {
	c.key = r.key(call.Key)
	switch call.F {
	case "put":
		c.kind, c.value = put, r.value(call.In)
		return r.change(c, call)
	case "put-if":
		items, _ := call.In.Items()
		expected, ok := 0, false
		if len(items) == 2 {
			expected, ok = items[0].Int()
		}
		if !ok || expected < gone {
			return c, false, fmt.Errorf("its argument is %v, not [expected-version value]", call.In)
		}
		c.kind, c.value, c.expected = putIf, r.value(items[1]), expected
		if call.Type == history.Fail && call.Error == history.Mismatch {
			return class{kind: mismatch, key: c.key, expected: expected}, true, nil
		}
		return r.change(c, call)
	case "delete":
		if call.Type == history.OK && call.Out.IsNil() {
			return class{kind: missed, key: c.key}, true, nil
		}
		c.kind = remove
		return r.change(c, call)
	case "get":
		if call.Type != history.OK {
			return c, false, nil
		}
		return r.readGet(c, call.Out)
	}
	return c, false, fmt.Errorf("a map has no such operation")
}

// change reads the version that a change has got.
func (r *reader) change(c class, call *history.Call) (class, bool, error) {
	if call.Type != history.OK {
		return c, call.Type == history.Info, nil
	}
	version, ok := call.Out.Int()
	if !ok || version < 1 {
		return c, false, fmt.Errorf("it was answered %v, which is no version", call.Out)
	}
	c.version = version
	return c, true, nil
}

func (r *reader) readGet(c class, out history.Value) (class, bool, error) {
	items, list := out.Items()
	if out.IsNil() {
		return class{kind: missed, key: c.key}, true, nil
	}
	version, revision, ok := 0, 1, list && (len(items) == 2 || len(items) == 3)
	if ok {
		version, ok = items[1].Int()
	}
	if ok && len(items) == 3 {
		revision, ok = items[2].Int()
		c.revision = revision
	}
	switch {
	case !ok || version < 0 || revision < 1:
		return c, false, fmt.Errorf("it was answered %v, which is neither [value version] nor [value version revision] nor null", out)
	case version == gone && items[0].IsNil():
		c.kind = missed
		return c, true, nil
	case version == gone:
		return c, false, fmt.Errorf("it was answered %v, a value of version 0", out)
	}
	c.kind, c.value, c.version = found, r.value(items[0]), version
	return c, true, nil
}

func (r *reader) key(name string) int32 {
	n, known := r.keyOf[name]
	if !known {
		n = int32(len(r.keys))
		r.keyOf[name] = n
		r.keys = append(r.keys, name)
	}
	return n
}

func (r *reader) value(v history.Value) int32 {
	next := int32(len(r.values))
	n, known := next, false
	if i, is := v.Int(); is {
		if n, known = r.intOf[i]; !known {
			r.intOf[i] = next
		}
	} else {
		text, _ := json.Marshal(v)
		if n, known = r.textOf[string(text)]; !known {
			r.textOf[string(text)] = next
		}
	}
	if known {
		return n
	}
	r.values = append(r.values, v)
	return next
}

// Ops are the operations that had, or may have had, an effect, or found something.
func (s *store) Ops() []object.Op { return s.ops }

// Verb tells what an operation did.
func (s *store) Verb(op object.Op) string {
	c := &s.classes[op.Class]
	of := ""
	if len(s.keys) > 1 {
		of = checkers.On("key", s.keys[c.key])
	}
	switch {
	case c.kind == found:
		return fmt.Sprintf("found %v at version %d%s%s", s.values[c.value], c.version, of, at(c))
	case c.kind == missed:
		return fmt.Sprintf("found nothing%s%s", of, at(c))
	case c.kind == mismatch:
		return fmt.Sprintf("was told that the version%s was not %d", of, c.expected)
	case s.calls[op.Call].Type == history.Info && c.kind == remove:
		return fmt.Sprintf("tried to delete the value%s", of)
	case s.calls[op.Call].Type == history.Info:
		return fmt.Sprintf("tried to put %v%s%s", s.values[c.value], provided(c), of)
	case c.kind == remove:
		return fmt.Sprintf("deleted the value%s with version %d", of, c.version)
	}
	return fmt.Sprintf("put %v%s with version %d%s", s.values[c.value], of, c.version, provided(c))
}

func at(c *class) string {
	if c.revision == unknown {
		return ""
	}
	return fmt.Sprintf(" at revision %d", c.revision)
}

func provided(c *class) string {
	switch {
	case c.kind != putIf:
		return ""
	case c.expected == gone:
		return " provided that there was none"
	}
	return fmt.Sprintf(" provided that the version was %d", c.expected)
}
