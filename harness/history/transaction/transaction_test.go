package transaction

import (
	"reflect"
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/history"
)

func TestWhatWasWrittenIsReadBack(t *testing.T) {
	lists := []Op{
		{Kind: Append, Key: "x", Value: 3},
		{Kind: Read, Key: "y", Found: true, List: []int{1, 2}},
		{Kind: Read, Key: "z", Found: true, List: []int{}},
		{Kind: Read, Key: "never"},
	}
	registers := []Op{
		{Kind: Write, Key: "x", Value: -3},
		{Kind: Read, Key: "y", Found: true, Value: 7},
		{Kind: Read, Key: "never"},
	}
	for _, c := range []struct {
		ops   []Op
		lists bool
	}{
		{lists, true},
		{registers, false},
		{[]Op{}, false},
	} {
		v := Value(c.ops, c.lists)
		got, err := Parse(v)
		if err != nil || !reflect.DeepEqual(got, c.ops) {
			t.Errorf("%v: got %+v, %v, want %+v", v, got, err, c.ops)
		}
	}
}

func TestIntegersAreKeysToo(t *testing.T) {
	got, err := Parse(history.List(history.List(history.String("r"), history.Int(5), history.Value{})))
	if err != nil || !reflect.DeepEqual(got, []Op{{Kind: Read, Key: "5"}}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWhatIsNoTransactionIsRefused(t *testing.T) {
	text := history.String
	op := func(items ...history.Value) history.Value { return history.List(history.List(items...)) }
	for want, v := range map[string]history.Value{
		"no list":         text("r"),
		"[f key value]":   op(text("r"), text("x")),
		"there are r, w":  op(text("cas"), text("x"), history.Int(1)),
		"neither":         op(text("r"), history.Value{}, history.Int(1)),
		"none for w":      op(text("w"), text("x"), history.Value{}),
		"none for append": op(text("append"), text("x"), history.Ints(1)),
		"none for r":      op(text("r"), text("x"), text("1")),
		"is no integer":   op(text("r"), text("x"), history.List(text("1"))),
	} {
		if _, err := Parse(v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", v, err, want)
		}
	}
}

func TestReadOnly(t *testing.T) {
	read, write, add := Op{Kind: Read, Key: "x"}, Op{Kind: Write, Key: "x", Value: 1}, Op{Kind: Append, Key: "x", Value: 1}
	for _, test := range []struct {
		ops  []Op
		want bool
	}{
		{nil, true}, {[]Op{read, read}, true}, {[]Op{read, write}, false}, {[]Op{add, read}, false},
	} {
		if got := ReadOnly(test.ops); got != test.want {
			t.Errorf("%v: %v", test.ops, got)
		}
	}
}

func TestWhatWasAnsweredIsWhatWasAsked(t *testing.T) {
	read := func(found ...int) history.Value {
		return Value([]Op{{Kind: Read, Key: "x", Found: len(found) > 0, List: found}}, true)
	}
	write := func(n int) history.Value { return Value([]Op{{Kind: Write, Key: "x", Value: n}}, false) }
	for _, c := range []struct {
		in, out history.Value
		outcome history.Type
		fine    bool
	}{
		{read(), read(1, 2), history.OK, true},
		{write(1), write(1), history.OK, true},
		{write(1), write(2), history.OK, false},
		{write(1), read(1), history.OK, false},
		{write(1), history.Value{}, history.OK, false},
		{write(1), write(2), history.Info, true}, // who was not answered did what was asked, or nothing
	} {
		if _, err := Of(history.Call{Type: c.outcome, In: c.in, Out: c.out}); (err == nil) != c.fine {
			t.Errorf("%v, %v: %v", c.in, c.out, err)
		}
	}
}
