package history

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

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
//
// Nearly all values are small integers or lists of them, which is why what the
// other kinds need stands apart: a Value is three words.
type Value struct {
	_    [0]func() // == would compare pointers: Equal compares values
	kind Kind
	num  int64
	more *more
}

// more is what does not fit into a number.
type more struct {
	text string
	list []Value
}

// Int, Bool, String and List make values. Bytes of a string that are not UTF-8
// become U+FFFD, as they would on their way through JSON.
func Int(n int) Value { return Value{kind: KindInt, num: int64(n)} }
func Bool(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.num = 1
	}
	return v
}
func String(s string) Value { return Value{kind: KindString, more: &more{text: validText(s)}} }
func List(items ...Value) Value {
	if len(items) == 0 {
		return Value{kind: KindList}
	}
	return Value{kind: KindList, more: &more{list: items}}
}

// Ints is a list of integers.
func Ints(ns ...int) Value {
	items := make([]Value, len(ns))
	for i, n := range ns {
		items[i] = Int(n)
	}
	return List(items...)
}

// raw is JSON in normal form that is nested depth deep.
func raw(text string, depth int) Value {
	return Value{kind: KindRaw, num: int64(depth), more: &more{text: text}}
}

func (v Value) Kind() Kind  { return v.kind }
func (v Value) IsNil() bool { return v.kind == KindNil }

// Int returns the integer, and whether the value is one.
func (v Value) Int() (int, bool) {
	if v.kind != KindInt {
		return 0, false
	}
	return int(v.num), true
}

// Bool returns the truth value, and whether the value is one.
func (v Value) Bool() (b, ok bool) { return v.kind == KindBool && v.num == 1, v.kind == KindBool }

// Text returns the string, and whether the value is one.
func (v Value) Text() (string, bool) {
	if v.kind != KindString {
		return "", false
	}
	return v.more.text, true
}

// Items returns the list's items (not to be changed), and whether it is a list.
func (v Value) Items() ([]Value, bool) {
	if v.kind != KindList || v.more == nil {
		return nil, v.kind == KindList
	}
	return v.more.list, true
}

// Equal says whether both are the same JSON. Numbers are equal if they are
// written alike: 1 and 1.0 are not.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind || v.num != w.num {
		return false
	}
	if v.more == nil || w.more == nil || v.more == w.more {
		return v.more == w.more
	}
	return v.more.text == w.more.text && slices.EqualFunc(v.more.list, w.more.list, Value.Equal)
}

// How much of a value people are shown.
const (
	shownItems = 12
	shownRunes = 60
	shownDepth = 4
)

// String shows the value to people, like JSON without commas: [1 2 "three"]. Long
// values are cut.
func (v Value) String() string {
	var b strings.Builder
	v.show(&b, 0)
	return b.String()
}

func (v Value) show(b *strings.Builder, depth int) {
	switch v.kind {
	case KindList:
		v.showList(b, depth)
	case KindString:
		b.WriteString(strconv.Quote(shorten(v.more.text, shownRunes)))
	case KindRaw:
		b.WriteString(shorten(v.more.text, shownRunes))
	default:
		b.Write(appendValue(nil, v))
	}
}

func (v Value) showList(b *strings.Builder, depth int) {
	items, _ := v.Items()
	if depth == shownDepth {
		b.WriteString("[…]")
		return
	}
	b.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			b.WriteByte(' ')
		}
		if i == shownItems && len(items) > shownItems+1 {
			b.WriteString("… " + strconv.Itoa(len(items)) + " items")
			break
		}
		item.show(b, depth+1)
	}
	b.WriteByte(']')
}

// shorten keeps the first n runes of a text.
func shorten(s string, n int) string {
	seen := 0
	for at := range s {
		if seen == n {
			return s[:at] + "…"
		}
		seen++
	}
	return s
}

// validText replaces every byte that is not part of UTF-8 by U+FFFD, which is
// what a JSON decoder would do to it later.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}
