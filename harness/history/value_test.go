package history

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestValueHasOneNormalForm(t *testing.T) {
	tests := []struct {
		in, out string
		kind    Kind
	}{
		{`null`, `null`, KindNil},
		{` true `, `true`, KindBool},
		{`false`, `false`, KindBool},
		{`0`, `0`, KindInt},
		{`-0`, `0`, KindInt},
		{`9223372036854775807`, `9223372036854775807`, KindInt},
		{`-9223372036854775808`, `-9223372036854775808`, KindInt},
		{`9223372036854775808`, `9223372036854775808`, KindRaw},
		{`-9223372036854775809`, `-9223372036854775809`, KindRaw},
		{`18446744073709551617`, `18446744073709551617`, KindRaw},
		{`1.0`, `1.0`, KindRaw},
		{`-1e+400`, `-1e+400`, KindRaw},
		{`""`, `""`, KindString},
		{`"\u0041\/\ud83d\ude00\n"`, `"A/😀\n"`, KindString},
		{`"\ud83d"`, `"` + "\ufffd" + `"`, KindString},
		{`"\ud83d\u0041"`, `"` + "\ufffd" + `A"`, KindString},
		{`"\ud83dA"`, `"` + "\ufffd" + `A"`, KindString},
		{"\"\xff\xfe\"", `"` + "\ufffd\ufffd" + `"`, KindString},
		{`"\u0000\u001f\u007f"`, `"\u0000\u001f` + "\x7f" + `"`, KindString},
		{`[]`, `[]`, KindList},
		{`[ 1 , [ "two" , null ] ]`, `[1,["two",null]]`, KindList},
		{`{}`, `{}`, KindRaw},
		{`{ "b" : 1.50 , "a" : [ { "\u003c" : -0 } ] }`, `{"b":1.50,"a":[{"<":0}]}`, KindRaw},
	}
	for _, test := range tests {
		var v Value
		if err := v.UnmarshalJSON([]byte(test.in)); err != nil {
			t.Errorf("%q: %v", test.in, err)
			continue
		}
		out, err := v.MarshalJSON()
		if string(out) != test.out || err != nil || v.Kind() != test.kind {
			t.Errorf("%q became %s (kind %d, %v), want %s (kind %d)", test.in, out, v.Kind(), err, test.out, test.kind)
		}
	}
}

func TestValueRejectsWhatIsNoJSON(t *testing.T) {
	for _, text := range []string{
		"", " ", "nul", "nulls", "tru", "-", "01", "1.", "1e", ".5", "+1", "0x1", `"`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`,
		"\"\n\"", "[", "[1", "[1,", "[1,]", "[1 2]", "{", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`, `{1:2}`, "1 2", "NaN", "\x00",
	} {
		if err := new(Value).UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestConstructedValuesReadBackEqual(t *testing.T) {
	for _, v := range []Value{
		{}, Bool(true), Bool(false), Int(0), Int(math.MaxInt), Int(math.MinInt), String(""), String("a\x00\"\\\u2028é"),
		String("\xff broken \xc3\x28"), List(), Ints(), Ints(1, 2, 3), List(List(), Value{}, List(String("x"))),
		String(strings.Repeat("long ", 1<<20)),
	} {
		for name, marshal := range map[string]func(any) ([]byte, error){
			"its own": func(any) ([]byte, error) { return v.MarshalJSON() },
			// escapes <, > and & on the way, which must not make another value
			"encoding/json": json.Marshal,
		} {
			text, err := marshal(v)
			if err != nil {
				t.Fatalf("%v by %s: %v", v, name, err)
			}
			var back Value
			if err := json.Unmarshal(text, &back); err != nil || !back.Equal(v) {
				t.Errorf("%v by %s came back as %v (%v)", v, name, back, err)
			}
		}
	}
}

func TestEqual(t *testing.T) {
	all := []Value{
		{}, Bool(true), Bool(false), Int(0), Int(1), String(""), String("1"), List(), Ints(1), Ints(1, 2), Ints(2, 1),
		List(Ints(1)), List(Value{}), parsed(t, "1.0"), parsed(t, "{}"), parsed(t, `{"a":1}`),
	}
	for i, v := range all {
		for j, w := range all {
			if v.Equal(w) != (i == j) {
				t.Errorf("%v equal to %v is %v", v, w, v.Equal(w))
			}
		}
	}
	if !Ints(1, 2).Equal(List(Int(1), Int(2))) || !parsed(t, `{"a": 1}`).Equal(parsed(t, `{"a":1}`)) {
		t.Error("values made in two ways are not equal")
	}
}

func parsed(t *testing.T, text string) Value {
	t.Helper()
	var v Value
	if err := v.UnmarshalJSON([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAccessorsAnswerForTheirKindOnly(t *testing.T) {
	for _, v := range []Value{{}, Bool(true), Int(1), String("s"), Ints(1), parsed(t, "1.5")} {
		_, isInt := v.Int()
		_, isBool := v.Bool()
		_, isText := v.Text()
		_, isList := v.Items()
		got := [...]bool{v.IsNil(), isBool, isInt, isText, isList, v.Kind() == KindRaw}
		for kind, is := range got {
			if is != (Kind(kind) == v.Kind()) {
				t.Errorf("%v (kind %d) answers as kind %d: %v", v, v.Kind(), kind, is)
			}
		}
	}
}

func TestNestingIsBounded(t *testing.T) {
	deepest := strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)
	text, err := parsed(t, deepest).MarshalJSON()
	if string(text) != deepest || err != nil {
		t.Errorf("a value nested %d deep did not survive: %v", maxDepth, err)
	}
	for _, half := range [][2]string{{"[", "]"}, {`{"a":[`, "]}"}} {
		for _, n := range []int{maxDepth + 1, 1 << 20} {
			text := strings.Repeat(half[0], n) + strings.Repeat(half[1], n)
			if err := new(Value).UnmarshalJSON([]byte(text)); err == nil {
				t.Errorf("a value nested %d deep was accepted", n)
			}
		}
	}
	within := List(List(parsed(t, `{"a":[[{"b":1}]]}`)))
	if tooDeep(within, 6) || !tooDeep(within, 5) {
		t.Error("the depth of an object within a list is counted wrong")
	}
	deep := List()
	for range maxDepth {
		deep = List(deep)
	}
	if _, err := deep.MarshalJSON(); err == nil {
		t.Error("a value was written that cannot be read back")
	}
}

func TestValueForPeopleIsShort(t *testing.T) {
	numbers := make([]int, 1000)
	for i := range numbers {
		numbers[i] = i
	}
	deep := Int(1)
	for range 50 {
		deep = List(deep)
	}
	tests := []struct {
		v    Value
		want string
	}{
		{Value{}, "null"},
		{Int(-7), "-7"},
		{Bool(true), "true"},
		{String("a \"b\"\x1b[31m"), `"a \"b\"\x1b[31m"`},
		{Ints(3, 4), "[3 4]"},
		{Ints(numbers[:13]...), "[0 1 2 3 4 5 6 7 8 9 10 11 12]"},
		{Ints(numbers...), "[0 1 2 3 4 5 6 7 8 9 10 11 … 1000 items]"},
		{parsed(t, `{"a": 1}`), `{"a":1}`},
		{String(strings.Repeat("é", 100)), `"` + strings.Repeat("é", shownRunes) + `…"`},
		{deep, "[[[[[…]]]]]"},
	}
	for _, test := range tests {
		if got := test.v.String(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}
