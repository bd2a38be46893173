package history

// Kind is the shape of a Value.
type Kind uint8

const (
	KindNil Kind = iota
	KindBool
	KindInt
	KindString
	KindList
	// KindRaw is any other JSON (floats, objects, big numbers), kept as its text.
	KindRaw
)

// Value is an operation's argument or result: an immutable JSON value in one
// normal form, so that a history in memory and the same one read back from disk
// are equal. The zero Value is null.
type Value struct {
	kind Kind
	num  int64
	text string
	list []Value
}

func Int(n int) Value { return Value{kind: KindInt, num: int64(n)} }
func Bool(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.num = 1
	}
	return v
}
func String(s string) Value     { return Value{kind: KindString, text: s} }
func List(items ...Value) Value { return Value{kind: KindList, list: items} }

// Ints is a list of integers.
func Ints(ns ...int) Value {
	items := make([]Value, len(ns))
	for i, n := range ns {
		items[i] = Int(n)
	}
	return List(items...)
}

func (v Value) Kind() Kind  { return v.kind }
func (v Value) IsNil() bool { return v.kind == KindNil }

// Int returns the integer, and whether the value is one.
func (v Value) Int() (int, bool) { return int(v.num), v.kind == KindInt }

// Text returns the string, and whether the value is one.
func (v Value) Text() (string, bool) { return v.text, v.kind == KindString }

// Items returns the list's items (not to be changed), and whether it is a list.
func (v Value) Items() ([]Value, bool) { return v.list, v.kind == KindList }
