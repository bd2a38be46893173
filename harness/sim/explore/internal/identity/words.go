package identity

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text shows a value to people, in a line: fields that are zero are left out, and
// maps are in order. A type's own String method is preferred.
func Text(v any) string {
	var b strings.Builder
	show(&b, reflect.ValueOf(&v).Elem().Elem())
	return b.String()
}

func show(b *strings.Builder, v reflect.Value) {
	switch {
	case !v.IsValid():
		b.WriteString("nil")
	case v.CanInterface() && v.Kind() != reflect.Pointer && isStringer(v):
		b.WriteString(v.Interface().(fmt.Stringer).String())
	default:
		showKind(b, v)
	}
}

func isStringer(v reflect.Value) bool {
	_, is := v.Interface().(fmt.Stringer)
	return is
}

func showKind(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		show(b, v.Elem())
	case reflect.Struct:
		showStruct(b, v)
	case reflect.Map:
		showMap(b, v)
	case reflect.Slice, reflect.Array:
		showList(b, v)
	case reflect.String:
		showString(b, v.String())
	default:
		showNumber(b, v)
	}
}

func showNumber(b *strings.Builder, v reflect.Value) {
	switch {
	case v.Kind() == reflect.Bool:
		b.WriteString(strconv.FormatBool(v.Bool()))
	case v.CanInt():
		b.WriteString(strconv.FormatInt(v.Int(), 10))
	case v.CanUint():
		b.WriteString(strconv.FormatUint(v.Uint(), 10))
	case v.CanFloat():
		b.WriteString(strconv.FormatFloat(v.Float(), 'g', -1, 64))
	case v.CanComplex():
		b.WriteString(strconv.FormatComplex(v.Complex(), 'g', -1, 128))
	default:
		b.WriteString(v.Type().String())
	}
}

func showString(b *strings.Builder, s string) {
	plain := s != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return !strconv.IsPrint(r) || strings.ContainsRune(" {}[]:,\"", r)
	})
	if plain {
		b.WriteString(s)
		return
	}
	b.WriteString(strconv.Quote(s))
}

func showStruct(b *strings.Builder, v reflect.Value) {
	b.WriteByte('{')
	first := true
	for i := range v.NumField() {
		f := v.Field(i)
		if f.IsZero() {
			continue
		}
		if !first {
			b.WriteByte(' ')
		}
		first = false
		b.WriteString(v.Type().Field(i).Name + ":")
		show(b, f)
	}
	b.WriteByte('}')
}

func showMap(b *strings.Builder, v reflect.Value) {
	b.WriteByte('{')
	for i, k := range sortedKeys(v) {
		if i > 0 {
			b.WriteByte(' ')
		}
		show(b, k)
		b.WriteByte(':')
		show(b, v.MapIndex(k))
	}
	b.WriteByte('}')
}

// sortedKeys are a map's keys in the order of numbers, or of what they look like.
func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(x, y reflect.Value) int {
		if x.CanInt() && y.CanInt() {
			return cmp.Compare(x.Int(), y.Int())
		}
		return cmp.Compare(valueText(x), valueText(y))
	})
	return keys
}

func valueText(v reflect.Value) string {
	var b strings.Builder
	show(&b, v)
	return b.String()
}

func showList(b *strings.Builder, v reflect.Value) {
	if v.Type().Elem().Kind() == reflect.Uint8 && v.Kind() == reflect.Slice {
		if s := string(v.Bytes()); utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
			b.WriteString(s)
			return
		}
		fmt.Fprintf(b, "%#x", v.Bytes())
		return
	}
	b.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			b.WriteByte(' ')
		}
		show(b, v.Index(i))
	}
	b.WriteByte(']')
}

// Difference is a place in which two values of one type differ.
type Difference struct {
	// Path leads there: "Votes[n2].Term". It is empty if all is different.
	Path string
	// Old and New are what is there, as text; "-" stands for nothing.
	Old, New string
	// Empty says that one is nil and the other one empty.
	Empty bool
}

func (d Difference) String() string {
	if d.Path == "" {
		return d.Old + " → " + d.New
	}
	return d.Path + " " + d.Old + " → " + d.New
}

// Differences are the places in which two values differ, the smallest ones that
// have a name.
func Differences[T any](old, new *T) []Difference {
	var all []Difference
	differ(&all, "", reflect.ValueOf(old).Elem(), reflect.ValueOf(new).Elem())
	return all
}

func differ(all *[]Difference, path string, x, y reflect.Value) {
	switch {
	case x.Kind() == reflect.Struct && x.NumField() > 0:
		for i := range x.NumField() {
			differ(all, join(path, x.Type().Field(i).Name), x.Field(i), y.Field(i))
		}
	case x.Kind() == reflect.Pointer && !x.IsNil() && !y.IsNil():
		differ(all, path, x.Elem(), y.Elem())
	case x.Kind() == reflect.Interface && !x.IsNil() && !y.IsNil() && x.Elem().Type() == y.Elem().Type():
		differ(all, path, x.Elem(), y.Elem())
	case x.Kind() == reflect.Map && !x.IsNil() && !y.IsNil():
		differInMap(all, path, x, y)
	case x.Kind() == reflect.Array:
		differInList(all, path, x, y)
	default:
		note(all, path, x, y)
	}
}

func join(path, field string) string {
	if path == "" {
		return field
	}
	return path + "." + field
}

func differInMap(all *[]Difference, path string, x, y reflect.Value) {
	for _, k := range sortedKeys(x) {
		at := path + "[" + valueText(k) + "]"
		if v := y.MapIndex(k); v.IsValid() {
			differ(all, at, x.MapIndex(k), v)
		} else {
			*all = append(*all, Difference{Path: at, Old: valueText(x.MapIndex(k)), New: "-"})
		}
	}
	for _, k := range sortedKeys(y) {
		if !x.MapIndex(k).IsValid() {
			*all = append(*all, Difference{Path: path + "[" + valueText(k) + "]", Old: "-", New: valueText(y.MapIndex(k))})
		}
	}
}

func differInList(all *[]Difference, path string, x, y reflect.Value) {
	for i := range x.Len() {
		differ(all, fmt.Sprintf("%s[%d]", path, i), x.Index(i), y.Index(i))
	}
}

// note compares what is not looked into any further.
func note(all *[]Difference, path string, x, y reflect.Value) {
	if old, new := valueText(x), valueText(y); old != new || nilness(x) != nilness(y) {
		empty := old == new
		if empty {
			old, new = old+nilness(x), new+nilness(y)
		}
		*all = append(*all, Difference{path, old, new, empty})
	}
}

// nilness tells nil slices and maps from empty ones.
func nilness(v reflect.Value) string {
	if k := v.Kind(); k != reflect.Slice && k != reflect.Map {
		return ""
	}
	if v.IsNil() {
		return " (nil)"
	}
	return " (empty)"
}
