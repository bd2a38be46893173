package identity_test

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/sim/explore/internal/identity"
)

type name string

type inner struct {
	A int8
	b string
	C *inner
}

type all struct {
	Flag  bool
	Small int8
	Large int64
	Real  float64
	Text  string
	Bytes []byte
	Names map[name][]inner
	Any   any
	Array [2]*int
	_     int32
}

func bytesOf[T any](t *testing.T, v T) []byte {
	t.Helper()
	of, err := identity.New[T]()
	if err != nil {
		t.Fatal(err)
	}
	b, err := of.Append(nil, &v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func example() all {
	one := 1
	return all{
		true, -1, 1 << 40, 0.5, "text", []byte{1}, map[name][]inner{"x": {{1, "b", &inner{A: 2}}}, "y": nil, "z": {}}, inner{A: 3}, [2]*int{&one, nil}, 0,
	}
}

// TestDifferentValuesDiffer changes one thing after the other.
func TestDifferentValuesDiffer(t *testing.T) {
	if !bytes.Equal(bytesOf(t, example()), bytesOf(t, example())) {
		t.Error("equal values have different bytes")
	}
	seen := map[string]int{string(bytesOf(t, example())): -1}
	for i, change := range []func(*all){
		func(a *all) { a.Flag = false },
		func(a *all) { a.Small++ },
		func(a *all) { a.Large++ },
		func(a *all) { a.Real = 0 },
		func(a *all) { a.Real = math.Copysign(0, -1) },
		func(a *all) { a.Text = "" },
		func(a *all) { a.Bytes = nil },
		func(a *all) { a.Bytes = []byte{} },
		func(a *all) { delete(a.Names, "y") },
		func(a *all) { a.Names["y"] = []inner{} },
		func(a *all) { a.Names["x"][0].b = "c" },
		func(a *all) { a.Names["x"][0].C = nil },
		func(a *all) { a.Names["x"][0].C.A++ },
		func(a *all) { a.Names = nil },
		func(a *all) { a.Names = map[name][]inner{} },
		func(a *all) { a.Any = nil },
		func(a *all) { a.Any = int8(3) },
		func(a *all) { a.Any = uint8(3) },
		func(a *all) { a.Any = &inner{A: 3} },
		func(a *all) { a.Array[0], a.Array[1] = a.Array[1], a.Array[0] },
	} {
		a := example()
		change(&a)
		b := string(bytesOf(t, a))
		if other, known := seen[b]; known {
			t.Errorf("changes %d and %d give the same bytes", i, other)
		}
		seen[b] = i
	}
}

func TestOrderOfMaps(t *testing.T) {
	m := map[int]string{}
	for i := range 100 {
		m[i] = strings.Repeat("x", i)
	}
	first := bytesOf(t, m)
	for range 20 {
		if !bytes.Equal(first, bytesOf(t, m)) {
			t.Fatal("the order of a map shows")
		}
	}
}

func TestCopiesShareNothing(t *testing.T) {
	of, err := identity.New[all]()
	if err != nil {
		t.Fatal(err)
	}
	a := example()
	before, _ := of.Append(nil, &a)
	c := of.Copy(&a)
	if got, _ := of.Append(nil, c); !bytes.Equal(got, before) || !reflect.DeepEqual(a, *c) {
		t.Errorf("the copy is %+v, of %+v", c, a)
	}
	c.Bytes[0], *c.Array[0] = 9, 9
	c.Names["x"][0].C.A = 9
	c.Names["new"] = nil
	if after, _ := of.Append(nil, &a); !bytes.Equal(before, after) {
		t.Error("a change of the copy changed the original")
	}
}

func reject[T any](t *testing.T, want string) {
	t.Helper()
	if _, err := identity.New[T](); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v: error %v, want %q", reflect.TypeFor[T](), err, want)
	}
}

func TestTypesWithoutIdentity(t *testing.T) {
	reject[struct{ F []func() }](t, ".F[]: a func() has no identity")
	reject[map[string]chan int](t, "[]: a chan int has no identity")
	reject[struct{ At time.Time }](t, ".At: a time.Time")
	reject[uintptr](t, "no identity")
	if _, err := identity.New[struct{ F []func() }](); err == nil {
		t.Error("a type that was rejected is accepted the second time")
	}
}

func TestValuesWithoutIdentity(t *testing.T) {
	circle := &inner{}
	circle.C = circle
	for want, v := range map[string]any{
		"NaN": math.NaN(), "refers to itself": circle, "a func() has no identity": func() {},
	} {
		of, err := identity.New[any]()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := of.Append(nil, &v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestWords(t *testing.T) {
	a, b := example(), example()
	b.Small, b.Names["x"][0].C.A = 7, 8
	delete(b.Names, "z")
	var got []string
	for _, d := range identity.Differences(&a, &b) {
		got = append(got, d.String())
	}
	want := []string{"Small -1 → 7", "Names[x] [{A:1 b:b C:{A:2}}] → [{A:1 b:b C:{A:8}}]", "Names[z] [] → -"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	text := identity.Text(struct {
		N    int
		Zero int
		M    map[name]bool
		B    []byte
	}{3, 0, map[name]bool{"b": true, "a": false}, []byte("hi")})
	if text != "{N:3 M:{a:false b:true} B:hi}" {
		t.Error(text)
	}
}

func TestRename(t *testing.T) {
	v := map[name]any{"a": []name{"b", "c"}, "b": &inner{b: "a"}, "c": struct{ n name }{"a"}}
	identity.Rename(&v, func(n name) name { return map[name]name{"a": "b", "b": "a"}[n] + n[:0] })
	if text := identity.Text(v); text != `{"":{n:b} a:{b:a} b:[a ""]}` {
		t.Error(text)
	}
}
