package generator

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/history"
)

// named makes operations f0, f1, ... forever.
func named(f string) Generator {
	n := -1
	return Forever(func() history.Op { n++; return history.Op{F: fmt.Sprint(f, n)} })
}

// names are the first operations of a generator.
func names(g Generator, most int) string {
	var fs []string
	for range most {
		op, ok := g.Next(nil)
		if !ok {
			break
		}
		fs = append(fs, op.F)
	}
	return strings.Join(fs, " ")
}

func TestCombinators(t *testing.T) {
	random := Random(1, "test")
	tests := []struct {
		name string
		g    Generator
		want string
	}{
		{"forever", named("a"), "a0 a1 a2 a3 a4 a5"},
		{"ops", Ops(history.Op{F: "x"}, history.Op{F: "y"}), "x y"},
		{"no ops", Ops(), ""},
		{"limit", Limit(2, named("a")), "a0 a1"},
		{"limit of less", Limit(5, Ops(history.Op{F: "x"})), "x"},
		{"limit 0", Limit(0, named("a")), ""},
		{"sequence", Sequence(Limit(2, named("a")), Ops(), Limit(1, named("b")), named("c")), "a0 a1 b0 c0 c1 c2"},
		{"no sequence", Sequence(), ""},
		{"mix of one", Mix(random, Weighted{0, named("a")}, Weighted{3, named("b")}, Weighted{-1, named("c")}), "b0 b1 b2 b3 b4 b5"},
		{"mix of none", Mix(random, Weighted{0, named("a")}), ""},
		{"mix that ends", Mix(random, Weighted{1, Limit(2, named("a"))}), "a0 a1"},
	}
	for _, test := range tests {
		if got := names(test.g, 6); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestExhaustedGeneratorsStayExhausted(t *testing.T) {
	for _, g := range []Generator{Ops(history.Op{}), Limit(1, named("a")), Sequence(Ops(history.Op{}), Ops())} {
		g.Next(nil)
		for range 3 {
			if op, ok := g.Next(nil); ok {
				t.Errorf("%+v came after the end", op)
			}
		}
	}
}

func TestMixKeepsTheWeights(t *testing.T) {
	g := Mix(Random(7, "test"), Weighted{10, always("a")}, Weighted{60, always("b")}, Weighted{30, always("c")})
	count := map[string]int{}
	for range 10_000 {
		op, _ := g.Next(nil)
		count[op.F]++
	}
	for f, want := range map[string]int{"a": 1000, "b": 6000, "c": 3000} {
		if got := count[f]; got < want*9/10 || got > want*11/10 {
			t.Errorf("%s came %d times in 10000, want about %d", f, got, want)
		}
	}
}

// always makes the same operation forever.
func always(f string) Generator { return Forever(func() history.Op { return history.Op{F: f} }) }

func TestSequenceHandsOnWhatWasDone(t *testing.T) {
	var seen []string
	part := func(name string, n int) Generator {
		return Func(func(done *history.Op) (history.Op, bool) {
			after := "nothing"
			if done != nil {
				after = done.F
			}
			seen = append(seen, name+" after "+after)
			n--
			return history.Op{F: name}, n >= 0
		})
	}
	g := Sequence(part("a", 2), part("b", 1), part("c", 1))
	var done *history.Op
	for op, ok := g.Next(done); ok; op, ok = g.Next(done) {
		done = &op
	}
	want := []string{"a after nothing", "a after a", "a after a", "b after nothing", "b after b", "c after nothing", "c after c"}
	if !reflect.DeepEqual(seen, want) {
		t.Errorf("got  %q\nwant %q", seen, want)
	}
}

func TestTheSeedDecidesEverything(t *testing.T) {
	sequence := func(seed int64, purpose string) string {
		return names(Mix(Random(seed, purpose), Weighted{1, named("a")}, Weighted{1, named("b")}), 200)
	}
	first := sequence(1, "x")
	if again := sequence(1, "x"); first != again {
		t.Error("the same seed gave different operations")
	}
	if first == sequence(2, "x") || first == sequence(1, "y") {
		t.Error("different seeds or purposes gave the same operations")
	}
}
