package jepsen

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/token"
)

// Keyed says whether all values are [key value], as jepsen.independent makes them
// to test many objects at once.
type Keyed uint8

const (
	// Find looks at all invocations. If one has a value that is no pair, values
	// are not keyed; neither are they if all are transactions of two
	// operations, or if operations have a field key. If all are pairs, and a read
	// is one whose second half is nil, they are. In all other cases nobody can
	// know, and reading ends with ErrKeyed.
	Find Keyed = iota
	Yes
	No
)

// keys finds out whether values are keyed, and splits them if so. It believes the
// first read that shows it, so that a million pairs need not be kept, and puts
// everything back if a later operation shows otherwise.
type keys struct {
	keyed Keyed
	// splitting is set while values are believed to be keyed.
	splitting bool
	// names are the objects' values, by name.
	names map[string]history.Value
	// about are the objects of the operations that processes do.
	about map[int]object
	// whole are the completions that had no key, by their indexes: an error may
	// stand where the value was, or the answer by itself.
	whole map[int]bool
	// bare are the names of the operations of which an answer had no key.
	bare map[string]bool
	// reads and transactions count invocations that look like it.
	invocations, reads, transactions int
}

// object is what a process' operation is about.
type object struct {
	key  history.Value
	name string
}

// ErrKeyed says that values may or may not be [key value].
var ErrKeyed = errors.New("it cannot be told whether its values are [key value] or just pairs")

func newKeys(keyed Keyed) keys {
	return keys{keyed: keyed, splitting: keyed == Yes, names: map[string]history.Value{}, about: map[int]object{}, whole: map[int]bool{}, bare: map[string]bool{}}
}

// key splits the value of a client's operation, if values are keyed.
func (c *collector) key(op *operation) error {
	k := &c.keys
	if k.keyed == No {
		return nil
	}
	if k.keyed == Find && c.isPlain(op) {
		k.join(c.ops)
		op.join()
		k.keyed, k.splitting = No, false
		return nil
	}
	if k.splitting {
		if expected := k.split(&op.Op, len(c.ops), op.halves()); expected != "" {
			op.join()
			return c.fail(expected, op.Value.String())
		}
		return nil
	}
	if k.reads > 0 && k.transactions == 0 {
		return c.beginSplitting(op)
	}
	return nil
}

// isPlain says that an operation shows that values are not keyed, and counts it
// if not.
func (c *collector) isPlain(op *operation) bool {
	if op.has&keyField != 0 {
		return true
	}
	if op.Op.Type != history.Invoke {
		return false
	}
	pair := op.halves()
	if len(pair) != 2 {
		return true
	}
	c.keys.invocations++
	switch {
	case isMicro(pair[0]) && isMicro(pair[1]):
		c.keys.transactions++
	case isRead(op.F) && pair[1].IsNil() && isScalar(pair[0]):
		c.keys.reads++
	}
	return false
}

// beginSplitting splits all operations so far, and this one.
func (c *collector) beginSplitting(op *operation) error {
	k := &c.keys
	k.splitting = true
	for i := range c.ops {
		o := &c.ops[i]
		if o.Process == history.Nemesis {
			continue
		}
		pair, _ := o.Value.Items()
		if expected := k.split(o, i, pair); expected != "" {
			return c.stream.FailAt(token.Position{Line: int(c.lines[i]), Column: 1}, expected, o.Value.String())
		}
	}
	k.split(&op.Op, len(c.ops), op.halves())
	return nil
}

// split takes an operation's value apart, or says what was expected. An answer may
// leave out the key: elle-cli's set histories read [0 nil] and find [0 1 2 3].
func (k *keys) split(op *history.Op, index int, pair []history.Value) (expected string) {
	if op.Type == history.Invoke {
		if len(pair) != 2 {
			return "[key value]"
		}
		op.Key, op.Value = k.name(pair[0]), pair[1]
		k.about[op.Process] = object{pair[0], op.Key}
		return ""
	}
	of := k.about[op.Process]
	op.Key = of.name
	switch {
	case len(pair) == 2 && pair[0].Equal(of.key):
		op.Value = pair[1]
	case op.Type == history.OK && len(pair) != 2 && op.Value.Kind() == history.KindList:
		k.whole[index], k.bare[op.F] = true, true
	case op.Type == history.OK:
		return fmt.Sprintf("[%v value], as in the invocation", of.key)
	default:
		k.whole[index] = true
	}
	return ""
}

// mixed finds an answer with a key to what was elsewhere answered without: nobody
// can know whether [0 1] is 1, or the list of 0 and 1.
func (k *keys) mixed(ops []history.Op) (at int, found bool) {
	if len(k.bare) == 0 || !k.splitting {
		return 0, false
	}
	at = slices.IndexFunc(ops, func(op history.Op) bool {
		return op.Type == history.OK && k.bare[op.F] && !k.whole[op.Index]
	})
	return at, at >= 0
}

// join undoes what split did.
func (k *keys) join(ops []history.Op) {
	if !k.splitting {
		return
	}
	for i := range ops {
		if op := &ops[i]; op.Process != history.Nemesis {
			if !k.whole[i] {
				op.Value = history.List(k.names[op.Key], op.Value)
			}
			op.Key = ""
		}
	}
}

// conclude says whether values were keyed, or that it cannot be told.
func (k *keys) conclude() (Keyed, error) {
	switch {
	case k.keyed != Find:
		return k.keyed, nil
	case k.transactions == k.invocations:
		return No, nil
	case k.splitting && k.transactions == 0:
		return Yes, nil
	}
	return Find, ErrKeyed
}

// readPair reads a list that may be [key value], without making one of it.
func (c *collector) readPair(op *operation) error {
	items, err := c.values.Items(c.stream)
	if op.isPair = len(items) == 2; op.isPair {
		copy(op.pair[:], items)
		return err
	}
	op.Value = history.List(append([]history.Value(nil), items...)...)
	return err
}

// halves are the items of a value that may be [key value].
func (op *operation) halves() []history.Value {
	if op.isPair {
		return op.pair[:]
	}
	items, _ := op.Value.Items()
	return items
}

// join makes a list of what was read as a pair.
func (op *operation) join() {
	if op.isPair {
		op.Value, op.isPair = history.List(op.pair[0], op.pair[1]), false
	}
}

func isRead(f string) bool {
	switch f {
	case "read", "r", "get", "dequeue", "receive", "drain":
		return true
	}
	return false
}

func isScalar(v history.Value) bool {
	kind := v.Kind()
	return kind == history.KindInt || kind == history.KindString
}

// isMicro says that a value looks like an operation of a transaction: [r x nil].
func isMicro(v history.Value) bool {
	items, _ := v.Items()
	return len(items) > 1 && items[0].Kind() == history.KindString
}

// name is the name of the object that is called by a value. No two values have the
// same: 5 and "5" are two objects, and the one that comes second is quoted. Nil is
// no name at all.
func (k *keys) name(v history.Value) string {
	if v.IsNil() {
		return ""
	}
	name := token.Text(v)
	if n, isInt := v.Int(); isInt {
		name = strconv.Itoa(n)
	}
	for {
		named, taken := k.names[name]
		if name != "" && !taken {
			k.names[name] = v
			return name
		}
		if name != "" && named.Equal(v) {
			return name
		}
		name = string(token.Quote(nil, name))
	}
}

// keyValue is a value that stands for a name: different ones for different names.
func keyValue(name string) history.Value {
	if name == "" {
		return history.Value{}
	}
	if n, err := strconv.Atoi(name); err == nil && strconv.Itoa(n) == name {
		return history.Int(n)
	}
	return history.String(name)
}
