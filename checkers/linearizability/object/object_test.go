package object_test

import (
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// counter counts up to two by class 0, and is seen at two by class 1.
func counter(taken *int) *object.Machine {
	return object.NewMachine("", func(state string, class int32) (string, bool) {
		*taken++
		if class == 1 {
			return state, len(state) == 2
		}
		return state + "x", len(state) < 2
	}, func(class int32) bool { return class == 1 })
}

func TestAMachineComputesEachStepOnce(t *testing.T) {
	taken := 0
	m := counter(&taken)
	for range 3 {
		s, path := m.Initial(), []string{}
		for ok := true; ok; s, ok = m.Step(s, 0) {
			path = append(path, m.State(s))
		}
		if !slices.Equal(path, []string{"", "x", "xx"}) {
			t.Errorf("states %q", path)
		}
	}
	if taken != 3 {
		t.Errorf("%d steps were computed of two that are possible and one that is not", taken)
	}
	if _, ok := m.Step(m.Initial(), 1); ok {
		t.Error("it is at two in the beginning")
	}
	if !m.Observer(1) || m.Observer(0) {
		t.Error("observers are others")
	}
}

func TestEqualStatesAreOne(t *testing.T) {
	m := object.NewMachine("a", func(_ string, class int32) (string, bool) {
		return string(rune('a' + class%3)), true
	}, func(int32) bool { return false })
	before := m.Bytes()
	if s, _ := m.Step(m.Initial(), 3); s != m.Initial() {
		t.Errorf("the state %q is another one", m.State(s))
	}
	one, _ := m.Step(m.Initial(), 1)
	other, _ := m.Step(m.Initial(), 4)
	if one != other || one == m.Initial() {
		t.Errorf("%q and %q are states %d and %d", m.State(one), m.State(other), one, other)
	}
	if m.Bytes() <= before {
		t.Error("its tables have not grown")
	}
}

func TestObjectsAreKeysUnlessTheTypeSaysOtherwise(t *testing.T) {
	calls := []history.Call{{Key: "a"}, {Key: "b"}, {Key: "a"}}
	sizes := func(typ object.Type) (all []int) {
		for _, of := range typ.Objects(calls) {
			all = append(all, len(of.Calls))
		}
		return all
	}
	single := func(calls []history.Call) (all []history.KeyCalls) {
		for i := range calls {
			all = append(all, history.KeyCalls{Calls: calls[i : i+1]})
		}
		return all
	}
	for _, c := range []struct {
		typ  object.Type
		want []int
		many string
	}{
		{object.Type{Name: "queue"}, []int{2, 1}, "queues"},
		{object.Type{Name: "mutex", Plural: "mutexes", Whole: true}, []int{3}, "mutexes"},
		{object.Type{Name: "element", Split: single, Whole: true}, []int{1, 1, 1}, "elements"},
	} {
		if got := sizes(c.typ); !slices.Equal(got, c.want) || c.typ.Many() != c.many {
			t.Errorf("%s: objects of %v calls, want %v; many are %s", c.typ.Name, got, c.want, c.typ.Many())
		}
	}
}
