package identity

import (
	"reflect"
	"unsafe"
)

// Rename replaces all values of the type N that v consists of. V must be a copy of its
// own.
func Rename[N, T any](v *T, name func(N) N) {
	renamer{reflect.TypeFor[N](), func(v reflect.Value) {
		n := (*N)(v.Addr().UnsafePointer())
		*n = name(*n)
	}}.value(reflect.ValueOf(v).Elem())
}

type renamer struct {
	of reflect.Type
	do func(reflect.Value)
}

// value renames what is in an addressable value.
func (r renamer) value(v reflect.Value) {
	switch {
	case v.Type() == r.of:
		r.do(v)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			f := v.Field(i)
			r.value(reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem())
		}
	case v.Kind() == reflect.Slice || v.Kind() == reflect.Array:
		for i := range v.Len() {
			r.value(v.Index(i))
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		r.value(v.Elem())
	case v.Kind() == reflect.Interface && !v.IsNil():
		v.Set(r.copied(v.Elem()))
	case v.Kind() == reflect.Map && !v.IsNil():
		renamed := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			renamed.SetMapIndex(r.copied(it.Key()), r.copied(it.Value()))
		}
		v.Set(renamed)
	}
}

// copied renames a value that has no address.
func (r renamer) copied(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	r.value(c)
	return c
}
