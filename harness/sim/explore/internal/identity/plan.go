package identity

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"
	"unsafe"
)

// planner makes plans of a type and of those it consists of. The made ones are
// not known to others until all have turned out to have an identity.
type planner struct{ made map[reflect.Type]*plan }

var timeType = reflect.TypeFor[time.Time]()

// plan makes the plan of a type that is found at a path. Types that contain
// themselves find their unfinished plan.
func (m *planner) plan(t reflect.Type, path string) *plan {
	if p := plans.of[t]; p != nil {
		return p
	}
	if p := m.made[t]; p != nil {
		return p
	}
	p := &plan{of: t}
	m.made[t] = p
	m.fill(p, path)
	return p
}

func (m *planner) fill(p *plan, path string) {
	switch t := p.of; {
	case t == timeType:
		panic(flaw{path + ": a time.Time carries a clock and a place; keep a time.Duration instead"})
	case isNumber(t.Kind()):
		p.raw, p.write = true, writeRaw(t.Size())
	default:
		m.fillOther(p, path)
	}
}

func (m *planner) fillOther(p *plan, path string) {
	switch p.of.Kind() {
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		p.write = writeFloats(p.of)
	case reflect.String:
		p.write = func(w *writer, at unsafe.Pointer) { w.text(*(*string)(at)) }
	case reflect.Struct:
		m.fillStruct(p, path)
	case reflect.Array:
		m.fillArray(p, path)
	case reflect.Slice:
		m.fillSlice(p, path)
	case reflect.Pointer:
		m.fillPointer(p, path)
	case reflect.Map:
		m.fillMap(p, path)
	case reflect.Interface:
		fillInterface(p)
	default:
		panic(flaw{fmt.Sprintf("%s: a %v has no identity, nothing says whether two are equal", path, p.of)})
	}
}

// isNumber says that the bytes of a kind are its value.
func isNumber(k reflect.Kind) bool {
	return k == reflect.Bool || k >= reflect.Int && k <= reflect.Uint64
}

func writeRaw(size uintptr) func(*writer, unsafe.Pointer) {
	return func(w *writer, at unsafe.Pointer) { w.to = append(w.to, unsafe.Slice((*byte)(at), size)...) }
}

func (w *writer) number(n int) { w.to = binary.AppendUvarint(w.to, uint64(n)) }

func (w *writer) text(s string) {
	w.number(len(s))
	w.to = append(w.to, s...)
}

// writeFloats writes one or two floating point numbers, bit by bit, so that 0 and
// -0 are two values.
func writeFloats(t reflect.Type) func(*writer, unsafe.Pointer) {
	return func(w *writer, at unsafe.Pointer) {
		v := reflect.NewAt(t, at).Elem()
		parts := []float64{}
		if v.CanComplex() {
			parts = append(parts, real(v.Complex()), imag(v.Complex()))
		} else {
			parts = append(parts, v.Float())
		}
		for _, f := range parts {
			if math.IsNaN(f) {
				panic(flaw{fmt.Sprintf("a %v is NaN, which equals nothing, not even itself", t)})
			}
			w.to = binary.LittleEndian.AppendUint64(w.to, math.Float64bits(f))
		}
	}
}

// part is a field of a struct, or several that lie beside each other and are raw.
type part struct {
	offset uintptr
	size   uintptr
	plan   *plan
}

func (m *planner) fillStruct(p *plan, path string) {
	var parts []part
	for i := range p.of.NumField() {
		f := p.of.Field(i)
		parts = appendPart(parts, part{f.Offset, f.Type.Size(), m.plan(f.Type, path+"."+f.Name)})
	}
	p.raw = len(parts) == 0 || len(parts) == 1 && parts[0].plan.raw && parts[0].size == p.of.Size()
	if p.raw {
		p.write = writeRaw(p.of.Size())
		return
	}
	p.write = func(w *writer, at unsafe.Pointer) {
		for _, f := range parts {
			f.plan.write(w, unsafe.Add(at, f.offset))
		}
	}
	owners := slices.DeleteFunc(slices.Clone(parts), func(f part) bool { return f.plan.raw })
	p.own = func(at unsafe.Pointer) {
		for _, f := range owners {
			f.plan.ownAt(unsafe.Add(at, f.offset))
		}
	}
}

// appendPart joins raw fields that have no padding between them.
func appendPart(parts []part, next part) []part {
	if next.size == 0 {
		return parts
	}
	if n := len(parts); n > 0 && next.plan.raw && parts[n-1].plan.raw && parts[n-1].offset+parts[n-1].size == next.offset {
		last := &parts[n-1]
		last.size += next.size
		last.plan = &plan{raw: true, write: writeRaw(last.size)}
		return parts
	}
	return append(parts, next)
}

// ownAt makes everything that the value refers to its own. A plan of a type that
// contains itself was unfinished when its users were made, so they ask now.
func (p *plan) ownAt(at unsafe.Pointer) {
	if p.own != nil {
		p.own(at)
	}
}

func (m *planner) fillArray(p *plan, path string) {
	element, n := m.plan(p.of.Elem(), path+"[]"), p.of.Len()
	size := p.of.Elem().Size()
	if p.raw = element.raw; p.raw {
		p.write = writeRaw(p.of.Size())
		return
	}
	p.write = func(w *writer, at unsafe.Pointer) {
		for i := range n {
			element.write(w, unsafe.Add(at, uintptr(i)*size))
		}
	}
	p.own = func(at unsafe.Pointer) {
		for i := range n {
			element.ownAt(unsafe.Add(at, uintptr(i)*size))
		}
	}
}

