package workloads

import (
	"context"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/eventual"
	"github.com/assaykit/assay/harness/history"
)

// Echo implements Echo.
func (m *memory) Echo(_ context.Context, value int) (int, error) { return value, m.down() }

// deafEcho answers everything alike.
type deafEcho struct{ *memory }

func (deafEcho) Echo(context.Context, int) (int, error) { return 7, nil }

func TestAnEchoIsWhatWasAsked(t *testing.T) {
	w := NewEcho()
	op := history.Op{F: "echo", Value: history.Int(3)}
	if v, err := w.Invoke(t.Context(), newMemory(), op); err != nil || !v.Equal(history.Int(3)) {
		t.Errorf("%v, %v", v, err)
	}
	v, err := w.Invoke(t.Context(), deafEcho{newMemory()}, op)
	if err != nil {
		t.Fatal(err)
	}
	checker, err := w.Checker(Config{})
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := checker.Check(t.Context(), &history.History{Ops: []history.Op{op, {Index: 1, F: "echo", Type: history.OK, Value: v, Time: 1}}})
	if err != nil || verdict.Validity != checkers.Invalid {
		t.Errorf("a wrong answer: %+v, %v", verdict, err)
	}
}

func TestThePromiseChoosesTheChecker(t *testing.T) {
	for _, w := range []Workload{NewSet(), NewCounter()} {
		strict, err := w.Checker(Config{})
		if err != nil {
			t.Fatal(err)
		}
		if _, is := strict.(eventual.Checker); is {
			t.Errorf("%s is eventual by default", w.Name())
		}
		lenient, err := w.Checker(Config{Settings: map[string]string{"promise": "eventual"}})
		if _, is := lenient.(eventual.Checker); !is || err != nil {
			t.Errorf("%s: promise=eventual: %v, %v", w.Name(), lenient, err)
		}
		if _, err := w.Generator(Config{Settings: map[string]string{"promise": "none"}, Workers: 1}); err == nil {
			t.Errorf("%s: promise=none was accepted", w.Name())
		}
	}
}
