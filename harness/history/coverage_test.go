package history_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/history"
)

const second = time.Second

func fault(id int, name, shape string, nodes ...string) *history.Fault {
	return &history.Fault{ID: id, Name: name, Shape: shape, Nodes: nodes}
}

func nemesisOp(f string, how history.Type, at time.Duration, of *history.Fault) history.Op {
	return history.Op{Process: history.Nemesis, F: f, Type: how, Time: at, Fault: of}
}

func TestCoverageTellsWhatTheSystemWentThrough(t *testing.T) {
	one, two, three := fault(1, "kill", "one", "n2"), fault(2, "kill", "one", "n1"), fault(3, "pause", "", "n3", "n1")
	h := &history.History{Ops: []history.Op{
		nemesisOp(history.Inject, history.Invoke, 1*second, one),
		{Process: 1, F: "read", Type: history.Invoke, Time: 1 * second},
		nemesisOp(history.Inject, history.OK, 2*second, one),
		{Process: 1, F: "read", Type: history.OK, Time: 2 * second},
		nemesisOp(history.Heal, history.Invoke, 3*second, one),
		nemesisOp(history.Heal, history.OK, 4*second, one),
		{Process: 2, F: "read", Type: history.Invoke, Time: 5 * second}, // between the faults
		{Process: 2, F: "read", Type: history.OK, Time: 6 * second},
		{Process: 3, F: "read", Type: history.Invoke, Time: 3 * second}, // under both kills, counted once
		nemesisOp(history.Inject, history.Invoke, 7*second, two),
		nemesisOp(history.Inject, history.Info, 8*second, two),
		{Process: 3, F: "read", Type: history.Info, Time: 8 * second},
		nemesisOp(history.Inject, history.Invoke, 9*second, three),
		nemesisOp(history.Inject, history.OK, 9*second, three),
		nemesisOp(history.Heal, history.Invoke, 10*second, two),
		nemesisOp(history.Heal, history.Info, 10*second, two),
		{Process: history.Nemesis, F: history.Missed, Type: history.Invoke, Time: 11 * second, Value: history.String("clock:jump")},
		{Process: history.Nemesis, F: history.Missed, Type: history.Info, Time: 11 * second, Value: history.String("clock:jump"), Error: "too late"},
	}}
	want := []history.Coverage{
		{Fault: "kill", Shape: "one", Injected: 2, Verified: 1, Healed: 1, Nodes: []string{"n1", "n2"}, Total: 7 * second, Operations: 2},
		{Fault: "pause", Injected: 1, Verified: 1, Nodes: []string{"n1", "n3"}, Total: 2 * second},
		{Fault: "clock", Shape: "jump", Missed: 1, Nodes: []string{}},
	}
	if got := h.Coverage(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := (&history.History{}).Coverage(); len(got) != 0 {
		t.Errorf("nothing is covered by %v", got)
	}
}

// Calls are counted as by somebody who looks at every moment.
func TestOperationsUnderFaultsAreCountedOnce(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		h, under := randomCoverage(random)
		got := 0
		if table := h.Coverage(); len(table) > 0 {
			got = table[0].Operations
		}
		if got != under {
			t.Fatalf("seed %d: %d operations, want %d: %v", seed, got, under, h.Ops)
		}
	}
}

// randomCoverage is a history of calls and faults of one kind on a clock of 20 ticks,
// and how many of the calls share a tick with a fault.
func randomCoverage(random *rand.Rand) (_ *history.History, under int) {
	var struck [21]bool
	var ops []history.Op
	for id := range random.IntN(4) {
		from := random.IntN(19)
		to := from + random.IntN(20-from)
		f := fault(id, "kill", "", "n1")
		ops = append(ops,
			nemesisOp(history.Inject, history.Invoke, time.Duration(from), f), nemesisOp(history.Inject, history.OK, time.Duration(from), f),
			nemesisOp(history.Heal, history.Invoke, time.Duration(to), f), nemesisOp(history.Heal, history.OK, time.Duration(to), f))
		for tick := from; tick <= to; tick++ {
			struck[tick] = true
		}
	}
	for process := range random.IntN(5) {
		from := random.IntN(20)
		to := from + random.IntN(21-from)
		ops = append(ops,
			history.Op{Process: process, F: "read", Type: history.Invoke, Time: time.Duration(from)},
			history.Op{Process: process, F: "read", Type: history.Type(1 + random.IntN(3)), Time: time.Duration(to)})
		for tick := from; tick <= to; tick++ {
			if struck[tick] {
				under++
				break
			}
		}
	}
	return &history.History{Ops: ops}, under
}