// slice is how a slice lies in memory.
type slice struct {
	data     unsafe.Pointer
	len, cap int
}

// fillSlice writes 0 for nil, and otherwise one more than the length first.
func (m *planner) fillSlice(p *plan, path string) {
	element, size := m.plan(p.of.Elem(), path+"[]"), p.of.Elem().Size()
	p.write = func(w *writer, at unsafe.Pointer) {
		s := (*slice)(at)
		if s.data == nil {
			w.number(0)
			return
		}
		w.number(s.len + 1)
		if element.raw {
			w.to = append(w.to, unsafe.Slice((*byte)(s.data), uintptr(s.len)*size)...)
			return
		}
		w.descend(p.of)
		for i := range s.len {
			element.write(w, unsafe.Add(s.data, uintptr(i)*size))
		}
		w.depth--
	}
	p.own = func(at unsafe.Pointer) {
		v := reflect.NewAt(p.of, at).Elem()
		if v.IsNil() {
			return
		}
		c := reflect.MakeSlice(p.of, v.Len(), v.Len())
		reflect.Copy(c, v)
		v.Set(c)
		if element.raw {
			return
		}
		for i := range v.Len() {
			element.ownAt(v.Index(i).Addr().UnsafePointer())
		}
	}
}

func (m *planner) fillPointer(p *plan, path string) {
	element := m.plan(p.of.Elem(), path)
	p.write = func(w *writer, at unsafe.Pointer) {
		to := *(*unsafe.Pointer)(at)
		if to == nil {
			w.to = append(w.to, 0)
			return
		}
		w.to = append(w.to, 1)
		w.descend(p.of)
		element.write(w, to)
		w.depth--
	}
	p.own = func(at unsafe.Pointer) {
		v := reflect.NewAt(p.of, at).Elem()
		if v.IsNil() {
			return
		}
		c := reflect.New(p.of.Elem())
		c.Elem().Set(v.Elem())
		v.Set(c)
		element.ownAt(c.UnsafePointer())
	}
}

// fillMap writes entries in the order of their keys' bytes.
func (m *planner) fillMap(p *plan, path string) {
	key, value := m.plan(p.of.Key(), path+"[key]"), m.plan(p.of.Elem(), path+"[]")
	p.write = func(w *writer, at unsafe.Pointer) {
		v := reflect.NewAt(p.of, at).Elem()
		if v.IsNil() {
			w.number(0)
			return
		}
		w.number(v.Len() + 1)
		w.descend(p.of)
		w.entries(v, key, value)
		w.depth--
	}
	p.own = func(at unsafe.Pointer) {
		v := reflect.NewAt(p.of, at).Elem()
		if v.IsNil() {
			return
		}
		c := reflect.MakeMapWithSize(p.of, v.Len())
		for it := v.MapRange(); it.Next(); {
			c.SetMapIndex(owned(key, it.Key()), owned(value, it.Value()))
		}
		v.Set(c)
	}
}

// owned copies a value that has no address.
func owned(p *plan, v reflect.Value) reflect.Value {
	c := reflect.New(p.of).Elem()
	c.Set(v)
	p.ownAt(c.Addr().UnsafePointer())
	return c
}

// entries writes the entries of a map. Each begins with a key, so that their order
// is that of the keys.
func (w *writer) entries(v reflect.Value, key, value *plan) {
	start := len(w.to)
	var ends []int
	k, e := reflect.New(key.of).Elem(), reflect.New(value.of).Elem()
	for it := v.MapRange(); it.Next(); {
		k.Set(it.Key())
		key.write(w, k.Addr().UnsafePointer())
		e.Set(it.Value())
		value.write(w, e.Addr().UnsafePointer())
		ends = append(ends, len(w.to)-start)
	}
	if len(ends) < 2 {
		return
	}
	written := slices.Clone(w.to[start:])
	all := make([][]byte, len(ends))
	from := 0
	for i, end := range ends {
		all[i] = written[from:end]
		from = end
	}
	slices.SortFunc(all, bytes.Compare)
	w.to = w.to[:start]
	for _, entry := range all {
		w.to = append(w.to, entry...)
	}
}

// fillInterface writes the dynamic type's name and then its value.
func fillInterface(p *plan) {
	p.write = func(w *writer, at unsafe.Pointer) {
		v := reflect.NewAt(p.of, at).Elem()
		if v.IsNil() {
			w.text("")
			return
		}
		dynamic := v.Elem()
		element := dynamicPlan(dynamic.Type())
		w.text(typeTag(dynamic.Type()))
		c := reflect.New(dynamic.Type()).Elem()
		c.Set(dynamic)
		w.descend(p.of)
		element.write(w, c.Addr().UnsafePointer())
		w.depth--
	}
	p.own = func(at unsafe.Pointer) {
		v := reflect.NewAt(p.of, at).Elem()
		if !v.IsNil() {
			v.Set(owned(dynamicPlan(v.Elem().Type()), v.Elem()))
		}
	}
}

func dynamicPlan(t reflect.Type) *plan {
	p, err := planOf(t)
	if err != nil {
		panic(err)
	}
	return p
}

// typeTag names a type. Two types of one name that were declared in different
// functions are told apart by nothing that lasts longer than the process.
func typeTag(t reflect.Type) string {
	if t.PkgPath() == "" {
		return t.String()
	}
	return t.PkgPath() + "." + t.Name()
}
