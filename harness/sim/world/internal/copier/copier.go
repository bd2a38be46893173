// Package copier makes functions that copy values of a type deeply, so that a
// message that was sent shares nothing with one that arrives. What JSON leaves
// out is copied too; what it cannot hold is refused.
package copier

import (
	"fmt"
	"reflect"
)

// For is a function that copies values of type T. The error names what a T may
// hold that cannot be copied.
func For[T any]() (func(*T) *T, error) {
	t := reflect.TypeFor[T]()
	m := &maker{made: map[reflect.Type]*kind{}}
	k, err := m.of(t)
	if err != nil {
		return nil, err
	}
	if !k.deep {
		return func(from *T) *T { to := *from; return &to }, nil
	}
	return func(from *T) *T {
		to := new(T)
		*to = *from
		k.part(reflect.ValueOf(to).Elem())
		return to
	}, nil
}

// kind is how values of a type are copied. Their parts are separated in place: a
// shallow copy comes first.
type kind struct {
	// deep says that there is something to do at all.
	deep bool
	// part replaces what an addressable value shares by copies.
	part func(v reflect.Value)
}

type maker struct{ made map[reflect.Type]*kind }

// of makes the kind of a type, once; a type that holds itself finds its own.
func (m *maker) of(t reflect.Type) (*kind, error) {
	if k, known := m.made[t]; known {
		return k, nil
	}
	k := &kind{deep: true}
	m.made[t] = k
	return k, m.make(t, k)
}

func (m *maker) make(t reflect.Type, k *kind) error {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128, reflect.String:
		k.deep = false
		return nil
	case reflect.Pointer:
		return m.pointer(t, k)
	case reflect.Slice:
		return m.slice(t, k)
	case reflect.Array:
		return m.array(t, k)
	case reflect.Map:
		return m.table(t, k)
	case reflect.Struct:
		return m.fields(t, k)
	case reflect.Interface:
		k.part = m.dynamic
		return nil
	}
	return fmt.Errorf("%s cannot be sent", t)
}

func (m *maker) pointer(t reflect.Type, k *kind) error {
	elem, err := m.of(t.Elem())
	if err != nil {
		return err
	}
	k.part = func(v reflect.Value) {
		if v.IsNil() {
			return
		}
		fresh := reflect.New(t.Elem())
		fresh.Elem().Set(v.Elem())
		if elem.deep {
			elem.part(fresh.Elem())
		}
		v.Set(fresh)
	}
	return nil
}

func (m *maker) slice(t reflect.Type, k *kind) error {
	elem, err := m.of(t.Elem())
	if err != nil {
		return err
	}
	k.part = func(v reflect.Value) {
		if v.IsNil() {
			return
		}
		n := v.Len()
		fresh := reflect.MakeSlice(t, n, n)
		reflect.Copy(fresh, v)
		if elem.deep {
			for i := range n {
				elem.part(fresh.Index(i))
			}
		}
		v.Set(fresh)
	}
	return nil
}

func (m *maker) array(t reflect.Type, k *kind) error {
	elem, err := m.of(t.Elem())
	if err != nil {
		return err
	}
	k.deep = elem.deep
	k.part = func(v reflect.Value) {
		for i := range v.Len() {
			elem.part(v.Index(i))
		}
	}
	return nil
}

func (m *maker) table(t reflect.Type, k *kind) error {
	value, err := m.of(t.Elem())
	if err != nil {
		return err
	}
	if _, err := m.of(t.Key()); err != nil {
		return err
	}
	k.part = func(v reflect.Value) {
		if v.IsNil() {
			return
		}
		fresh := reflect.MakeMapWithSize(t, v.Len())
		for at := v.MapRange(); at.Next(); {
			item := reflect.New(t.Elem()).Elem()
			item.Set(at.Value())
			if value.deep {
				value.part(item)
			}
			fresh.SetMapIndex(at.Key(), item)
		}
		v.Set(fresh)
	}
	return nil
}

// fields separates those fields that share anything. Fields that are not
// exported cannot be set; JSON does not carry them either.
func (m *maker) fields(t reflect.Type, k *kind) error {
	type field struct {
		index int
		kind  *kind
	}
	var shared []field
	for i := range t.NumField() {
		f := t.Field(i)
		of, err := m.of(f.Type)
		if err != nil {
			return fmt.Errorf("field %s of %s: %w", f.Name, t, err)
		}
		if of.deep && !f.IsExported() {
			return fmt.Errorf("field %s of %s is not exported and would be shared", f.Name, t)
		}
		if of.deep {
			shared = append(shared, field{i, of})
		}
	}
	k.deep = len(shared) > 0
	k.part = func(v reflect.Value) {
		for _, f := range shared {
			f.kind.part(v.Field(f.index))
		}
	}
	return nil
}

// dynamic copies what an interface holds. Its type is seen only now.
func (m *maker) dynamic(v reflect.Value) {
	if v.IsNil() {
		return
	}
	held := v.Elem()
	fresh := &maker{made: map[reflect.Type]*kind{}}
	k, err := fresh.of(held.Type())
	if err != nil {
		panic("copier: " + err.Error())
	}
	item := reflect.New(held.Type()).Elem()
	item.Set(held)
	if k.deep {
		k.part(item)
	}
	v.Set(item)
}
